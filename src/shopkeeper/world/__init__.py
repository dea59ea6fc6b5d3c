"""Who are the shoppers?

So far: what they find. A seed makes a shop's goods with their truth, listings of them in merchants'
words, their pictures, and queries with the products that fit. The words come from readable data
files, one per department in ``goods/``, what departments share in ``words/``, silhouettes in
``shapes/``; a new category is one table in one file.
"""

from shopkeeper.world.config import WorldConfig
from shopkeeper.world.demo import write_demo
from shopkeeper.world.item import Item
from shopkeeper.world.loader import load_goods
from shopkeeper.world.pictures import draw
from shopkeeper.world.vocabulary import Goods
from shopkeeper.world.world import World

__all__ = [
    "Goods",
    "Item",
    "World",
    "WorldConfig",
    "draw",
    "load_goods",
    "write_demo",
]
