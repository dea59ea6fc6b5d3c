"""Google Merchant's product data: what its attributes mean, in text and in XML alike.

Items with one ``item_group_id`` are one product: the group is its id, each item a variant whose
sku is the item's ``id``; ``color``, ``size``, ``material``, ``pattern``, ``gender`` and
``age_group`` are then options, and attributes of an item that stands alone; so is a
``product_detail`` of the section "Option", as our own export writes it. The price is
``sale_price`` while ``sale_price_effective_date`` lasts (always, without one), else ``price``.
The category is ``product_type``, or a ``google_product_category`` written as a path.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shopkeeper.data.layout import Canonical, Defaults, Fields, InvalidField, Row
from shopkeeper.data.rejects import Reject
from shopkeeper.data.source import Note
from shopkeeper.data.tables import read_table

VARYING = ("color", "size", "material", "pattern", "gender", "age_group")
OPTION = "Option"
"""The section of a ``product_detail`` that tells a variant of a group from the others."""
ATTRIBUTES = (
    "gtin",
    "mpn",
    "condition",
    "size_type",
    "size_system",
    "energy_efficiency_class",
    "product_length",
    "product_width",
    "product_height",
    "product_weight",
    "multipack",
    "is_bundle",
)
LATER = ("preorder", "backorder")
_FOR_SALE = ("in_stock", "available_for_order", "limited_availability", *LATER)
"""The second and third are of older feeds."""
SEVERAL = frozenset(("product_highlight", "product_detail"))
"""Attributes whose every occurrence is read; of the others, the first."""


def fits(columns: frozenset[str]) -> bool:
    names = {column_name(name) for name in columns}
    return names >= {"id", "title"} and bool(names & {"link", "price", "availability"})


def column_name(name: str) -> str:
    """``g:Item Group ID`` is ``item_group_id``: text feeds may be headed in any of these ways."""
    return name.strip().lower().removeprefix("g:").replace(" ", "_")


def read_rows(path: Path, note: Note) -> Iterator[Row | Reject]:
    return read_table(path, note, column_name)


def group(fields: Fields) -> str | None:
    return str(fields.get("item_group_id") or "").strip() or None


def product(rows: Sequence[Fields], defaults: Defaults) -> Canonical:
    first = rows[0]
    google = str(first.get("google_product_category") or "")
    is_path = not google.isdigit() and not first.get("product_type")
    shared = ATTRIBUTES if group(first) else (*ATTRIBUTES, *VARYING)
    later = (value for fields in rows if (value := _availability(fields)) in LATER)
    attributes = {
        **{words(name): _distinct(fields.get(name) for fields in rows) for name in shared},
        "availability": _distinct(later),
        "google product category": None if is_path else google,
        "highlights": _distinct(
            h for fields in rows for h in _several(fields, "product_highlight")
        ),
    }
    details: dict[str, list[str]] = {}
    for fields in rows:
        for section, name, value in _details(fields):
            if not (group(fields) and section == OPTION):
                details.setdefault(name, []).append(value)
    attributes |= {name: _distinct(values) for name, values in details.items()}
    return {
        "id": group(first) or first.get("id"),
        "title": first.get("title"),
        "description": first.get("description"),
        "brand": first.get("brand"),
        "category": google if is_path else first.get("product_type"),
        "attributes": attributes,
        "image": first.get("image_link"),
        "url": first.get("link"),
    }


def variant(fields: Fields, defaults: Defaults) -> Canonical:
    is_grouped = group(fields) is not None
    options = {words(name): fields.get(name) for name in VARYING}
    options |= {name: value for section, name, value in _details(fields) if section == OPTION}
    return {
        "sku": fields.get("id"),
        "options": options if is_grouped else None,
        "price": _price(fields, defaults.now),
        "stock": _stock(fields),
        "image": fields.get("image_link") if is_grouped else None,
    }


def words(name: str) -> str:
    return name.replace("_", " ")


def _distinct(values: Iterable[str | None]) -> str | list[str]:
    found = list(dict.fromkeys(value for value in values if value))
    return found[0] if len(found) == 1 else found


def _price(fields: Fields, now: datetime) -> str | float | None:
    sale, interval = fields.get("sale_price"), fields.get("sale_price_effective_date")
    if sale and (not interval or _is_within(now, interval)):
        fields = {**fields, "price": sale}
    price: str | float | None = fields.get("price")
    return price


def _is_within(now: datetime, interval: str) -> bool:
    try:
        start, end = (datetime.fromisoformat(end.strip()) for end in interval.split("/"))
    except ValueError:
        raise InvalidField(
            "sale_price_effective_date", interval, "two ISO 8601 times with a slash between"
        ) from None
    zoned = (time if time.tzinfo else time.replace(tzinfo=UTC) for time in (start, end))
    return next(zoned) <= now <= next(zoned)


def _availability(fields: Fields) -> str:
    return str(fields.get("availability") or "").strip().lower().replace(" ", "_")


def _stock(fields: Fields) -> int | str | None:
    availability = _availability(fields)
    if availability == "out_of_stock":
        return 0
    if availability and availability not in _FOR_SALE:
        raise InvalidField(
            "availability", fields["availability"], "in_stock, out_of_stock, preorder, backorder"
        )
    return None if availability in LATER else fields.get("quantity")


def _several(fields: Fields, name: str) -> list[Any]:
    """Every value of a repeated attribute; text feeds write them between commas, quoted."""
    value = fields.get(name) or ""
    if not isinstance(value, str):
        return list(value)
    return next(csv.reader([value], skipinitialspace=True), [])


def _details(fields: Fields) -> Iterator[tuple[str, str, str]]:
    """Section, name and value of each ``product_detail``: elements in XML, ``section:name:value``
    in text."""
    for detail in _several(fields, "product_detail"):
        if isinstance(detail, Mapping):
            names = ("section_name", "attribute_name", "attribute_value")
            section, name, value = (detail.get(key, "") for key in names)
            yield section, name, value
        elif detail.count(":") >= 2:
            section, name, value = detail.split(":", 2)
            yield section, name, value
