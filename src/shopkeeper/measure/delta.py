"""How sure is a ratio, or a mean over rows that belong together? The delta method.

A ratio is turned into one value per unit, whose mean is the ratio and whose spread is the ratio's
own. Such values are outcomes like any other: they can be compared, adjusted, clustered, and put
into a further ratio.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from shopkeeper.measure.columns import Floats, groups, numbers, sums_by
from shopkeeper.measure.intervals import Difference, Interval, t_difference, t_interval
from shopkeeper.records import InvalidRequest


def linearised_ratio(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """Values [n] whose mean is Σa / Σb, and whose variance over n is that ratio's.

        vᵢ = r + (aᵢ − r·bᵢ) / b̄,   r = Σa / Σb

    First-order Taylor expansion: Deng, Knoblich and Lu 2018, arXiv:1803.06336; as a metric of its
    own: Budylin et al. 2018 (WSDM). Off by order 1/n, so meant for dozens of units or more.

    Args:
        numerator: [n], as in clicks per shopper.
        denominator: [n], as in impressions per shopper; single ones may be 0, their mean is above.
    """
    a = numbers("numerator", numerator)
    b = numbers("denominator", denominator, rows=len(a))
    mean = float(b.mean())
    if not mean > 0:
        raise InvalidRequest(f"a ratio over a mean of {mean:g}", expected="a mean above 0")
    ratio = float(a.mean()) / mean
    return ratio + (a - ratio * b) / mean


def clustered_mean(
    values: ArrayLike, cluster: ArrayLike | None = None, *, level: float = 0.95
) -> Interval:
    """The mean of rows, of which those of one cluster depend on each other in any way.

        error = √( C/(C−1) · Σ_c (Σ_{i∈c} (vᵢ − v̄))² ) / n,   t with C − 1 degrees of freedom

    Liang and Zeger 1986, for a mean; as many clusters as rows give the plain t-interval.

    Args:
        values: [n].
        cluster: [n] ids of what is independent (shoppers), two or more; None: each row is.
        level: of the interval.

    Returns:
        The mean over the rows; its `n` counts the clusters.
    """
    mean, error, count = _moments(values, cluster)
    return t_interval(mean, error, freedom=count - 1, n=count, level=level)


def clustered_difference(
    left: ArrayLike, right: ArrayLike, cluster: ArrayLike | None = None, *, level: float = 0.95
) -> Difference:
    """As `clustered_mean`, of left − right row by row, with the p-value of "no difference"."""
    minuend = numbers("left", left)
    differences = minuend - numbers("right", right, rows=len(minuend))
    mean, error, count = _moments(differences, cluster)
    return t_difference(mean, error, freedom=count - 1, n=count, level=level)


def _moments(values: ArrayLike, cluster: ArrayLike | None) -> tuple[float, float, int]:
    """Mean, its standard error, number of clusters."""
    column = numbers("values", values)
    codes, count = groups("cluster", cluster, rows=len(column))
    if count < 2:
        raise InvalidRequest("a single cluster has no interval", expected="two clusters or more")
    mean = float(column.mean())
    sums = sums_by(codes, column - mean, count)
    return mean, float(np.sqrt(count / (count - 1) * (sums**2).sum())) / len(column), count
