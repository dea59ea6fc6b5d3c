"""Is the experiment large enough? Units and power of an A/B test, before it is run."""

from __future__ import annotations

import math
from statistics import NormalDist

from shopkeeper.measure.student import normal_critical
from shopkeeper.records import InvalidRequest


def units_needed(
    mean: float, sd: float, lift: float, *, power: float = 0.8, alpha: float = 0.05
) -> int:
    """Units per arm with which an A/B test finds the lift, with the right sign.

        n = 2 · (z_{1−α/2} + z_{power})² · (sd / (mean · lift))²

    Two equal arms of equal spread, normal approximation; at least 2.

    Args:
        mean: of the outcome per unit, not 0.
        sd: its standard deviation between units, ≥ 0; with covariates √(1 − variance reduction)
            times as much.
        lift: relative change to find, either sign, not 0: 0.02 is +2 %.
        power: wanted probability of a significant difference with the right sign, α/2 … 1.
        alpha: two-sided significance level.
    """
    effect = _effect(mean, sd, lift)
    z = normal_critical(1 - alpha)
    if not alpha / 2 < power < 1:
        raise InvalidRequest(f"power {power}", expected=f"between {alpha / 2:g} and 1")
    return max(2, math.ceil(2 * ((z + NormalDist().inv_cdf(power)) * sd / effect) ** 2))


def power_of(units: int, mean: float, sd: float, lift: float, *, alpha: float = 0.05) -> float:
    """Probability that `units` per arm give a significant difference with the right sign.

        Φ( |mean · lift| / (sd · √(2/n)) − z_{1−α/2} )

    The inverse of `units_needed`; arguments as there.
    """
    effect = _effect(mean, sd, lift)
    if units < 2:
        raise InvalidRequest(f"{units} units per arm", expected="2 or more")
    if sd == 0:
        return 1.0
    return NormalDist().cdf(effect / (sd * math.sqrt(2 / units)) - normal_critical(1 - alpha))


def _effect(mean: float, sd: float, lift: float) -> float:
    effect = abs(mean * lift)
    if not 0 < effect < math.inf:
        raise InvalidRequest(f"a lift of {lift:g} on a mean of {mean:g}", expected="neither is 0")
    if not 0 <= sd < math.inf:
        raise InvalidRequest(f"standard deviation {sd:g}", expected="0 or more, finite")
    return effect
