"""Student's t with whole degrees of freedom, in closed form: what small numbers of seeds need."""

from __future__ import annotations

import math

from shopkeeper.records import InvalidRequest


def two_sided(t: float, freedom: int) -> float:
    """P(|T| ≤ t), for t ≥ 0: Abramowitz and Stegun 1964, 26.7.3 (odd) and 26.7.4 (even)."""
    if freedom < 1:
        raise InvalidRequest(f"{freedom} degrees of freedom", expected="1 or more")
    if math.isinf(t):
        return 1.0
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    series = term if freedom > 1 else 0.0
    for step in range(2 + odd, freedom - 1, 2):
        term *= cosine * cosine * (step - 1) / step
        series += term
    return 2 / math.pi * (angle + sine * series) if odd else sine * series


def critical(level: float, freedom: int) -> float:
    """The t with P(|T| ≤ t) = level, for 0 < level < 1, to the last bits by bisection."""
    if not 0.0 < level < 1.0:
        raise InvalidRequest(f"level {level}", expected="between 0 and 1")
    low, high = 0.0, 1.0
    while two_sided(high, freedom) < level:
        low, high = high, high * 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided(middle, freedom) < level else (low, middle)
    return high
