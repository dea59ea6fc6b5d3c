"""The CrowdFlower search relevance set (2015), CSV: ``product_id``, ``product_title``,
``product_description``."""

from __future__ import annotations

from collections.abc import Sequence

from shopkeeper.data.layout import Canonical, Defaults, Fields


def product(rows: Sequence[Fields], defaults: Defaults) -> Canonical:
    (fields,) = rows
    return {
        "id": fields.get("product_id"),
        "title": fields.get("product_title"),
        "description": fields.get("product_description"),
    }
