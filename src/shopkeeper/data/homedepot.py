"""The Home Depot search relevance set (2016), CSV: ``product_uid``, ``product_title``."""

from __future__ import annotations

from collections.abc import Sequence

from shopkeeper.data.layout import Canonical, Defaults, Fields


def product(rows: Sequence[Fields], defaults: Defaults) -> Canonical:
    (fields,) = rows
    return {"id": fields.get("product_uid"), "title": fields.get("product_title")}
