"""What does a shopper do with a product that is shown? Clicks, carts and purchases.

P(click | looked at)  = σ(click[grade of the listing] + u + appeal · (picture − ½))
P(purchase | click)   = σ(buy[grade of the product] + u + quality · (hidden quality − ½))
P(cart | click)       = σ(the same + cart)
u = taste · cos(style, taste) + brand · [favourite] − price · thrift · (price above usual)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.world.config import BehaviourDials
from shopkeeper.world.shelves import Shelves
from shopkeeper.world.shoppers import Shoppers
from shopkeeper.world.tastes import styles_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Odds:
    """[r, k] each, 0 where there is no product."""

    click: Floats
    """Given that it is looked at."""
    cart: Floats
    """Given a click."""
    buy: Floats
    """Given a click, now or later; never more than a cart's."""


@dataclass(frozen=True, slots=True)
class Response:
    """How shoppers respond to the goods of one catalogue."""

    shelves: Shelves
    dials: BehaviourDials
    styles: NDArray[np.float32]
    """[products, DIMENSION]"""
    dearness: NDArray[np.float32]
    """[products] Price above the usual one of its category, in standard deviations of the log."""

    def odds(
        self,
        shoppers: Shoppers,
        who: NDArray[np.int64],
        rows: NDArray[np.int32],
        told: NDArray[np.int8],
        true: NDArray[np.int8],
        *,
        shift: float = 0.0,
    ) -> Odds:
        """Probabilities for products `rows` [r, k] shown to shoppers `who` [r] of the block.

        Grades [r, k] are 1 … 4, and 0 where there is no product; `shift` moves the log-odds of
        every click.
        """
        dials, shelves = self.dials, self.shelves
        suits = np.einsum("rkd,rd->rk", self.styles[rows], shoppers.taste[who])
        is_favourite = (shelves.brand[rows][..., None] == shoppers.favourites[who][:, None]).any(-1)
        minds = shoppers.thrift[who][:, None] * self.dearness[rows]
        utility = dials.taste * suits + dials.brand * is_favourite - dials.price * minds
        click_base, buy_base = (np.array((-np.inf, *base)) for base in (dials.click, dials.buy))
        click = click_base[told] + utility + dials.appeal * (shelves.appeal[rows] - 0.5) + shift
        buy = buy_base[true] + utility + dials.quality * (shelves.quality[rows] - 0.5)
        return Odds(_logistic(click), _logistic(buy + dials.cart), _logistic(buy))


def response_of(shelves: Shelves, dials: BehaviourDials) -> Response:
    dearness = np.zeros(len(shelves), dtype=np.float32)
    for aisle in shelves.aisles:
        if len(aisle.rows):
            logs = np.log(np.maximum(shelves.price[aisle.rows], 0.01))
            dearness[aisle.rows] = (logs - logs.mean()) / max(float(logs.std()), 0.1)
    return Response(shelves, dials, styles_of(shelves), dearness)


def examination(dials: BehaviourDials, positions: int) -> Floats:
    """[positions] P(looked at); behind the last one that is dialled, as there."""
    dialled = np.array(dials.examined)
    return dialled[np.minimum(np.arange(positions), len(dialled) - 1)]


def _logistic(log_odds: Floats) -> Floats:
    return 1 / (1 + np.exp(-log_odds))
