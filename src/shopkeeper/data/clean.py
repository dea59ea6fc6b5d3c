"""What can be repaired in a row, and how is it said?

Works on the canonical form, for every format alike. Idle white space goes unmentioned; whatever
takes something away is counted under its kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from shopkeeper.data.layout import Canonical, InvalidField
from shopkeeper.data.markup import line, paragraphs
from shopkeeper.data.source import Note
from shopkeeper.records import RESERVED_FIELDS
from shopkeeper.records.product import LARGEST_TEXT

LONGEST_TITLE = 1_000
"""Characters; a longer one is a description in the wrong column."""
LONGEST_VALUE = 2_000
"""Characters of one text of an attribute."""

REPAIRS: Mapping[str, str] = MappingProxyType(
    {
        "address": "a link or image that is no http(s) address was left out",
        "control": "control and invisible characters were removed",
        "cut": f"a description over {LARGEST_TEXT:,} characters, or an attribute's text over "
        f"{LONGEST_VALUE:,}, was cut",
        "encoding": "a byte that is not UTF-8 was read as Windows-1252",
        "html": "tags and entities became text; scripts and styles went with their content",
        "oversold": "a stock below zero was read as sold out",
        "padded": "a row without its last cells was filled up with empty ones",
        "renamed": "an attribute or option had a name that the shop's own fields or another "
        "attribute have, or with : or | in it",
        "sku": "a sku that several variants of a product share was told apart by their options",
    }
)
"""Every kind of repair, for people."""

_ADDRESS = re.compile(r"(?:(?:https?:)?//|/)[^\s<>\"']*", re.IGNORECASE)
_WHOLE = re.compile(r"\s*([+-]?\d{1,12})(?:\.0*)?\s*")


def tidy(data: Canonical, note: Note) -> Canonical:
    """The canonical form with clean texts, usable names, and numbers read from their text.

    What is of a wrong type stays as it is, for `Product.from_dict` to refuse.
    Raises InvalidField for a title over `LONGEST_TITLE`.
    """
    clean = tidy_variant(data, note)
    for name, repair in _TEXTS.items():
        if name in clean:
            clean[name] = _each_text(clean[name], repair, note)
    for name in ("rating", "popularity"):
        if isinstance(clean.get(name), str):
            clean[name] = _number(name, clean[name])
    if isinstance(clean.get("attributes"), Mapping):
        clean["attributes"] = _named(clean["attributes"], note)
    if isinstance(clean.get("variants"), list):
        clean["variants"] = [
            tidy_variant(variant, note) if isinstance(variant, Mapping) else variant
            for variant in clean["variants"]
        ]
    return clean


def tidy_variant(data: Mapping[str, Any], note: Note) -> Canonical:
    """The same for what a variant has, and a product with a single variant says itself."""
    clean = {name: value for name, value in data.items() if value not in (None, "")}
    for name in ("id", "sku", "image", "url"):
        if isinstance(clean.get(name), str):
            clean[name] = clean[name].strip()
    for name in ("image", "url"):
        if name in clean and not _ADDRESS.fullmatch(str(clean[name])):
            note("address")
            del clean[name]
    if isinstance(clean.get("stock"), str) and (whole := _WHOLE.fullmatch(clean["stock"])):
        clean["stock"] = int(whole[1])
    if isinstance(clean.get("stock"), int) and clean["stock"] < 0:
        note("oversold")
        clean["stock"] = 0
    if isinstance(clean.get("options"), Mapping):
        clean["options"] = _named(clean["options"], note)
    return clean


def attribute_name(name: str, taken: Mapping[str, object], note: Note) -> str:
    """A name that filters can use and that is not `taken`; "attribute price" for "price"."""
    clean = " ".join(line(name, note).replace(":", " ").replace("|", " ").split())
    if clean.casefold() in RESERVED_FIELDS:
        clean = f"attribute {clean}"
    free, number = clean, 2
    while free in taken:
        free, number = f"{clean} {number}", number + 1
    if free != " ".join(name.split()):
        note("renamed")
    return free


def _named(values: Mapping[str, Any], note: Note) -> dict[str, Any]:
    """Attributes or options under usable names; those without a name or a value are unknown."""
    clean: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, str):
            tidied: Any = _value(value, note)
        elif isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
            tidied = [text for text in (_value(item, note) for item in value) if text]
        else:
            tidied = value
        if name.strip() and tidied not in (None, "", []):
            clean[attribute_name(name, clean, note)] = tidied
    return clean


def _value(text: str, note: Note) -> str:
    return _cut(line(text, note), LONGEST_VALUE, note)


def _title(text: str, note: Note) -> str:
    title = line(text, note)
    if len(title) > LONGEST_TITLE:
        raise InvalidField("title", title, f"at most {LONGEST_TITLE:,} characters")
    return title


def _description(text: str, note: Note) -> str:
    return _cut(paragraphs(text, note), LARGEST_TEXT, note)


_TEXTS: Mapping[str, Callable[[str, Note], str]] = MappingProxyType(
    {"title": _title, "description": _description, "brand": line, "category": line}
)


def _cut(text: str, most: int, note: Note) -> str:
    if len(text) <= most:
        return text
    note("cut")
    return text[:most]


def _each_text(value: Any, repair: Callable[[str, Note], str], note: Note) -> Any:
    """`value` with its texts repaired: itself, or those of a list, or those by locale."""
    if isinstance(value, str):
        return repair(value, note)
    if isinstance(value, Mapping):
        return {key: repair(t, note) if isinstance(t, str) else t for key, t in value.items()}
    if isinstance(value, list):
        return [repair(item, note) if isinstance(item, str) else item for item in value]
    return value


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidField(name, text, "a number") from None
