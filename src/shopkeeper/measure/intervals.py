"""How sure is that? Intervals of means and of paired differences.

Over queries: a percentile bootstrap. Over seeds, of which there are few: Student's t. Both take
the values as they stand, so that a caller leaves undefined queries out (and counts them) first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shopkeeper.measure.student import critical, normal_critical, two_sided
from shopkeeper.records import InvalidRequest

RESAMPLES = 10_000
_CELLS = 1 << 20
"""Query draws held at once: about 24 MB, whatever the number of queries."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over `n` values, and the ends of its interval."""

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference of means with its interval, and the two-sided p-value of "no change"."""

    mean: float
    low: float
    high: float
    n: int
    p: float


def resampled_means(
    values: ArrayLike, *, resamples: int = RESAMPLES, seed: int = 0
) -> NDArray[np.float64]:
    """[resamples, columns]: column means of rows drawn with replacement.

    Args:
        values: [n] or [n, columns], n ≥ 2. Columns share each draw, so that the difference of two
            columns' means is the paired bootstrap of their difference.
        resamples: how many draws.
        seed: same seed, same n: same draws.
    """
    table = _table(values)
    n = len(table)
    random = np.random.default_rng(seed)
    means = np.empty((resamples, table.shape[1]))
    step = max(1, _CELLS // n)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = random.integers(n, size=(rows, n)) + np.arange(rows)[:, None] * n
        times = np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n)
        means[start : start + rows] = times.astype(np.float64) @ table / n
    return means


def percentile_interval(
    values: ArrayLike, means: NDArray[np.float64], *, level: float = 0.95
) -> Interval:
    """The mean of `values` [n] between the quantiles of its resampled means [resamples]."""
    low, high = _quantiles(means, level)
    column = np.asarray(values, dtype=np.float64)
    return Interval(float(column.mean()), low, high, len(column))


def percentile_difference(
    differences: ArrayLike, means: NDArray[np.float64], *, level: float = 0.95
) -> Difference:
    """As `percentile_interval`; p doubles the smaller share of resampled means on either side of 0.

    The share counts the observed sample as one draw more (Davison and Hinkley 1997, §4.2.3), so p
    is never 0 but at least 2 / (resamples + 1).
    """
    interval = percentile_interval(differences, means, level=level)
    return _difference(interval, means)


def bootstrap(
    values: ArrayLike, *, resamples: int = RESAMPLES, seed: int = 0, level: float = 0.95
) -> Interval:
    """The mean of values [n ≥ 2] with its percentile bootstrap interval (Efron 1979)."""
    means = resampled_means(np.asarray(values).ravel(), resamples=resamples, seed=seed)
    return percentile_interval(np.asarray(values).ravel(), means[:, 0], level=level)


def paired_bootstrap(
    left: ArrayLike,
    right: ArrayLike,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> Difference:
    """Mean of left − right over the same queries [n ≥ 2], resampling queries."""
    differences = _paired(left, right)
    means = resampled_means(differences, resamples=resamples, seed=seed)[:, 0]
    return percentile_difference(differences, means, level=level)


Weighing: TypeAlias = Literal["sets", "queries"]


def pooled_bootstrap(
    differences: Sequence[ArrayLike],
    *,
    weigh: Weighing = "sets",
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> Difference:
    """One paired interval over several data sets, resampling queries within each.

    Args:
        differences: per set, the paired differences of its queries, each [n ≥ 2].
        weigh: "sets": mean of the sets' means, so that 100 careful queries weigh as much as 8,000
            others: does it help on a data set like these? "queries": mean over all queries, which
            the largest set decides: does it help a query of this mixture?
        resamples, seed, level: as in `paired_bootstrap`; each set draws from a seed of its own.
    """
    columns = [np.asarray(column, dtype=np.float64) for column in differences]
    if not columns:
        raise InvalidRequest("no data set to pool", expected="one or more")
    sizes = np.array([len(column) for column in columns], dtype=np.float64)
    weights = {"sets": np.full(len(sizes), 1 / len(sizes)), "queries": sizes / sizes.sum()}[weigh]
    means = sum(
        weight * resampled_means(column, resamples=resamples, seed=_seed(seed, at))[:, 0]
        for at, (weight, column) in enumerate(zip(weights, columns, strict=True))
    )
    low, high = _quantiles(np.asarray(means), level)
    mean = float(sum(w * column.mean() for w, column in zip(weights, columns, strict=True)))
    return _difference(Interval(mean, low, high, int(sizes.sum())), np.asarray(means))


def paired_t(left: ArrayLike, right: ArrayLike, *, level: float = 0.95) -> Difference:
    """Mean of left − right over seeds [n ≥ 2] with Student's t-interval and p-value.

        mean ± t(level, n − 1) · s / √n

    Differences without any spread give an interval of no width, and p = 0 (or 1 when all are 0).
    """
    differences = _paired(left, right)
    n = len(differences)
    error = float(differences.std(ddof=1)) / n**0.5
    return t_difference(float(differences.mean()), error, freedom=n - 1, n=n, level=level)


def t_interval(mean: float, error: float, *, freedom: float, n: int, level: float) -> Interval:
    """mean ± t(level, freedom) · error."""
    half = critical(level, freedom) * error
    return Interval(mean, mean - half, mean + half, n)


def t_difference(mean: float, error: float, *, freedom: float, n: int, level: float) -> Difference:
    """As `t_interval`, with p; without any error p is 0, or 1 where the mean is 0 too."""
    ends = t_interval(mean, error, freedom=freedom, n=n, level=level)
    statistic = abs(mean) / error if error > 0 else float("inf") if mean else 0.0
    return Difference(mean, ends.low, ends.high, n, max(0.0, 1 - two_sided(statistic, freedom)))


def share_interval(hits: int, n: int, *, level: float = 0.95) -> Interval:
    """The share hits / n of n ≥ 1 independent trials, with Wilson's interval (1927).

    It stays within 0 … 1 and has a width even where all, or none, hit.
    """
    if not 0 <= hits <= n or n < 1:
        raise InvalidRequest(f"{hits} hits of {n}", expected="1 trial or more, 0 … n hits")
    z = normal_critical(level)
    share, shrink = hits / n, 1 / (1 + z * z / n)
    middle = (share + z * z / (2 * n)) * shrink
    half = z * (share * (1 - share) / n + (z / (2 * n)) ** 2) ** 0.5 * shrink
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half), n)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for a whole table: below α means rejected with family-wise error ≤ α.

    The i-th smallest of m, from 0, becomes the running maximum of (m − i) · p, at most 1
    (Holm 1979). Returned in the order given.
    """
    adjusted, highest = [0.0] * len(p_values), 0.0
    for i, at in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - i) * p_values[at]))
        adjusted[at] = highest
    return adjusted


def _table(values: ArrayLike) -> NDArray[np.float64]:
    table = np.asarray(values, dtype=np.float64)
    table = table[:, None] if table.ndim == 1 else table
    if table.ndim != 2 or len(table) < 2:
        raise InvalidRequest(f"values of shape {np.shape(values)}", expected="two rows or more")
    if not np.isfinite(table).all():
        raise InvalidRequest("a value is not finite", hint="leave undefined queries out first")
    return table


def _paired(left: ArrayLike, right: ArrayLike) -> NDArray[np.float64]:
    if np.shape(left) != np.shape(right) or np.ndim(left) != 1:
        raise InvalidRequest(
            f"shapes {np.shape(left)} and {np.shape(right)}", expected="one value per query, twice"
        )
    return _table(np.asarray(left, dtype=np.float64) - np.asarray(right, dtype=np.float64))[:, 0]


def _quantiles(means: NDArray[np.float64], level: float) -> tuple[float, float]:
    if not 0.0 < level < 1.0:
        raise InvalidRequest(f"level {level}", expected="between 0 and 1")
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _difference(interval: Interval, means: NDArray[np.float64]) -> Difference:
    tail = min(int((means <= 0).sum()), int((means >= 0).sum()))
    p = min(1.0, 2 * (tail + 1) / (len(means) + 1))
    return Difference(interval.mean, interval.low, interval.high, interval.n, p)


def _seed(seed: int, stratum: int) -> int:
    """A seed of its own for each stratum: independent draws, the same on every machine."""
    return int(np.random.SeedSequence([seed, stratum]).generate_state(1)[0])
