"""Which systems are pitted against each other? A ladder from chance to the oracle, in a world.

Each is a page of products for every query of the book. They differ in what they know: words,
sales, the kind of thing, a noisy judgement, the truth.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from shopkeeper.knowledge import Grade
from shopkeeper.world import Market
from shopkeeper.world.chance import normals, stream
from shopkeeper.world.choice import NONE

Rows = NDArray[np.int32]
Merit = NDArray[np.float64]
_LADDER = 7
"""The stream of chance; the world's own are 1 … 6."""


NAMES = (
    "random",
    "best sellers of the shop",
    "engine",
    "engine, best sellers first",
    "engine, cheapest first",
    "engine, dearest first",
    "engine, shuffled",
    "the kind, best sellers first",
    "the kind, shuffled",
    "judge with error 2",
    "judge with error 1",
    "judge with error 0.5",
    "oracle, best sellers first",
    "oracle, best quality first",
    "oracle, dearest first",
    "oracle, shuffled",
)


def ladder(market: Market) -> Mapping[str, Rows]:
    """By name, each system's pages [queries, page], in no particular order."""
    page, shelves = len(market.config.behaviour.examined), market.shelves
    rng = stream(market.seed, _LADDER)
    sales = _ranks(shelves.popularity.astype(np.float64))
    chance = _ranks(normals(rng, (len(shelves),)))
    windows = market.book.windows.rows
    best = np.argsort(-sales, kind="stable")[:page].astype(np.int32)
    size = len(market.book), page
    systems: dict[str, Rows] = {
        "random": _random_pages(rng, size, len(shelves)),
        "best sellers of the shop": np.broadcast_to(best, size).copy(),
        "engine": windows[:, :page],
        "engine, best sellers first": _reorder(windows, sales, page),
        "engine, cheapest first": _reorder(windows, -shelves.price, page),
        "engine, dearest first": _reorder(windows, shelves.price, page),
        "engine, shuffled": _reorder(windows, chance, page),
    }
    kind: dict[str, Merit] = {"the kind, best sellers first": sales, "the kind, shuffled": chance}
    judges = {
        f"judge with error {spread:g}": spread * normals(rng, (len(shelves),))
        for spread in (2.0, 1.0, 0.5)
    }
    oracles: dict[str, Merit] = {
        "oracle, best sellers first": sales,
        "oracle, best quality first": _ranks(shelves.quality.astype(np.float64)),
        "oracle, dearest first": _ranks(shelves.price),
        "oracle, shuffled": chance,
    }
    for name in (*kind, *judges, *oracles):
        systems[name] = np.full(size, NONE, dtype=np.int32)
    for at, query in enumerate(market.book.queries):
        rows = shelves.rows(query.asked.intent.categories)
        grades = market.truth.judge(query.asked.intent, rows).grades.astype(np.float64)
        is_good = grades >= Grade.RELATED
        for name, merit in kind.items():
            _fill(systems[name][at], rows, merit[rows])
        for name, error in judges.items():
            _fill(systems[name][at], rows, grades + error[rows])
        for name, merit in oracles.items():
            _fill(systems[name][at], rows[is_good], grades[is_good] + merit[rows[is_good]])
    assert tuple(systems) == NAMES, "each system has a name that can be asked for"
    return systems


def _random_pages(rng: np.random.Generator, size: tuple[int, int], products: int) -> Rows:
    """Different products each: an even stride from a random start."""
    queries, page = size
    start = (rng.random((queries, 1)) * products).astype(np.int64)
    return ((start + np.arange(page) * (products // page)) % products).astype(np.int32)


def _ranks(values: Merit) -> Merit:
    """Places in ascending order, as 0 … below 1: they break ties between grades, no more."""
    return np.argsort(np.argsort(values, kind="stable")) / len(values)


def _reorder(windows: Rows, merit: Merit, page: int) -> Rows:
    """What the engine found, by descending merit [products]."""
    keys = np.where(windows == NONE, np.inf, -merit[windows])
    order = np.argsort(keys, axis=1, kind="stable")[:, :page]
    return np.take_along_axis(windows, order, axis=1)


def _fill(page: Rows, rows: Rows, merit: Merit) -> None:
    """Write the best rows into the page."""
    order = np.argsort(-merit, kind="stable")[: len(page)]
    page[: len(order)] = rows[order]
