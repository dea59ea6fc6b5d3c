"""Shopify's product CSV, in the columns of its older and its newer exports.

Rows with one handle are one product, whose first row carries what belongs to the product. A row
with a price, a sku or an option is a variant; other rows add images only, of which the first is
kept. A variant without a sku gets one of the handle and its options. Drafts, archived and
unpublished products are rejected: shoppers must not see them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from shopkeeper.data.layout import Canonical, Defaults, Fields, InvalidField, Row
from shopkeeper.data.rejects import Reject
from shopkeeper.data.source import Note
from shopkeeper.data.tables import read_table

_NEWER = {
    "url handle": "handle",
    "description": "body (html)",
    "published on online store": "published",
    "sku": "variant sku",
    "barcode": "variant barcode",
    "price": "variant price",
    "inventory tracker": "variant inventory tracker",
    "inventory quantity": "variant inventory qty",
    "continue selling when out of stock": "variant inventory policy",
    "product image url": "image src",
    "variant image url": "variant image",
    "google shopping / manufacturer part number (mpn)": "google shopping / mpn",
}
"""Names of the newer exports, for which the older ones stand below; all in lower case."""

_OPTIONS = ("option1", "option2", "option3")
_ATTRIBUTES = {
    "variant barcode": "gtin",
    "google shopping / mpn": "mpn",
    "google shopping / gender": "gender",
    "google shopping / age group": "age group",
    "google shopping / condition": "condition",
}
_METAFIELD = re.compile(r"(.+) \(product\.metafields\..+\)")
INHERITED = ("title", "status", "published", *(f"{option} name" for option in _OPTIONS))
_NOT_FOR_SALE = {"status": ("draft", "archived", "unlisted"), "published": ("false",)}
_SOLD_ANYWAY = ("continue", "true")


def fits(columns: frozenset[str]) -> bool:
    return "title" in columns and bool(columns & {"handle", "url handle"})


def read_rows(path: Path, note: Note) -> Iterator[Row | Reject]:
    return read_table(path, note, lambda name: _NEWER.get(name.lower(), name.lower()))


def group(fields: Fields) -> str | None:
    return fields.get("handle", "").strip() or None


def product(rows: Sequence[Fields], defaults: Defaults) -> Canonical:
    first = rows[0]
    kind, category = first.get("type"), first.get("product category")
    return {
        "id": first.get("handle"),
        "title": first.get("title"),
        "description": first.get("body (html)"),
        "brand": first.get("vendor"),
        "category": category or kind,
        "attributes": {
            "type": kind if category else None,
            "tags": first.get("tags", "").split(","),
            **{
                found[1]: value.split("; ") if "; " in value else value
                for name, value in first.items()
                if (found := _METAFIELD.fullmatch(name))
            },
            **{
                name: list(dict.fromkeys(fields.get(column, "") for fields in rows))
                for column, name in _ATTRIBUTES.items()
            },
        },
        "image": next((src for fields in rows if (src := fields.get("image src"))), None),
    }


def variant(fields: Fields, defaults: Defaults) -> Canonical | None:
    for column, hidden in _NOT_FOR_SALE.items():
        if fields.get(column, "").strip().lower() in hidden:
            raise InvalidField(column, fields[column], "a product that is for sale")
    values = {option: fields.get(f"{option} value", "").strip() for option in _OPTIONS}
    sku = fields.get("variant sku", "").strip()
    if not (sku or fields.get("variant price") or any(values.values())):
        return None
    options = {
        fields.get(f"{option} name", "").strip().lower() or option: value
        for option, value in values.items()
        if value and value != "Default Title"
    }
    return {
        "sku": sku or "/".join((fields["handle"].strip(), *options.values())),
        "options": options,
        "price": fields.get("variant price"),
        "stock": _stock(fields),
        "image": fields.get("variant image"),
    }


def _stock(fields: Fields) -> str | None:
    """Units on hand; unknown where Shopify does not count them or sells on without any."""
    is_counted = fields.get("variant inventory tracker", "counted").strip()
    if not is_counted or fields.get("variant inventory policy", "").lower() in _SOLD_ANYWAY:
        return None
    return fields.get("variant inventory qty")
