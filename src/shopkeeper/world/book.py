"""The book of queries as columns: which query does a shopper ask, and what did the engine find?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.knowledge import Intent
from shopkeeper.world.choice import NONE, Choice, make_choice
from shopkeeper.world.engine import WordEngine
from shopkeeper.world.queries import WorldQuery
from shopkeeper.world.shelves import Shelves
from shopkeeper.world.truth import Truth
from shopkeeper.world.vocabulary import CHINESE


@dataclass(frozen=True, slots=True)
class Windows:
    """What the old engine finds for q queries, in its order; arrays are [q, window]."""

    rows: NDArray[np.int32]
    """`NONE` behind the last."""
    scores: NDArray[np.float32]
    told: NDArray[np.int8]
    """Grades by the listing; 0 where there is no product."""
    true: NDArray[np.int8]
    """Grades by the product itself."""


@dataclass(frozen=True, slots=True)
class QueryBook:
    """q queries with what is found for each; the first is the most frequent."""

    queries: tuple[WorldQuery, ...]
    windows: Windows
    aisle: NDArray[np.int16]
    """[q] The first category that each asks for."""
    is_chinese: NDArray[np.bool_]
    need: NDArray[np.int32]
    """[q] Number of what it asks for: queries of one need differ in words alone."""
    by_aisle: Choice
    """Queries of (is Chinese, aisle)."""
    by_need: Choice
    """Queries of (is Chinese, need)."""
    by_tongue: Choice
    """Queries of (is Chinese)."""

    def __len__(self) -> int:
        return len(self.queries)

    @property
    def needs(self) -> int:
        """How many different needs there are."""
        return len(self.by_need) // 2


def find_windows(
    queries: Sequence[WorldQuery], truth: Truth, engine: WordEngine, window: int
) -> Windows:
    """Ask the engine every query once, and grade what it finds."""
    shape = len(queries), window
    found = Windows(
        np.full(shape, NONE, dtype=np.int32),
        np.zeros(shape, dtype=np.float32),
        np.zeros(shape, dtype=np.int8),
        np.zeros(shape, dtype=np.int8),
    )
    for at, query in enumerate(queries):
        rows, scores = engine.find(query.text, window)
        found.rows[at, : len(rows)], found.scores[at, : len(rows)] = rows, scores
        found.told[at, : len(rows)] = truth.judge(query.asked.intent, rows).grades
        found.true[at, : len(rows)] = truth.judge(query.asked.intent, rows, true=True).grades
    return found


def bind_book(queries: Sequence[WorldQuery], windows: Windows, shelves: Shelves) -> QueryBook:
    """The book of these queries, with `windows` as found for them."""
    needs: dict[object, int] = {}
    need = np.array(
        [needs.setdefault(_need(q.asked.intent), len(needs)) for q in queries], dtype=np.int64
    )
    first = [query.asked.intent.categories[0] for query in queries]
    aisle = np.array([shelves.number[category] for category in first], dtype=np.int64)
    is_chinese = np.array([q.asked.locale == CHINESE for q in queries], dtype=np.bool_)
    counts = np.array([q.count for q in queries], dtype=np.float64)
    aisles = len(shelves.aisles)
    return QueryBook(
        queries=tuple(queries),
        windows=windows,
        aisle=aisle.astype(np.int16),
        is_chinese=is_chinese,
        need=need.astype(np.int32),
        by_aisle=make_choice(is_chinese * aisles + aisle, counts, 2 * aisles),
        by_need=make_choice(is_chinese * len(needs) + need, np.ones(len(queries)), 2 * len(needs)),
        by_tongue=make_choice(is_chinese.astype(np.int64), counts, 2),
    )


def _need(intent: Intent) -> object:
    """What is asked for, whatever the words: a concept among categories, or the intent itself."""
    return (intent.concept, intent.categories) if intent.concept else intent
