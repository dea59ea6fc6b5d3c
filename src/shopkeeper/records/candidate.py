"""Which product might answer, and with what score?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One addend of a score: a leg, a boost, a stage's contribution."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product of the result set on its way through the stages; stages replace it, not change it.

    The page's order is (pin, tier, score), highest first, then the retriever's own order.
    """

    product_id: str
    sku: str
    """The variant that matched."""
    parts: tuple[Part, ...] = ()
    tier: int = 0
    pin: int = 0
    matched: tuple[str, ...] = ()
    """Fields and words that matched, as in ``title: tent``; filled when explanations are asked."""

    @property
    def score(self) -> float:
        """The float64 sum of the parts, left to right: the definition of the score."""
        return total(self.parts)


def total(parts: tuple[Part, ...]) -> float:
    """Σ value, left to right in float64, so that a reader who adds the parts gets these bits."""
    score = 0.0
    for part in parts:
        score += part.value
    return score
