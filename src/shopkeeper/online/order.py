"""In what order? By (pin, tier, score), highest first; what ties keeps the retriever's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from shopkeeper.records import Candidate, Hit, Part, Product, SortKey
from shopkeeper.records.ports import RelevanceScores


def pinned(candidates: Sequence[Candidate], pins: Sequence[str]) -> tuple[Candidate, ...]:
    """Each pinned product gets the height of its pin: the first of `pins` the highest."""
    if not pins:
        return tuple(candidates)
    heights = {product_id: len(pins) - place for place, product_id in enumerate(pins)}
    return tuple(
        replace(candidate, pin=heights[candidate.product_id])
        if candidate.product_id in heights
        else candidate
        for candidate in candidates
    )


def with_relevance(
    candidates: Sequence[Candidate], scores: RelevanceScores
) -> tuple[Candidate, ...]:
    """Each candidate in its tier, and within it nearer the top the better it is believed to fit.

    The part "relevance" is the expected grade Σ_g p_g · g / (G − 1), from 0 (surely the worst of
    the G grades) to 1 (surely the best); with a single grade it is 0.
    """
    grades = scores.probabilities.shape[1]
    expected = scores.probabilities @ (np.arange(grades) / max(grades - 1, 1))
    return tuple(
        replace(candidate, tier=tier, parts=(*candidate.parts, Part("relevance", value)))
        for candidate, tier, value in zip(
            candidates, scores.tiers.tolist(), expected.tolist(), strict=True
        )
    )


def with_rank(
    candidates: Sequence[Candidate], scores: NDArray[np.float64]
) -> tuple[Candidate, ...]:
    """Each candidate with the ranker's score as its part "rank"."""
    return tuple(
        replace(candidate, parts=(*candidate.parts, Part("rank", float(score))))
        for candidate, score in zip(candidates, scores.tolist(), strict=True)
    )


def in_order(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    return tuple(sorted(candidates, key=lambda c: (-c.pin, -c.tier, -c.score)))


def difference(upper: Hit, lower: Hit, sort: Sequence[SortKey], window: int) -> str:
    """The first element of the order on which `upper` differs from `lower`, the hit below it."""
    if sort:
        keys = (f"sort: {key.field}" for key in sort if _differ(upper, lower, key.field))
        return next(keys, "retrieval order")
    if upper.rank <= window < lower.rank:
        return "window"  # no later stage has looked at the hit below
    for element in ("pin", "tier", "score"):
        if getattr(upper, element) != getattr(lower, element):
            return element
    return "retrieval order"


def _differ(upper: Hit, lower: Hit, field: str) -> bool:
    return _value(upper.product, upper.sku, field) != _value(lower.product, lower.sku, field)


def _value(product: Product, sku: str, field: str) -> object:
    match field:
        case "id" | "title" | "brand" | "category" | "popularity" | "rating":
            return getattr(product, field)
        case "price" | "stock" | "in_stock":
            return getattr(product.variant(sku), field)
        case "sku":
            return sku
    return product.attributes.get(field, product.variant(sku).options.get(field))
