"""What would another policy have earned, judged from this one's log?

A value is the mean reward per request (clicks, purchases, revenue on its page). Everything is at
the level of item and position: what an item earns at a position must not depend on the rest of the
page (Li et al. 2018, KDD, the item-position click model's estimator).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from shopkeeper.measure.columns import Codes, Floats, codes, numbers, sums_by, within
from shopkeeper.measure.delta import clustered_difference, clustered_mean, linearised_ratio
from shopkeeper.measure.intervals import Difference, Interval
from shopkeeper.records import InvalidRequest


@dataclass(frozen=True, slots=True, eq=False)
class ShownRows:
    """What a log showed: rows [n] of requests 0 … `requests` − 1, of which some may have no row."""

    request: Codes
    """[n] whose page the row was on."""
    reward: Floats
    """[n] what it earned there."""
    logged_propensity: Floats
    """[n] probability that the logging policy shows this item at this position, 0 < p ≤ 1."""
    target_propensity: Floats
    """[n] the same of the policy to judge, 0 … 1."""
    requests: int

    def __post_init__(self) -> None:
        request = codes("request", self.request)
        n = len(request)
        reward = numbers("reward", self.reward, rows=n)
        logged = numbers("logged propensity", self.logged_propensity, rows=n)
        target = numbers("target propensity", self.target_propensity, rows=n)
        within("request", request, request < self.requests, expected=f"below {self.requests}")
        within("logged propensity", logged, (logged > 0) & (logged <= 1), expected="above 0, ≤ 1")
        within("target propensity", target, (target >= 0) & (target <= 1), expected="0 … 1")
        object.__setattr__(self, "request", request)
        object.__setattr__(self, "reward", reward)
        object.__setattr__(self, "logged_propensity", logged)
        object.__setattr__(self, "target_propensity", target)

    def per_request(self, values: Floats) -> Floats:
        """[requests] sums of values [n] over each request's rows."""
        return sums_by(self.request, values, self.requests)


@dataclass(frozen=True, slots=True, eq=False)
class PolicyValue:
    """An estimate of a policy's value, and how far the log carries it."""

    value: Interval
    """Reward per request; `n` counts what is independent."""
    contributions: Floats
    """[requests] values whose mean is the estimate and whose spread is its own."""
    effective_rows: float | None
    """(Σw)² / Σw²: as many rows of the target policy's own log would tell as much (Kong 1992).
    None: the method weighs nothing."""
    clipped: float | None
    """Share of the weight that clipping took away: a hint of its bias. None: nothing weighed."""


def ips(
    rows: ShownRows,
    *,
    clip: float | None = None,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> PolicyValue:
    """Inverse propensity scoring.

        V̂ = 1/R · Σ_rows w·r,   w = min(π(item at position) / μ(item at position), clip)

    Horvitz and Thompson 1952; Li et al. 2018. Unbiased without clipping, if the logging policy
    shows everything that the target policy may show.

    Args:
        rows: the log.
        clip: largest weight, above 0; None: no bound.
        cluster: [requests] shopper ids; None: requests are independent.
        level: of the interval.
    """
    weights, effective_rows, clipped = _weights(rows, clip)
    contributions = rows.per_request(weights * rows.reward)
    value = clustered_mean(contributions, cluster, level=level)
    return PolicyValue(value, contributions, effective_rows, clipped)


def snips(
    rows: ShownRows,
    *,
    clip: float | None = None,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> PolicyValue:
    """Self-normalised IPS: a weighted mean of rewards, times the rows of a page.

        V̂ = n/R · Σ_rows w·r / Σ_rows w

    Swaminathan and Joachims 2015 (NeurIPS), over rows; its interval by the delta method. Biased of
    order 1/R, far calmer than IPS, and exact for a constant reward; the target policy's pages must
    be as long as the log's. Arguments as in `ips`.
    """
    weights, effective_rows, clipped = _weights(rows, clip)
    if not weights.any():
        raise InvalidRequest("the target policy shows nothing that was logged")
    shown = rows.per_request(np.ones_like(weights))
    contributions = linearised_ratio(
        rows.per_request(weights * rows.reward),
        linearised_ratio(rows.per_request(weights), shown),
    )
    value = clustered_mean(contributions, cluster, level=level)
    return PolicyValue(value, contributions, effective_rows, clipped)


def direct_method(
    expected: ArrayLike, *, cluster: ArrayLike | None = None, level: float = 0.95
) -> PolicyValue:
    """The mean of what a reward model expects of the target policy's pages.

        V̂ = 1/R · Σ_requests Σ_{item, position} π(item at position) · r̂(item, position)

    As good as the model, whose errors the interval does not know.

    Args:
        expected: [requests] the inner sum.
        cluster, level: as in `ips`.
    """
    contributions = numbers("expected", expected)
    value = clustered_mean(contributions, cluster, level=level)
    return PolicyValue(value, contributions, None, None)


def doubly_robust(
    rows: ShownRows,
    predicted: ArrayLike,
    expected: ArrayLike,
    *,
    clip: float | None = None,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> PolicyValue:
    """The direct method, with IPS of what its model got wrong on the log.

        V̂ = 1/R · Σ_requests ( expected + Σ_rows w·(r − r̂) )

    Dudík, Langford and Li 2011, arXiv:1103.4601, per item and position. Unbiased if either the
    propensities or the model are right.

    Args:
        rows: the log.
        predicted: [n] the model's reward r̂ of each row, fitted on other requests.
        expected: [requests] see `direct_method`.
        clip, cluster, level: as in `ips`.
    """
    weights, effective_rows, clipped = _weights(rows, clip)
    residuals = rows.reward - numbers("predicted", predicted, rows=len(weights))
    contributions = numbers("expected", expected, rows=rows.requests) + rows.per_request(
        weights * residuals
    )
    value = clustered_mean(contributions, cluster, level=level)
    return PolicyValue(value, contributions, effective_rows, clipped)


def policy_difference(
    left: PolicyValue,
    right: PolicyValue,
    *,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> Difference:
    """Value of left − value of right from the same log, paired by request.

    IPS with the logged propensities as target is the logging policy itself.
    """
    return clustered_difference(left.contributions, right.contributions, cluster, level=level)


def _weights(rows: ShownRows, clip: float | None) -> tuple[Floats, float, float]:
    """Weights [n], their effective rows, and the share of them that clipping took away."""
    if clip is not None and not clip > 0:
        raise InvalidRequest(f"clip {clip}", expected="above 0, or None")
    whole = rows.target_propensity / rows.logged_propensity
    weights = whole if clip is None else np.minimum(whole, clip)
    total = float(weights.sum())
    if not total:
        return weights, 0.0, 0.0
    return weights, total**2 / float((weights**2).sum()), 1 - total / float(whole.sum())
