"""How far apart are two samples? Distances between distributions, and Zipf's slope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shopkeeper.records import InvalidRequest

_STEEPEST = 20.0
"""A slope beyond which the second rank is a millionth of the first."""


@dataclass(frozen=True, slots=True)
class ZipfSlope:
    """The s of a rank-frequency law with its interval, and what it was read from."""

    slope: float
    low: float
    high: float
    tokens: int
    types: int


def kolmogorov_smirnov(left: ArrayLike, right: ArrayLike) -> float:
    """sup |F(x) − G(x)| of two samples [n], [m]: 0 … 1, blind to units and to how far apart."""
    _, between = _distributions(left, right)
    return float(np.abs(between).max())


def wasserstein(left: ArrayLike, right: ArrayLike) -> float:
    """∫ |F(x) − G(x)| dx of two samples [n], [m]: the mean move, in the unit of the samples.

    Of two samples of 0 and 1 it is the difference of their shares.
    """
    points, between = _distributions(left, right)
    return float((np.abs(between)[:-1] * np.diff(points)).sum())


def total_variation(left: Mapping[str, float], right: Mapping[str, float]) -> float:
    """½ Σ |p − q| of two tables of counts, each scaled to 1: the share that would have to move.

    A category that one side lacks counts as 0 there.
    """
    sums = sum(left.values()), sum(right.values())
    if min(*sums, *left.values(), *right.values()) < 0 or min(sums) <= 0:
        raise InvalidRequest("counts", expected="0 or more, and more than 0 on each side")
    names = {**left, **right}
    gaps = (abs(left.get(n, 0) / sums[0] - right.get(n, 0) / sums[1]) for n in names)
    return sum(gaps) / 2


def zipf_slope(counts: ArrayLike, *, level: float = 0.95) -> ZipfSlope:
    """The slope s of p(r) = r^−s / Σ_{k ≤ V} k^−s by maximum likelihood over the ranks r ≤ V.

        Σ_r n_r ln r / N = E_s[ln r],   standard error 1 / √(N · Var_s[ln r])

    The estimator of Zipf's law on V ranked types (as in Piantadosi 2014, Psychon. Bull. Rev. 21,
    eq. 1 with β = 0). Limits: ranks are read off the same counts, V is the number of types *seen*,
    and the interval knows neither. Both matter where types are rare, and s moves with the number
    of tokens (real searches: 1.04, and 0.92 of a tenth of them), so compare samples of equal size.
    No law is shown to hold by fitting it.

    Args:
        counts: [V ≥ 2] occurrences of each type, in any order; zeros are left out.
        level: of the normal interval.
    """
    n = np.sort(np.asarray(counts, dtype=np.float64).ravel())[::-1]
    if not np.isfinite(n).all() or (n < 0).any() or (n > 0).sum() < 2:
        raise InvalidRequest("counts", expected="two types or more that occur")
    n = n[n > 0]
    log_rank = np.log(np.arange(1, len(n) + 1))
    tokens = n.sum()
    seen = float(n @ log_rank / tokens)
    low, high = 0.0, _STEEPEST
    for _ in range(60):  # E_s[ln r] falls as s grows: bisection to the last bits
        middle = (low + high) / 2
        low, high = (middle, high) if _moments(middle, log_rank)[0] > seen else (low, middle)
    slope = (low + high) / 2
    error = float(tokens * _moments(slope, log_rank)[1]) ** -0.5
    half = NormalDist().inv_cdf((1 + level) / 2) * error
    return ZipfSlope(slope, slope - half, slope + half, int(tokens), len(n))


def _moments(slope: float, log_rank: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and variance of ln r under the law."""
    weight = np.exp(-slope * log_rank)
    weight /= weight.sum()
    mean = float(weight @ log_rank)
    return mean, float(weight @ (log_rank - mean) ** 2)


def _distributions(
    left: ArrayLike, right: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The sorted points of both samples, and F − G at each."""
    a, b = (np.sort(np.asarray(side, dtype=np.float64).ravel()) for side in (left, right))
    if not (len(a) and len(b) and np.isfinite(a).all() and np.isfinite(b).all()):
        raise InvalidRequest("a sample", expected="one finite value or more on each side")
    points = np.sort(np.concatenate([a, b]))
    left_share = np.searchsorted(a, points, side="right") / len(a)
    right_share = np.searchsorted(b, points, side="right") / len(b)
    return points, left_share - right_share
