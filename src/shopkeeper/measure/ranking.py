"""How good is one ranking? The metrics of one query, by product id.

Functions take the ids from the best down; equal to trec_eval on the order that `by_score` gives.
None means that the judgements say nothing about the query (trec_eval prints 0): leave it out of
the mean and count it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from shopkeeper.measure import formulas
from shopkeeper.measure.gains import Gain, Label, gains
from shopkeeper.records import InvalidRecord


def by_score(scores: Mapping[str, float]) -> list[str]:
    """Ids in trec_eval's order: by score in single precision, ties by id, both descending.

    Two float64 scores that agree in their first 24 bits are a tie to trec_eval, and so they are
    here; an order of one's own needs no such rule, since the metrics take any list.
    """
    return sorted(scores, key=lambda id_: (float(np.float32(scores[id_])), id_), reverse=True)


def ndcg(
    ranking: Sequence[str],
    grades: Mapping[str, Label],
    *,
    gain: Gain[Label],
    k: int | None = None,
) -> float | None:
    """Normalised discounted cumulative gain, 0 … 1; an unjudged product gains 0.

    None when no judged product has a gain above 0. The gain has no default, because published
    figures differ by it.
    """
    worth = gains(grades, gain)
    gained = [worth.get(product_id, 0.0) for product_id in _distinct(ranking)]
    return _defined(formulas.ndcg(gained, list(worth.values()), k))


def ndcg_judged(
    ranking: Sequence[str],
    grades: Mapping[str, Label],
    *,
    gain: Gain[Label],
    k: int | None = None,
) -> float | None:
    """nDCG of the judged products alone: the ranking with every unjudged one taken out.

    It does not punish an engine for finding what the pool's engine missed. A judged product that
    is not ranked gains nothing, so let the ranking hold them all.
    """
    return ndcg(judged_only(ranking, grades), grades, gain=gain, k=k)


def judged_only(ranking: Iterable[str], grades: Mapping[str, object]) -> list[str]:
    """The ranking without what nobody judged."""
    return [product_id for product_id in ranking if product_id in grades]


def reciprocal_rank(
    ranking: Sequence[str], grades: Mapping[str, float], *, relevant_from: float = 1.0
) -> float | None:
    """1 / rank of the first product graded `relevant_from` or higher; its mean is MRR."""
    return _defined(formulas.reciprocal_rank(*_relevant(ranking, grades, relevant_from)))


def precision(
    ranking: Sequence[str], grades: Mapping[str, float], k: int, *, relevant_from: float = 1.0
) -> float:
    """Share of the first k places that hold a relevant product; a missing product is a miss."""
    return float(formulas.precision(_relevant(ranking, grades, relevant_from)[0], k))


def recall(
    ranking: Sequence[str],
    grades: Mapping[str, float],
    k: int | None = None,
    *,
    relevant_from: float = 1.0,
) -> float | None:
    """Share of the relevant products that stand within rank k; None when none is relevant."""
    return _defined(formulas.recall(*_relevant(ranking, grades, relevant_from), k))


def average_precision(
    ranking: Sequence[str], grades: Mapping[str, float], *, relevant_from: float = 1.0
) -> float | None:
    """Mean of the precisions at the relevant products' ranks; its mean over queries is MAP."""
    return _defined(formulas.average_precision(*_relevant(ranking, grades, relevant_from)))


def _relevant(
    ranking: Sequence[str], grades: Mapping[str, float], relevant_from: float
) -> tuple[list[bool], int]:
    """A flag per rank, and how many relevant products there are."""
    flags = [
        product_id in grades and grades[product_id] >= relevant_from
        for product_id in _distinct(ranking)
    ]
    return flags, sum(grade >= relevant_from for grade in grades.values())


def _distinct(ranking: Sequence[str]) -> Sequence[str]:
    if len(set(ranking)) != len(ranking):
        twice = next(id_ for at, id_ in enumerate(ranking) if id_ in ranking[:at])
        raise InvalidRecord(f"product {twice!r} is ranked twice", expected="distinct ids")
    return ranking


def _defined(value: formulas.Floats) -> float | None:
    return None if np.isnan(value) else float(value)
