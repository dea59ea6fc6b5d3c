"""Do scores agree with the truth, or with each other? AUC, Kendall's tau, calibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from shopkeeper.records import InvalidRequest


def auc(scores: ArrayLike, positive: ArrayLike) -> float | None:
    """Probability that a positive outscores a negative, a tie counting one half.

    Args:
        scores: [n], higher for what should be positive.
        positive: [n] flags.

    Returns:
        0 … 1; None when one of the two kinds is missing.
    """
    values, flags = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=np.bool_)
    _same_length(values, flags)
    positives, negatives = values[flags], np.sort(values[~flags])
    if not len(positives) or not len(negatives):
        return None
    beaten = np.searchsorted(negatives, positives, side="left")
    not_beating = np.searchsorted(negatives, positives, side="right")
    return float((beaten + not_beating).mean() / 2 / len(negatives))


def kendall_tau(left: ArrayLike, right: ArrayLike) -> float | None:
    """Kendall's τ_b of two scorings of the same n things, −1 … 1, ties allowed for.

    O(n²) time and memory: meant for orders of systems, not of catalogues. None when either
    scoring ties everything.
    """
    a, b = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    _same_length(a, b)
    upper = np.triu_indices(len(a), k=1)
    signs_a = np.sign(a[:, None] - a)[upper]
    signs_b = np.sign(b[:, None] - b)[upper]
    scale = float(np.sqrt((signs_a**2).sum() * (signs_b**2).sum()))
    return float((signs_a * signs_b).sum()) / scale if scale else None


def calibration_error(
    probabilities: ArrayLike, outcomes: ArrayLike, *, bins: int = 10
) -> float | None:
    """Expected calibration error, Σ_b n_b/n · |mean p − mean outcome|, bins of equal width.

    Naeini et al. 2015. A probability on an inner edge belongs to the bin above it. None without
    any prediction.

    Args:
        probabilities: [n], 0 … 1.
        outcomes: [n], 0 or 1 (or a share of raters in between).
        bins: how many; more bins, more noise.
    """
    p, outcome = np.asarray(probabilities, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    _same_length(p, outcome)
    if not ((p >= 0) & (p <= 1)).all():
        raise InvalidRequest("a probability lies outside 0 … 1")
    if not len(p):
        return None
    bin_of = np.minimum((p * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(bin_of, weights=p - outcome, minlength=bins)
    return float(np.abs(gaps).sum() / len(p))


def _same_length(left: np.ndarray, right: np.ndarray) -> None:
    if left.ndim != 1 or left.shape != right.shape:
        raise InvalidRequest(
            f"shapes {left.shape} and {right.shape}", expected="two lists of one length"
        )
