"""Who are the shoppers?

A marketplace with known truth, made from a seed: goods with all that is true of them, listings in
merchants' words, drawn pictures, queries with their meaning, shoppers with tastes, and what they
do with the pages that a policy shows them. All of it is simulated.

Words and numbers come from readable data files: a department in ``goods/`` (its categories, brands,
needs and nicknames), what departments share and the two surface grammars in ``words/``, silhouettes
in ``shapes/``. What shoppers are like stands in shoppers.py, what they do in response.py.
"""

from shopkeeper.world.behaviour import Acts, Asks, Behaviour, LaterPurchases, Requests, Shown
from shopkeeper.world.config import (
    BehaviourDials,
    GoodsDials,
    PolicyDials,
    QueryDials,
    ShopperDials,
    WorldConfig,
)
from shopkeeper.world.demo import write_demo
from shopkeeper.world.item import Item
from shopkeeper.world.loader import load_goods
from shopkeeper.world.market import Market, market_of
from shopkeeper.world.pictures import draw
from shopkeeper.world.policy import LoggedPolicy, Policy
from shopkeeper.world.presets import PRESETS, Scale, scale_of
from shopkeeper.world.queries import WorldQuery
from shopkeeper.world.shoppers import Shoppers
from shopkeeper.world.vocabulary import Goods
from shopkeeper.world.world import World

__all__ = [
    "PRESETS",
    "Acts",
    "Asks",
    "Behaviour",
    "BehaviourDials",
    "Goods",
    "GoodsDials",
    "Item",
    "LaterPurchases",
    "LoggedPolicy",
    "Market",
    "Policy",
    "PolicyDials",
    "QueryDials",
    "Requests",
    "Scale",
    "ShopperDials",
    "Shoppers",
    "Shown",
    "World",
    "WorldConfig",
    "WorldQuery",
    "draw",
    "load_goods",
    "market_of",
    "scale_of",
    "write_demo",
]
