"""Did the treatment change the outcome, and by how much? An A/B test over shoppers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from shopkeeper.measure.columns import Flags, Floats, flags, numbers
from shopkeeper.measure.delta import linearised_ratio
from shopkeeper.measure.intervals import Difference, Interval, t_difference, t_interval
from shopkeeper.records import InvalidRecord, InvalidRequest

_ROUNDING = 1e-10
"""What varies less than this, against its own size, is constant but for rounding."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two arms of randomised units."""

    control: Interval
    """Mean per unit (or ratio) of the control arm, adjusted for covariates; `n` counts units."""
    treated: Interval
    difference: Difference
    """treated − control; `n` counts the units of both arms."""
    lift: Interval | None
    """treated / control − 1; None where the control's interval holds 0, since the ratio then has
    no bounded interval (Fieller 1954)."""
    standard_error: float
    """Of the difference."""
    variance_reduction: float
    """Share of the difference's variance that the covariates took away; 0 without any."""


def compare(
    outcome: ArrayLike,
    is_treated: ArrayLike,
    *,
    per: ArrayLike | None = None,
    covariates: ArrayLike | None = None,
    level: float = 0.95,
) -> Comparison:
    """Compare the arms with Welch's t-intervals (Welch 1947).

        m₁ − m₀ ± t·√(v₁ + v₀),   m₁/m₀ − 1 ± t·√(v₁ + (m₁/m₀)²·v₀ + (m₁/m₀ − 1)²·v_x) / |m₀|

    with v the squared standard error of an arm's mean, and v_x that of the covariates' own mean,
    which both arms share. The second line is the delta method: m₀ many errors away from 0.

    Args:
        outcome: [n] per randomisation unit, units that did nothing included.
        is_treated: [n]; each arm needs two units.
        per: [n] a denominator per unit, for a ratio of sums such as clicks per impression
            (`linearised_ratio` within each arm); None: the mean per unit.
        covariates: [n] or [n, k] from before the experiment, see `cuped`.
        level: of all intervals.
    """
    plain = numbers("outcome", outcome)
    treated = flags("is_treated", is_treated, rows=len(plain))
    arms = (treated, ~treated)
    if min(int(arm.sum()) for arm in arms) < 2:
        raise InvalidRequest("an arm has fewer than two units", expected="two or more in each")
    if per is not None:
        denominator, numerator = numbers("per", per, rows=len(plain)), plain
        plain = np.empty_like(numerator)
        for arm in arms:
            plain[arm] = linearised_ratio(numerator[arm], denominator[arm])
    adjusted = plain if covariates is None else cuped(plain, covariates)
    shared = float((plain - adjusted).var()) / len(plain)
    (m1, v1, n1), (m0, v0, n0) = (_moments(adjusted, arm) for arm in arms)
    freedom = welch_freedom(v1, n1, v0, n0)
    error = (v1 + v0) ** 0.5
    before = sum(_moments(plain, arm)[1] for arm in arms)
    control = t_interval(m0, (v0 + shared) ** 0.5, freedom=n0 - 1, n=n0, level=level)
    lift = None
    if not control.low <= 0 <= control.high:
        ratio = m1 / m0
        spread = v1 + ratio**2 * v0 + (ratio - 1) ** 2 * shared
        n = n1 + n0
        lift = t_interval(ratio - 1, spread**0.5 / abs(m0), freedom=freedom, n=n, level=level)
    return Comparison(
        control=control,
        treated=t_interval(m1, (v1 + shared) ** 0.5, freedom=n1 - 1, n=n1, level=level),
        difference=t_difference(m1 - m0, error, freedom=freedom, n=n1 + n0, level=level),
        lift=lift,
        standard_error=error,
        variance_reduction=1 - (v1 + v0) / before if before > 0 else 0.0,
    )


def cuped(outcome: ArrayLike, covariates: ArrayLike) -> Floats:
    """Outcomes [n] without what was foreseeable before the experiment: CUPED.

        yᵢ − θᵀ(xᵢ − x̄),   θ = Σₓₓ⁻¹ Σₓᵧ over all units of both arms

    Deng, Xu, Kohavi and Walker 2013 (WSDM); k covariates by least squares. The mean over all
    units stays as it was. θ costs k degrees of freedom, which are not charged, and takes in a part
    of order 1/n of the effect: meant for n ≫ k. A constant or repeated covariate does nothing.

    Args:
        outcome: [n].
        covariates: [n] or [n, k], settled before the treatment could change them.
    """
    y = numbers("outcome", outcome)
    foreseen = foreseeable(covariates, units=len(y))
    return y - (y @ foreseen) @ foreseen.T


def foreseeable(covariates: ArrayLike, *, units: int) -> Floats:
    """[units, rank] orthonormal columns that span the covariates about their means.

    Projecting outcomes upon them is regressing on the covariates: Q·Qᵀ·y = (x − x̄)·θ.
    """
    x = np.asarray(covariates, dtype=np.float64)
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or len(x) != units:
        raise InvalidRequest(
            f"covariates of shape {np.shape(covariates)}", expected=f"[{units}] or [{units}, k]"
        )
    if not np.isfinite(x).all():
        raise InvalidRecord(
            "a covariate is not finite",
            where=f"row {int(np.argmin(np.isfinite(x).all(axis=1)))}",
            hint="give units without a past a 0 there, and a further covariate that flags them",
        )
    centred = x - x.mean(axis=0)
    spread = np.abs(centred).max(axis=0)
    varies = spread > _ROUNDING * np.abs(x).max(axis=0)
    left, singular, _ = np.linalg.svd(centred[:, varies] / spread[varies], full_matrices=False)
    return np.asarray(left[:, singular > _ROUNDING * singular.max(initial=0.0)])


def welch_freedom(v1: float, n1: int, v0: float, n0: int) -> float:
    """(v₁ + v₀)² / (v₁²/(n₁−1) + v₀²/(n₀−1)), v an arm's squared error (Satterthwaite 1946)."""
    spread = v1**2 / (n1 - 1) + v0**2 / (n0 - 1)
    return (v1 + v0) ** 2 / spread if spread > 0 else float(n1 + n0 - 2)


def _moments(values: Floats, arm: Flags) -> tuple[float, float, int]:
    """An arm's mean, the square of its standard error, its units."""
    of_arm = values[arm]
    return float(of_arm.mean()), float(of_arm.var(ddof=1)) / len(of_arm), len(of_arm)
