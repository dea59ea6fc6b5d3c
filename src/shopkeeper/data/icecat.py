"""The Icecat open catalogue in the layout of the Chorus project, JSON lines.

Reads ``id``, ``title``, ``short_description``, ``supplier`` (brand), ``price`` (minor units),
``img_500x500`` and the attributes: ``attr_t_*`` texts, ``attr_n_*`` numbers, ``attr_b_*`` flags,
and ``name`` as "model", ``ean`` as "gtin", ``date_released`` as "date released". The layout says
neither the category of a product nor the unit of a number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from shopkeeper.data.layout import Canonical, Defaults, Fields

_ATTRIBUTE = re.compile(r"attr_([tnb])_(.+)")
_KINDS = {"t": "text", "n": "number", "b": "flag"}
_BRACKETS = re.compile(r"__([a-z0-9_]+?)_(?=_|$)_?")


def fits(fields: Fields) -> bool:
    return "supplier" in fields and any(_ATTRIBUTE.fullmatch(name) for name in fields)


def product(rows: Sequence[Fields], defaults: Defaults) -> Canonical:
    (fields,) = rows
    price = fields.get("price")
    attributes = {
        "model": fields.get("name"),
        "gtin": fields.get("ean"),
        "date released": fields.get("date_released"),
    }
    for column, value in fields.items():
        if found := _ATTRIBUTE.fullmatch(column):
            name = attribute_name(found[2])
            attributes[f"{name} ({_KINDS[found[1]]})" if name in attributes else name] = value
    return {
        "id": fields.get("id"),
        "title": fields.get("title"),
        "description": fields.get("short_description"),
        "brand": fields.get("supplier"),
        "price": None if price is None else {"minor": price, "currency": defaults.currency},
        "image": fields.get("img_500x500") or fields.get("img_high"),
        "attributes": attributes,
    }


@lru_cache(maxsize=10_000)  # the catalogue has 5,353 of them, 20 on each product
def attribute_name(name: str) -> str:
    """Words for people: ``screen_diagonal`` is "screen diagonal", ``dimensions__wxdxh_`` is
    "dimensions (wxdxh)": Icecat's names lost their brackets to underscores."""
    return " ".join(_BRACKETS.sub(r" (\1) ", name).replace("_", " ").replace("( ", "(").split())
