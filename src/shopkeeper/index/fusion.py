"""How do two legs become one order?

Each leg gives a score to every product of the head (NaN where it has none); fusion gives each
product its addends. Their float64 sum is the fused score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shopkeeper.records import InvalidRequest

Scores = NDArray[np.float64]


class Fusion(Protocol):
    """Turns leg scores into addends, the same shapes out as in, zero where a leg has none."""

    def addends(self, lexical: Scores, dense: Scores, best_lexical: float) -> tuple[Scores, Scores]:
        """`best_lexical` is the best lexical score of the whole shop, whatever the filters."""
        ...


@dataclass(frozen=True, slots=True)
class WeightedSum:
    """(1 − w)·s_lex/best + w·cos: a convex mix of the normalised lexical score and the cosine.

    Dividing by the best score of the whole shop keeps a product's score the same under every
    filter and on every page.
    """

    dense_weight: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.dense_weight <= 1:
            raise InvalidRequest(f"dense_weight {self.dense_weight}", expected="0 … 1")

    def addends(self, lexical: Scores, dense: Scores, best_lexical: float) -> tuple[Scores, Scores]:
        words = lexical / best_lexical if best_lexical > 0 else lexical * 0.0
        return (1 - self.dense_weight) * _or_zero(words), self.dense_weight * _or_zero(dense)


def _or_zero(scores: Scores) -> Scores:
    return np.where(np.isnan(scores), 0.0, scores)


@dataclass(frozen=True, slots=True)
class ReciprocalRank:
    """1/(k + rank) in each leg (Cormack, Clarke and Büttcher 2009, SIGIR): ignores the scores.

    Ties share the better rank; a product that a leg lacks gets nothing from it.
    """

    k: float = 60.0

    def __post_init__(self) -> None:
        if self.k <= 0:
            raise InvalidRequest(f"k {self.k}", expected="above 0")

    def addends(self, lexical: Scores, dense: Scores, best_lexical: float) -> tuple[Scores, Scores]:
        return self._of(lexical), self._of(dense)

    def _of(self, scores: Scores) -> Scores:
        known = ~np.isnan(scores)
        ascending = np.sort(scores[known])
        better = len(ascending) - np.searchsorted(ascending, scores[known], side="right")
        result = np.zeros_like(scores)
        result[known] = 1.0 / (self.k + 1 + better)
        return result
