"""How good is this product for this query, says whom? And in what order did a system put them?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Judgement:
    """One rater's (or judge's) grade, in the labels of its own set: higher is better."""

    query_id: str
    product_id: str
    grade: float
    rater: str | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """One system's answer to one query: ids from the best down, with their scores."""

    query_id: str
    product_ids: tuple[str, ...]
    scores: tuple[float, ...]

    def __post_init__(self) -> None:
        assert len(self.product_ids) == len(self.scores), "a score for each product"
