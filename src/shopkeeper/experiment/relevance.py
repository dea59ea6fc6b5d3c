"""How good are the arms on real judgements? The measuring behind ``shopkeeper bench relevance``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.judged import JudgedSet
from shopkeeper.experiment.arms import DEPTH, Answer, Arm, random_arm
from shopkeeper.measure import formulas, linear_gain, ndcg
from shopkeeper.records import InvalidRecord, InvalidRequest

METRICS = ("ndcg@10", "ndcg@10_judged", "mrr", "recall@100")
CONVENTIONAL = ("ndcg@10", "ndcg_judged")
"""Told by each gain convention of a set that has several."""
FIT = "fit"
RANDOM = "random"

Columns: TypeAlias = Mapping[str, NDArray[np.float64]]
"""Metric, or "fit" → one value per query of the yardstick, NaN where it says nothing."""

Watch: TypeAlias = Callable[[Iterable[int]], Iterable[int]]
"""Hands the items on and shows progress meanwhile; `iter` shows nothing."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """A judged set laid out for measuring many arms; queries in the set's order."""

    name: str
    headline: str
    query_ids: tuple[str, ...]
    texts: tuple[str, ...]
    gains: tuple[Mapping[str, float], ...]
    """Per query: judged product id → gain."""
    relevant: tuple[frozenset[str], ...]
    """Per query: the products that recall and MRR look for."""
    satisfiable: NDArray[np.bool_]
    """[queries] Some product has a positive gain; the others are left out of nDCG."""
    conventions: Mapping[str, tuple[Mapping[str, float], ...]] = field(default_factory=dict)
    """Every gain convention of the set that names them: as `gains`, by name."""

    def __len__(self) -> int:
        return len(self.query_ids)


def yardstick(judged: JudgedSet) -> Yardstick:
    """Lay out the judgements: gains, relevant products, and which queries can be satisfied."""
    grades = judged.grades()

    def worth(convention: str | None) -> tuple[Mapping[str, float], ...]:
        return tuple(
            {id_: judged.gain(grade, convention) for id_, grade in grades[query].items()}
            for query in judged.queries
        )

    gains = worth(None)
    return Yardstick(
        name=judged.name,
        headline=judged.headline,
        query_ids=tuple(judged.queries),
        texts=tuple(judged.queries.values()),
        gains=gains,
        relevant=tuple(
            frozenset(id_ for id_, grade in grades[q].items() if grade >= judged.relevant_from)
            for q in judged.queries
        ),
        satisfiable=np.array(
            [any(g > 0 for g in of_query.values()) for of_query in gains], dtype=np.bool_
        ),
        conventions={name: worth(name) for name in judged.conventions},
    )


def absent_products(yard: Yardstick, product_ids: Iterable[str]) -> list[str]:
    """Judged products that the catalogue lacks: no arm can find them, so their number is told."""
    catalogue = set(product_ids)
    return sorted({id_ for of_query in yard.gains for id_ in of_query} - catalogue)


def measure_arms(
    yard: Yardstick,
    arms: Mapping[str, Arm],
    product_ids: Sequence[str],
    *,
    seed: int = 0,
    watch: Watch = iter,
) -> dict[str, Columns]:
    """Measure each arm; the random one, over the whole catalogue, is always there and first."""
    if RANDOM in arms:
        raise InvalidRequest(f"an arm named {RANDOM!r}", expected="another name: it is added here")
    everyone = {RANDOM: random_arm(product_ids, seed=seed), **arms}
    return {name: measure_arm(yard, arm, name=name, watch=watch) for name, arm in everyone.items()}


def measure_arm(
    yard: Yardstick, arm: Arm, *, name: str = "arm", watch: Watch = iter
) -> dict[str, NDArray[np.float64]]:
    """The arm's metrics, query by query.

    nDCG@10 with an unjudged product gaining 0; nDCG@10 of the judged products alone; reciprocal
    rank and recall within `DEPTH` ranks. nDCG is NaN on a query without a positive gain, the
    other two on one without a relevant product; a mean leaves NaN out.

    A set with gain conventions also has, by each of them, "ndcg@10 NAME" and "ndcg_judged NAME",
    the latter over all judged products, as the publishers of such sets report it.
    """
    widest = max((len(of_query) for of_query in yard.gains), default=0)
    gained = np.zeros((len(yard), DEPTH))
    gained_judged, judged = np.zeros((len(yard), widest)), np.zeros((len(yard), widest))
    found = np.zeros((len(yard), DEPTH), dtype=np.bool_)
    fit = np.full(len(yard), np.nan)
    by_convention = {
        f"{metric} {name}": np.full(len(yard), np.nan)
        for name in yard.conventions
        for metric in CONVENTIONAL
    }
    for at in watch(range(len(yard))):
        worth, text = yard.gains[at], yard.texts[at]
        answer = arm(text, tuple(worth))
        ranking = answer.ranking[:DEPTH]
        _check(answer, ranking, worth, where=f"{name}: {text!r}")
        gained[at, : len(ranking)] = [worth.get(id_, 0.0) for id_ in ranking]
        found[at, : len(ranking)] = [id_ in yard.relevant[at] for id_ in ranking]
        order = complete(answer.judged, worth, text)
        gained_judged[at, : len(order)] = [worth[id_] for id_ in order]
        judged[at, : len(worth)] = list(worth.values())
        fit[at] = np.nan if answer.fit is None else answer.fit
        for convention, gains in yard.conventions.items():
            for metric, ranked, k in zip(CONVENTIONAL, (ranking, order), (10, None), strict=True):
                value = ndcg(ranked, gains[at], gain=linear_gain, k=k)
                by_convention[f"{metric} {convention}"][at] = np.nan if value is None else value
    total = np.array([len(relevant) for relevant in yard.relevant])
    return {
        "ndcg@10": formulas.ndcg(gained, judged, 10),
        "ndcg@10_judged": formulas.ndcg(gained_judged, judged, 10),
        "mrr": formulas.reciprocal_rank(found, total),
        "recall@100": formulas.recall(found, total, 100),
        **by_convention,
        FIT: fit,
    }


def complete(order: Sequence[str], judged: Iterable[str], text: str) -> list[str]:
    """The order, then the judged products it lacks, by a hash that knows nothing of grades.

    Files list products in orders that may; leaning on them would flatter an arm that finds little.
    """
    ranked = set(order)
    missing = [id_ for id_ in judged if id_ not in ranked]
    missing.sort(key=lambda id_: hashlib.sha256(f"{text}\n{id_}".encode()).digest())
    return [*order, *missing]


def _check(
    answer: Answer, ranking: Sequence[str], judged: Mapping[str, float], *, where: str
) -> None:
    if len(set(ranking)) != len(ranking) or len(set(answer.judged)) != len(answer.judged):
        raise InvalidRecord("a product is ranked twice", where=where, expected="distinct ids")
    strangers = [id_ for id_ in answer.judged if id_ not in judged]
    if strangers:
        raise InvalidRecord(
            f"{strangers[0]!r} among the judged", where=where, expected="the ids it was given"
        )
