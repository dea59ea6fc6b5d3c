"""Which systems are compared? An arm answers a query with an order of product ids."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

DEPTH = 100
"""Ranks that are measured. An arm gives as many, or all it finds when they are fewer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an arm says to one query."""

    ranking: Sequence[str]
    """Distinct product ids of the whole catalogue, best first; `DEPTH` of them suffice."""
    judged: Sequence[str] = ()
    """The judged products in the arm's own order. It may leave out those it cannot score: they
    come last."""
    fit: float | None = None
    """How sure the arm is that something fits, higher is surer; None when it cannot tell."""


Arm: TypeAlias = Callable[[str, Sequence[str]], Answer]
"""(query text, ids of the products judged for it) → answer. The ids come without their grades, to
be put in order for the judged-only metric, and must not touch the ranking."""

Ranker: TypeAlias = Callable[[str], Sequence[str]]


def ranker_arm(rank: Ranker, *, order: Callable[[str, Sequence[str]], Sequence[str]] | None) -> Arm:
    """An arm from a function that ranks the catalogue.

    Args:
        rank: query text → ids, best first.
        order: (query text, ids) → those ids, best first. None: judged products stand in the
            order in which `rank` returned them, which tells less, as it knows few of them.
    """

    def answer(text: str, judged: Sequence[str]) -> Answer:
        ranking = rank(text)
        if order is not None:
            return Answer(ranking, order(text, judged))
        wanted = set(judged)
        return Answer(ranking, [id_ for id_ in ranking if id_ in wanted])

    return answer


def random_arm(product_ids: Sequence[str], *, seed: int = 0) -> Arm:
    """`DEPTH` products drawn from the catalogue, and the judged ones shuffled: the zero of a scale.

    The draw depends on the seed and the query's text alone, not on the order of queries.
    """
    catalogue = np.asarray(product_ids, dtype=object)

    def answer(text: str, judged: Sequence[str]) -> Answer:
        words = np.frombuffer(hashlib.sha256(text.encode()).digest(), dtype=np.uint32)
        random = np.random.default_rng([seed, *words.tolist()])
        drawn = random.choice(len(catalogue), min(DEPTH, len(catalogue)), replace=False)
        return Answer(catalogue[drawn].tolist(), random.permutation(np.asarray(judged)).tolist())

    return answer
