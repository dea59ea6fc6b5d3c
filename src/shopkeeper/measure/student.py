"""Student's t: in closed form for few whole degrees of freedom (seeds), else Hill's expansion."""

from __future__ import annotations

import math
from statistics import NormalDist

from shopkeeper.records import InvalidRequest

_CLOSED = 100
"""Up to this freedom the closed form, whose terms grow with it; beyond, both agree to 1e-14."""


def two_sided(t: float, freedom: float) -> float:
    """P(|T| ≤ t), for t ≥ 0; `freedom` ≥ 1 need not be whole (Welch's is not).

    Whole and small: Abramowitz and Stegun 1964, 26.7.3 (odd) and 26.7.4 (even). Otherwise Hill
    1970, CACM algorithm 395, off by less than 3e-3 at 1.5 degrees, 1e-5 at 3.5, 1e-10 from 16.
    """
    if not freedom >= 1:
        raise InvalidRequest(f"{freedom} degrees of freedom", expected="1 or more")
    if math.isinf(t):
        return 1.0
    if freedom <= _CLOSED and float(freedom).is_integer():
        return _closed_form(t, int(freedom))
    return _expansion(t, freedom)


def _closed_form(t: float, freedom: int) -> float:
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    series = term if freedom > 1 else 0.0
    for step in range(2 + odd, freedom - 1, 2):
        term *= cosine * cosine * (step - 1) / step
        series += term
    return 2 / math.pi * (angle + sine * series) if odd else sine * series


def _expansion(t: float, freedom: float) -> float:
    """The normal deviate z as far out as t, hence erf(z / √2)."""
    a = freedom - 0.5
    b = 48 * a * a
    w = math.sqrt(a * math.log1p(t * t / freedom))
    correction = 4 * w**7 + 33 * w**5 + 240 * w**3 + 855 * w
    z = w + (w**3 + 3 * w) / b - correction / (10 * b * (b + 0.8 * w**4 + 100))
    return math.erf(z / math.sqrt(2))


def critical(level: float, freedom: float) -> float:
    """The t with P(|T| ≤ t) = level, for 0 < level < 1, to the last bits by bisection."""
    _check(level)
    low, high = 0.0, 1.0
    while two_sided(high, freedom) < level:
        low, high = high, high * 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided(middle, freedom) < level else (low, middle)
    return high


def normal_critical(level: float) -> float:
    """The z with P(|Z| ≤ z) = level, for 0 < level < 1: `critical` of endless freedom."""
    _check(level)
    return NormalDist().inv_cdf((1 + level) / 2)


def _check(level: float) -> None:
    if not 0.0 < level < 1.0:
        raise InvalidRequest(f"level {level}", expected="between 0 and 1")
