"""What would raters say in a simulated shop? A judged set whose every grade is true.

Unlike a real set it is complete: whatever comes near a query is judged, whichever engine finds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.judged import JudgedSet
from shopkeeper.experiment.labels import mislabel
from shopkeeper.knowledge import Grade, QueryType
from shopkeeper.records import InvalidRequest, Judgement
from shopkeeper.world import Market, WorldQuery
from shopkeeper.world.queries import BUCKETS, blocks_of, count_queries

Flags = NDArray[np.bool_]

EASIER: Mapping[str, str] = {
    **{hard: "general" for hard in get_args(QueryType) if hard != "general"},
    "torso": "head",
    "tail": "head",
    "misspelt": "spelt right",
}
"""Part → the part that it is to be harder than."""


@dataclass(frozen=True, slots=True)
class WorldSample:
    """Which queries of a market are judged, and how."""

    grammar: str = "keyword"
    """Surface grammar, see `world.grammar`."""
    held_out: bool = False
    """Only queries with a word, need or category that is kept from training; False: none such."""
    locale: str = "en"
    queries: int = 1_000
    """Different ones, drawn as often as they are asked; all where there are fewer. 2 or more."""
    least: int = 100
    """Of each type, where there are so many. Those that the draw lacks are added, and count in
    slices by type alone."""
    irrelevant: int = 20
    """Products of grade 1 judged for each query, drawn by lot; 0 or more."""
    pool: int | None = None
    """Judge so many products that the logged engine finds first, and nothing else, as most real
    sets do; 1 or more. None: whatever comes near, and `irrelevant`."""
    noise: float = 0.0
    """Share of labels that are wrong, see `labels.mistakes`."""
    seed: int = 0

    def __post_init__(self) -> None:
        is_judged = self.pool is None or self.pool >= 1
        if self.queries < 2 or min(self.least, self.irrelevant) < 0 or not is_judged:
            raise InvalidRequest(
                f"{self}", expected="queries ≥ 2, least ≥ 0, irrelevant ≥ 0, pool ≥ 1"
            )

    @property
    def name(self) -> str:
        held = " held out" if self.held_out else ""
        pooled = f" pool {self.pool}" if self.pool else ""
        return f"world {self.grammar}{held} {self.locale}{pooled}"


@dataclass(frozen=True, slots=True, eq=False)
class WorldJudged:
    """A judged set with what is known of its queries."""

    judged: JudgedSet
    queries: tuple[WorldQuery, ...]
    """In the order of the set."""
    slices: Mapping[str, Flags]
    """"all" are the queries as they are asked; the others are parts, by type and by bucket, of
    misspelt ones and of those that are not."""


def judge_world(market: Market, sample: WorldSample = WorldSample()) -> WorldJudged:
    """Draw queries from a market, and grade what a rater would be shown.

    Judged are all products of grade 2 and better, by their listings, and some of grade 1. Grades
    count from 1, and from 3 on a product counts as relevant.
    """
    asking = market.asking(sample.grammar, held_out=sample.held_out)
    blocks = blocks_of(market.config.queries.searches)
    book = count_queries(asking.draw(market.seed, *block) for block in blocks)
    book = tuple(q for q in book if q.asked.locale == sample.locale)
    if len(book) < 2:
        raise InvalidRequest(
            f"{len(book)} queries for {sample.name}", hint="raise queries.searches"
        )
    queries, is_drawn = _sample(book, sample)
    judged = JudgedSet(
        name=sample.name,
        queries={query.id: query.text for query in queries},
        judgements=tuple(_judge(market, queries, sample)),
        lowest_grade=min(Grade),
        relevant_from=Grade.RELATED,
        headline="ndcg@10",
    )
    return WorldJudged(judged, queries, _slices(queries, is_drawn))


def _sample(
    book: Sequence[WorldQuery], sample: WorldSample
) -> tuple[tuple[WorldQuery, ...], Flags]:
    """The queries in the order of the book, and which of them were drawn as they are asked."""
    rng = np.random.default_rng(sample.seed)
    counts = np.array([query.count for query in book], dtype=np.float64)
    is_drawn = np.zeros(len(book), dtype=np.bool_)
    size = min(sample.queries, len(book))
    is_drawn[rng.choice(len(book), size, replace=False, p=counts / counts.sum())] = True
    is_taken = is_drawn.copy()
    types = np.array([query.asked.intent.type for query in book])
    for type_ in get_args(QueryType):
        rest = np.flatnonzero((types == type_) & ~is_drawn)
        lacking = sample.least - int((is_drawn & (types == type_)).sum())
        if lacking > 0:
            is_taken[rng.permutation(rest)[:lacking]] = True
    taken = tuple(query for query, flag in zip(book, is_taken, strict=True) if flag)
    return taken, is_drawn[is_taken]


def _judge(
    market: Market, queries: Sequence[WorldQuery], sample: WorldSample
) -> Iterator[Judgement]:
    everything = np.arange(len(market.shelves), dtype=np.int32)
    rng = np.random.default_rng([sample.seed, 1])
    for query in queries:
        grades = market.truth.judge(query.asked.intent, everything).grades
        rows = _shown(market, query.text, grades, sample, rng)
        labels = mislabel(grades[rows], sample.noise, rng)
        for row, label in zip(rows.tolist(), labels.tolist(), strict=True):
            yield Judgement(query.id, market.shelves.ids[row], float(label))


def _shown(
    market: Market,
    text: str,
    grades: NDArray[np.int8],
    sample: WorldSample,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Places of the products that a rater sees, in the order of the catalogue."""
    if sample.pool is not None:
        return np.sort(market.engine.find(text, sample.pool)[0]).astype(np.int64)
    is_near = grades > Grade.IRRELEVANT
    far = np.flatnonzero(~is_near)
    is_near[rng.choice(far, min(sample.irrelevant, len(far)), replace=False)] = True
    return np.flatnonzero(is_near)


def _slices(queries: Sequence[WorldQuery], is_drawn: Flags) -> dict[str, Flags]:
    types = np.array([query.asked.intent.type for query in queries])
    buckets = np.array([query.bucket for query in queries])
    is_misspelt = np.array([query.asked.is_misspelt for query in queries], dtype=np.bool_)
    slices = {"all": is_drawn}
    slices |= {type_: types == type_ for type_ in get_args(QueryType)}
    slices |= {bucket: is_drawn & (buckets == bucket) for bucket in BUCKETS}
    slices |= {"misspelt": is_drawn & is_misspelt, "spelt right": is_drawn & ~is_misspelt}
    return {name: flags for name, flags in slices.items() if flags.any()}
