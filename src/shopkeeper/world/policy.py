"""Which ten products stand on the page, and with what probability?

A policy answers every search. The logged one orders what the old engine found; experiments put
others in its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from shopkeeper.world.behaviour import Asks, Shown
from shopkeeper.world.book import QueryBook
from shopkeeper.world.choice import NONE
from shopkeeper.world.config import PolicyDials
from shopkeeper.world.shoppers import Shoppers

Number = TypeVar("Number", bound="np.number[Any]")


class Policy(Protocol):
    """Fills a page for each request: chance comes from `rng` alone."""

    def show(self, asks: Asks, shoppers: Shoppers, rng: np.random.Generator) -> Shown: ...


@dataclass(frozen=True, slots=True)
class LoggedPolicy:
    """The window as the engine ordered it, or, with probability `explore`, shuffled evenly.

    P(place s of the window at position k) = (1 − explore) · [s = k] + explore / n
    """

    book: QueryBook
    dials: PolicyDials
    page: int
    """Positions of a page."""

    def show(self, asks: Asks, shoppers: Shoppers, rng: np.random.Generator) -> Shown:
        windows = self.book.windows
        window = windows.rows[asks.query]
        places, propensity = shuffle((window != NONE).sum(axis=1), self.page, self.dials, rng)
        is_there = places != NONE
        return Shown(
            marks=places,
            propensity=propensity,
            rows=np.where(is_there, at_places(window, places), NONE).astype(np.int32),
            told=np.where(is_there, at_places(windows.told[asks.query], places), 0),
            true=np.where(is_there, at_places(windows.true[asks.query], places), 0),
        )


def shuffle(
    sizes: NDArray[np.int64], page: int, dials: PolicyDials, rng: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Draw pages from windows.

    Args:
        sizes: [r] products n in each window.
        page: positions of a page.

    Returns:
        [r, page] the place of its window that stands at each position, `NONE` on a short page, and
        the probability that the policy shows that place there.
    """
    requests, window = len(sizes), dials.window
    places = np.arange(window)
    is_shuffled = rng.random(requests) < dials.explore
    keys = np.where(is_shuffled[:, None], rng.random((requests, window)), places)
    keys = np.where(places < sizes[:, None], keys, np.inf)
    shown = np.argsort(keys, axis=1, kind="stable")[:, :page].astype(np.int32)
    positions = np.arange(shown.shape[1])
    is_there = positions < sizes[:, None]
    even = dials.explore / np.maximum(sizes, 1)[:, None]
    propensity = (1 - dials.explore) * (shown == positions) + even
    return np.where(is_there, shown, NONE), np.where(is_there, propensity, 0.0)


def at_places(window: NDArray[Number], places: NDArray[np.int32]) -> NDArray[Number]:
    """[r, k] The window's values [r, window] at those places; meaningless where there is `NONE`."""
    return np.take_along_axis(window, np.maximum(places, 0), axis=1)
