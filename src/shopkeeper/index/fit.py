"""Does anything fit? A shop that has nothing to offer should say so."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.records import InvalidRequest

FIRST = 10
"""Products of the fused order that are looked at: what a shopper sees before scrolling."""


@dataclass(frozen=True, slots=True)
class FitConfig:
    """How the similarity of the first products becomes a probability-like score."""

    centre: float = 0.4
    """Mean cosine at which it is as likely as not that something fits; encoder-dependent."""
    scale: float = 0.05
    """Cosine per unit of log-odds."""

    def __post_init__(self) -> None:
        if not self.scale > 0:
            raise InvalidRequest(f"scale {self.scale}", expected="above 0")

    def fit(self, first_similarity: float) -> float | None:
        """1/(1 + e^−(s − centre)/scale), 0 … 1; None where there is no similarity to judge by."""
        if math.isnan(first_similarity):
            return None
        return 1 / (1 + math.exp(-(first_similarity - self.centre) / self.scale))


def first_similarity(scores: NDArray[np.float64], similarity: NDArray[np.float64]) -> float:
    """Mean cosine of the `FIRST` products by score; NaN when none of them has a vector.

    Args:
        scores: [n] fused scores; NaN: not in the result set.
        similarity: [n] cosines; NaN: no vector.
    """
    order = np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")[:FIRST]
    first = similarity[order][~np.isnan(scores[order])]
    known = first[~np.isnan(first)]
    return float(known.mean()) if len(known) else math.nan
