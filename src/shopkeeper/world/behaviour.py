"""What happened? The records of a block of shoppers' doings, as parallel arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shopkeeper.world.response import Odds
from shopkeeper.world.shoppers import Shoppers

Ints: TypeAlias = NDArray[np.int64]

DOORS = ("feed", "listing", "direct", "reorder")
"""Other ways to a product than a search. The last is that of a repeated purchase."""
REORDER = DOORS.index("reorder")
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Asks:
    """r moments at which a page was asked for; arrays are [r]."""

    who: Ints
    """The shopper, within the block."""
    visit: Ints
    """Number of the visit within the block; a feed has one of its own."""
    time_ms: Ints
    """Since the log's beginning."""
    query: NDArray[np.int32]
    """Place in the book; `NONE` for a feed."""

    def __len__(self) -> int:
        return len(self.who)


@dataclass(frozen=True, slots=True)
class Shown:
    """What stood on r pages; arrays are [r, page], `NONE` or 0 where a page is short."""

    marks: NDArray[np.int32]
    """What the policy notes of each position: the logged one, the place in the query's window."""
    propensity: NDArray[np.float64]
    """Probability that the policy shows the product at that position."""
    rows: NDArray[np.int32]
    told: NDArray[np.int8]
    """Grade by the listing."""
    true: NDArray[np.int8]
    """Grade by the product itself."""


@dataclass(frozen=True, slots=True)
class Acts:
    """What was done on r pages; arrays are [r, page] unless said."""

    examined: NDArray[np.bool_]
    clicked: NDArray[np.bool_]
    carted: NDArray[np.bool_]
    bought: NDArray[np.bool_]
    """At once; one product of a page at most."""
    later: NDArray[np.bool_]
    """Bought later, because of this page."""
    pause_ms: Ints
    """[r] From the page to its first click."""


@dataclass(frozen=True, slots=True)
class Requests:
    asks: Asks
    shown: Shown
    odds: Odds
    acts: Acts


@dataclass(frozen=True, slots=True)
class LaterPurchases:
    """Purchases through another door, each caused by a position of a search."""

    request: Ints
    position: Ints
    time_ms: Ints
    door: NDArray[np.int8]
    """Place in `DOORS`."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A block's part of the log, with its causes."""

    shoppers: Shoppers
    searches: Requests
    """Ordered by visit, and within it by time."""
    feeds: Requests
    later: LaterPurchases
