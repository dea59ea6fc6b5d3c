"""Which tier is a product sorted into, given how likely each grade is?

TaoSR1's cumulative-probability tiers (Dong et al. 2025, arXiv:2508.12365; the walk is *stated*, the
threshold's value is not), and what they replace: an expected score that is cut twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from shopkeeper.measure import macro_f1
from shopkeeper.records import InvalidRequest

Probabilities = NDArray[np.float64]
"""[n, grades], rows sum to 1, the worst grade first."""
Grades = NDArray[np.int64]
"""[n] places of grades, 0 for the worst."""

_THRESHOLDS = np.arange(30, 81) / 100
"""Tried on the tuning part (*assumed*)."""


def cumulative_grades(probabilities: Probabilities, threshold: float) -> Grades:
    """The best grade that a product reaches with probability `threshold`.

        g* = max { c : Σ_{k ≥ c} P(k) ≥ b }

    An ordinal quantile: mass that moves to a better grade never lowers it. The worst grade when
    nothing is reached, which only rounding can cause.
    """
    _check(threshold)
    at_least = np.cumsum(probabilities[:, ::-1], axis=1)[:, ::-1]
    reached = at_least >= threshold
    reached[:, 0] = True
    best = probabilities.shape[1] - 1 - np.argmax(reached[:, ::-1], axis=1)
    return np.asarray(best, np.int64)


def tune_threshold(probabilities: Probabilities, grades: Grades) -> float:
    """The threshold of the best macro-F1 on a tuning part; of several, the middle one."""
    classes = probabilities.shape[1]
    scores = np.array(
        [macro_f1(grades, cumulative_grades(probabilities, b), classes) for b in _THRESHOLDS]
    )
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    return float(_THRESHOLDS[best[len(best) // 2]])


@dataclass(frozen=True, slots=True)
class Cuts:
    """The usual way: the expected grade, cut by one threshold less than there are grades."""

    thresholds: tuple[float, ...]
    """Ascending; a product has the grade of as many as its score reaches."""

    def grades(self, probabilities: Probabilities) -> Grades:
        scores = probabilities @ np.arange(probabilities.shape[1])
        return np.asarray(np.searchsorted(self.thresholds, scores, side="right"), np.int64)


def tune_cuts(probabilities: Probabilities, grades: Grades, *, steps: int = 24) -> Cuts:
    """The cuts of the best macro-F1 on a tuning part, among `steps` quantiles of the scores."""
    count = probabilities.shape[1]
    scores = probabilities @ np.arange(count)
    candidates = np.unique(np.quantile(scores, np.linspace(0, 1, steps + 2)[1:-1]))
    if len(candidates) < count - 1:
        candidates = np.linspace(0, count - 1, steps + 2)[1:-1]
    best, found = -1.0, Cuts(tuple(np.arange(1, count) - 0.5))
    for chosen in combinations(candidates.tolist(), count - 1):
        cuts = Cuts(chosen)
        score = macro_f1(grades, cuts.grades(probabilities), count)
        if score > best:
            best, found = score, cuts
    return found


def _check(threshold: float) -> None:
    if not 0 < threshold <= 1:
        raise InvalidRequest(f"threshold {threshold}", expected="above 0, at most 1")
