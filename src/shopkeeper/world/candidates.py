"""Which candidates does the log keep of a request? Those shown, and some of those that were not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.world.behaviour import Requests
from shopkeeper.world.book import QueryBook
from shopkeeper.world.choice import NONE
from shopkeeper.world.policy import at_places


@dataclass(frozen=True, slots=True)
class Candidates:
    """Of r requests, as [r, width] arrays: the page's positions, then the sampled ones."""

    exposed: int
    """How many columns are positions of the page."""
    places: NDArray[np.int32]
    """`NONE` where there is no candidate."""
    rows: NDArray[np.int32]
    propensity: NDArray[np.float64]
    """As in ``records.LoggedCandidate``."""
    scores: NDArray[np.float64]
    """The engine's; 0 in a feed."""
    told: NDArray[np.int8]
    true: NDArray[np.int8]

    @property
    def is_there(self) -> NDArray[np.bool_]:
        return np.not_equal(self.rows, NONE)


def feed_candidates(feeds: Requests) -> Candidates:
    """A feed's candidates are what it shows."""
    shown = feeds.shown
    return Candidates(
        exposed=shown.rows.shape[1],
        places=shown.marks,
        rows=shown.rows,
        propensity=shown.propensity,
        scores=np.zeros(shown.rows.shape),
        told=shown.told,
        true=shown.true,
    )


def search_candidates(
    searches: Requests, book: QueryBook, unexposed: int, rng: np.random.Generator
) -> Candidates:
    """What a page shows, and up to `unexposed` others of its window, drawn evenly."""
    query, shown = searches.asks.query, searches.shown
    window, page = book.windows.rows[query], shown.marks.shape[1]
    is_left = window != NONE
    request, position = np.nonzero(shown.marks != NONE)
    is_left[request, shown.marks[request, position]] = False
    order = np.argsort(np.where(is_left, rng.random(window.shape), 2.0), axis=1, kind="stable")
    drawn = order[:, :unexposed].astype(np.int32)
    drawn = np.where(np.take_along_axis(is_left, drawn, axis=1), drawn, NONE)
    left = is_left.sum(axis=1, keepdims=True)
    share = np.minimum(drawn.shape[1], left) / np.maximum(left, 1)
    places = np.concatenate([shown.marks, drawn], axis=1)
    is_there, found = places != NONE, book.windows
    return Candidates(
        exposed=page,
        places=places,
        rows=np.where(is_there, at_places(window, places), NONE).astype(np.int32),
        propensity=np.concatenate([shown.propensity, np.where(drawn != NONE, share, 0.0)], axis=1),
        scores=np.where(is_there, at_places(book.windows.scores[query], places), 0.0).astype(
            np.float64
        ),
        told=np.where(is_there, at_places(found.told[query], places), 0).astype(np.int8),
        true=np.where(is_there, at_places(found.true[query], places), 0).astype(np.int8),
    )
