"""Wayfair's WANDS (2022): its products, and what raters said of them.

``product.csv``, tab separated: ``product_id, product_name, product_class, category hierarchy,
product_description, product_features, rating_count, average_rating, review_count``. Features are
``name:value`` between bars; the count of ratings is the product's popularity.
"""

from __future__ import annotations

from collections.abc import Sequence

from shopkeeper.data.layout import Canonical, Defaults, Fields


def fits(columns: frozenset[str]) -> bool:
    return columns >= {"product_id", "product_name", "product_class"}


def product(rows: Sequence[Fields], defaults: Defaults) -> Canonical:
    (fields,) = rows
    hierarchy, kind = fields.get("category hierarchy", ""), fields.get("product_class", "")
    return {
        "id": fields.get("product_id"),
        "title": fields.get("product_name"),
        "description": fields.get("product_description"),
        "category": " > ".join(hierarchy.split(" / ")) or kind,
        "attributes": {"class": kind, **_features(fields.get("product_features", ""))},
        "popularity": fields.get("rating_count"),
        "rating": fields.get("average_rating"),
    }


def _features(text: str) -> dict[str, str | list[str]]:
    """``a:b|a:c|d:e`` is a: b, c; d: e. A part without a colon says nothing."""
    found: dict[str, list[str]] = {}
    for part in text.split("|"):
        name, colon, value = part.partition(":")
        if colon and value.strip() and value.strip() not in found.get(name.strip(), ()):
            found.setdefault(name.strip(), []).append(value.strip())
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
