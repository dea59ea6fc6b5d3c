"""WooCommerce's product CSV, as its own exporter writes it and its importer reads it.

A variable product and the variations that name it as their parent are one product; a simple one is
a product by itself. The id is the one of the ``ID`` column, else the sku. Of several categories
the deepest is the product's, and those that do not lead to it stand in the attribute "other
categories". Prices have no thousands and are rounded to the currency, as Woo shows them. Drafts,
private products and those hidden from Woo's own search are rejected. Columns of plug-ins
(``Meta: …``), downloads and links to other products are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from shopkeeper.data.layout import Canonical, Defaults, Fields, InvalidField, Row
from shopkeeper.data.rejects import Reject
from shopkeeper.data.source import Note
from shopkeeper.data.tables import read_table
from shopkeeper.data.woocommerce_headings import heading
from shopkeeper.records import Money
from shopkeeper.records.money import minor_digits

_AMOUNT = re.compile(r"\d{1,12}(?:[.,]\d{0,12})?|[.,]\d{1,12}")
_ATTRIBUTE = re.compile(r"attribute (\d+) name")
_MEASURE = re.compile(r"(?:weight|length|width|height) \(.+\)")
_FORMULA = re.compile(r"'(?=[=+\-@\t\r])")
"""What Woo puts before a cell that a spreadsheet would take for a formula."""

_FAMILY = ("published", "visibility in catalog", "stock", "in stock?", "backorders allowed?")
INHERITED = ("family name", *(f"family {name}" for name in _FAMILY))
_NO = ("0", "false", "no", "outofstock")
_ON_BACKORDER = ("backorder", "onbackorder")
_SOLD_ANYWAY = ("1", "true", "yes", "notify")


def fits(columns: frozenset[str]) -> bool:
    names = {heading(name) for name in columns}
    is_product = {"type", "name"} <= names and names & {"id", "sku"}
    return bool(is_product and names & {"regular price", "published", "parent"})


def read_rows(path: Path, note: Note) -> Iterator[Row | Reject]:
    """The rows, with ``family`` saying which of them belong together.

    A variation names its parent by sku, or as ``id:44``; that is looked up among the rows before.
    """
    families: dict[str, str] = {}
    for row in read_table(path, note, heading):
        yield row if isinstance(row, Reject) else Row(row.number, _placed(row.fields, families))


def group(fields: Fields) -> str | None:
    return fields.get("family") or None


def product(rows: Sequence[Fields], defaults: Defaults) -> Canonical:
    first, *variations = rows
    if _is_variation(first):
        raise InvalidField("parent", first.get("parent", ""), "the sku of a row of type variable")
    categories = _several(first, "categories")
    deepest = max(categories, key=lambda path: path.count(">"), default="")
    attributes: Canonical = {
        "tags": _several(first, "tags"),
        "gtin": first.get("gtin"),
        "other categories": [path for path in categories if not _leads_to(path, deepest)],
        "availability": "backorder" if any(map(_is_on_backorder, rows)) else None,
        **{name: _number(value) for name, value in first.items() if _MEASURE.fullmatch(name)},
    }
    brand = first.get("brands")
    said = [dict(_attributes(fields)) for fields in variations]
    for name, values in _attributes(first):
        if name in ("brand", "marke", "marque") and not brand:
            brand = ", ".join(values)
        elif not (said and all(options.get(name) for options in said)):
            attributes.setdefault(name, values[0] if len(values) == 1 else values)
    texts = (first.get("short description"), first.get("description"))
    has_none_to_buy = _type(first).startswith("variable") and not variations
    return {
        "id": first["id"],
        "title": first.get("name"),
        "description": "\n".join(text.replace("\\n", "\n") for text in texts if text),
        "brand": brand,
        "category": deepest,
        "attributes": attributes,
        "image": next(iter(_several(first, "images")), None),
        "url": first.get("external url"),
        **({"stock": 0} if has_none_to_buy else {}),
    }


def variant(fields: Fields, defaults: Defaults) -> Canonical | None:
    for column in ("published", "visibility in catalog"):
        for name in (column, f"family {column}"):
            _check_is_for_sale(column, fields.get(name, "").strip())
    if _is_variation(fields) and not group(fields):
        raise InvalidField("parent", "", "the sku of a row of type variable")
    if _type(fields).startswith("variable"):
        return None
    options = {name: values[0] for name, values in _attributes(fields) if values}
    return {
        "sku": fields.get("sku") or fields["id"],
        "options": options if _is_variation(fields) else None,
        "price": _price(fields, defaults),
        "stock": _stock(fields),
        "image": next(iter(_several(fields, "images")), None) if _is_variation(fields) else None,
    }


def _placed(fields: Fields, families: dict[str, str]) -> dict[str, str]:
    """The row without spreadsheet armour, with its family, and what its variations inherit."""
    row = {name: _FORMULA.sub("", str(cell), count=1).strip() for name, cell in fields.items()}
    row["id"] = row.get("id") or row.get("sku", "")
    if _type(row).startswith("variable"):
        by_id = f"id:{row['id']}"
        row["family"] = families[by_id] = row.get("sku") or by_id
        row["family name"] = row.get("name", "")
        row |= {f"family {name}": row.get(name, "") for name in _FAMILY}
    elif _is_variation(row):
        parent = row.get("parent", "").strip()
        row["family"] = families.get(parent, parent)
    return row


def _type(fields: Fields) -> str:
    """The type without what goes beside it: ``simple, downloadable, virtual`` is simple."""
    kinds = (kind.strip() for kind in fields.get("type", "").lower().split(","))
    return next((kind for kind in kinds if kind not in ("downloadable", "virtual")), "")


def _is_variation(fields: Fields) -> bool:
    return _type(fields).endswith("variation")


def _check_is_for_sale(column: str, value: str) -> None:
    if column == "published" and value.lower() not in ("", "1", "true"):
        raise InvalidField(column, value, "1, a published product")
    if column == "visibility in catalog" and value in ("hidden", "catalog"):
        raise InvalidField(
            column, value, "visible or search: no shopper is to find it by searching"
        )


def _several(fields: Fields, column: str) -> list[str]:
    """Values between commas; a comma within a value stands behind a backslash."""
    texts = (part.replace("\\,", ",").strip() for part in _parts(fields.get(column, "")))
    return [text for text in texts if text]


def _leads_to(path: str, deepest: str) -> bool:
    levels, all_levels = path.split(">"), deepest.split(">")
    return [level.strip() for level in levels] == [
        level.strip() for level in all_levels[: len(levels)]
    ]


def _parts(text: str) -> list[str]:
    return re.split(r"(?<!\\),", text)


def _attributes(fields: Fields) -> Iterator[tuple[str, list[str]]]:
    """(name in lower case, values) of the attributes, in the order of the columns."""
    for column, name in fields.items():
        if (found := _ATTRIBUTE.fullmatch(column)) and name.strip():
            yield name.strip().lower(), _several(fields, f"attribute {found[1]} value(s)")


def _number(text: str) -> float | str:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text


def _price(fields: Mapping[str, str], defaults: Defaults) -> Money | str | None:
    is_reduced = fields.get("sale price") and _is_on_sale(fields, defaults.now)
    text = fields.get("sale price" if is_reduced else "regular price") or ""
    if not _AMOUNT.fullmatch(text):
        return text
    smallest = Decimal(1).scaleb(-minor_digits(defaults.currency))
    amount = Decimal(text.replace(",", ".")).quantize(smallest, ROUND_HALF_UP)
    return Money.from_major(amount, defaults.currency)


def _is_on_sale(fields: Fields, now: datetime) -> bool:
    """From the start of the first day to the end of the last; UTC, for the file names no zone."""
    starts, ends = (_day(fields, f"date sale price {end}") for end in ("starts", "ends"))
    return (starts is None or starts <= now.date()) and (ends is None or now.date() <= ends)


def _day(fields: Fields, column: str) -> date | None:
    text = fields.get(column, "").strip()
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        raise InvalidField(column, text, "a day as in 2026-11-30") from None


def _is_on_backorder(fields: Fields) -> bool:
    return str(fields.get("in stock?", "")).lower() in _ON_BACKORDER


def _stock(fields: Mapping[str, str]) -> int | str | None:
    """Units on hand; unknown where Woo does not count them, or sells on without any."""
    counted = fields.get("stock", "")
    is_shared = counted == "parent"
    if is_shared:
        counted = fields.get("family stock", "")
    sold_anyway = fields.get("family backorders allowed?" if is_shared else "backorders allowed?")
    status = fields.get("in stock?", "").lower()
    if status in _ON_BACKORDER:
        return None
    if status in _NO:
        return 0
    is_out = counted == "0" or counted.startswith("-")
    return None if is_out and (sold_anyway or "").lower() in _SOLD_ANYWAY else counted or None
