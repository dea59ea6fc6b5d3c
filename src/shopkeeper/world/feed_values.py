"""What does a feed say about a product? Flags, numbers with units, texts, by attribute."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from shopkeeper.knowledge import Value
from shopkeeper.records import AttributeValue, Product
from shopkeeper.text import Quantity, measures, normalise
from shopkeeper.world.units import UNITS

Kind: TypeAlias = Literal["flag", "number", "text"]

_YES, _NO = frozenset(("yes", "y", "true")), frozenset(("no", "n", "false"))
_EMPTY = frozenset(
    (
        *("", "-", "n/a", "na", "none", "other", "others", "unknown", "unspecified", "various"),
        *("not applicable", "not available", "not specified", "not supported"),
    )
)
_SEVERAL = re.compile(r"\s*(?:[;\n|]|\\n|,(?!\d))\s*")
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?")
_BRACKETS = re.compile(r"\s*[(\[（]([^)\]）]*)[)\]）]?")
_SYMBOLS = frozenset(unit.symbol for unit in UNITS)


class Told(NamedTuple):
    """What a product is said to have."""

    kind: Kind
    values: tuple[Value, ...]
    unit: str = ""
    """Of a number, where it stands behind it."""
    texts: tuple[str, ...] = ()
    """The values as they are written; () where they are no texts."""


class Column(NamedTuple):
    """What the products of one category say under one name, all of one kind and unit."""

    name: str
    kind: Kind
    unit: str
    """Of numbers, from their values or the attribute's name; "" where neither tells."""
    told: dict[int, tuple[Value, ...]]
    """By place among the products."""


@lru_cache(maxsize=200_000, typed=True)  # feeds say the same few things again and again
def read_value(value: AttributeValue, *, is_option: bool = False) -> Told | None:
    """What a feed's value says; None when nothing. An option, such as a size, stays a text."""
    if isinstance(value, bool):
        return Told("flag", (value,))
    if isinstance(value, (int, float)):
        return Told("number", (float(value),))
    texts = [normalise(text) for text in (value if isinstance(value, tuple) else (value,))]
    pieces = (piece for text in texts for piece in _SEVERAL.split(text))
    said = tuple(dict.fromkeys(piece for piece in pieces if piece.casefold() not in _EMPTY))
    if len(texts) == 1 and not is_option:
        if texts[0].casefold() in _YES | _NO:
            return Told("flag", (texts[0].casefold() in _YES,), texts=said)
        if _PLAIN.fullmatch(texts[0]):
            return Told("number", (float(texts[0]),), texts=said)
        match measures(texts[0]):
            case [Quantity(value=number, unit=unit, start=0, end=end)] if end == len(texts[0]):
                return Told("number", (number,), unit, texts=said)
    return Told("text", said, texts=said) if said else None


def find_kinds(products: Iterable[Product]) -> dict[str, tuple[Kind, str]]:
    """By name of an attribute or option, the kind and unit that most products give it."""
    votes: dict[str, Counter[tuple[Kind, str]]] = {}
    for product in products:
        for name, said in _told(product).items():
            votes.setdefault(name, Counter())[said.kind, said.unit] += 1
    return {name: counts.most_common(1)[0][0] for name, counts in votes.items()}


def read_columns(
    products: Sequence[Product], kinds: Mapping[str, tuple[Kind, str]]
) -> list[Column]:
    """All attributes and options of these products, each of its kind and unit.

    What cannot be read so is left out. A text that is spelt in several cases, "cyan" and "Cyan", is
    one value.
    """
    found: dict[str, dict[int, Told]] = {}
    for place, product in enumerate(products):
        for name, said in _told(product).items():
            found.setdefault(name, {})[place] = said
    columns = (_column(name, told, *kinds[name]) for name, told in found.items())
    return [column for column in columns if column.told]


def bare_name(name: str) -> str:
    """Without what stands in brackets: "length" for "Length (cm)"."""
    return _BRACKETS.sub("", normalise(name)).strip().lower()


def in_brackets(text: str) -> str:
    """ "cm" for "Length (cm)"; "" where there are none."""
    found = _BRACKETS.search(text)
    return found[1].strip() if found else ""


def _told(product: Product) -> dict[str, Told]:
    offers: dict[str, list[str]] = {}
    for variant in product.variants:
        for name, option in variant.options.items():
            offers.setdefault(name, []).append(option)
    told = {name: read_value(tuple(of), is_option=True) for name, of in offers.items()}
    told |= {name: read_value(v) for name, v in product.attributes.items() if name not in told}
    return {name: said for name, said in told.items() if said is not None}


def _column(name: str, told: Mapping[int, Told], kind: Kind, unit: str) -> Column:
    if kind == "text":
        spelt = Counter(text for said in told.values() for text in said.texts)
        common = {text.casefold(): text for text, _ in reversed(spelt.most_common())}
        texts = {
            place: tuple(dict.fromkeys(common[text.casefold()] for text in said.texts))
            for place, said in told.items()
            if said.texts
        }
        return Column(name, kind, "", dict(texts))
    kept = {at: said.values for at, said in told.items() if (said.kind, said.unit) == (kind, unit)}
    if kind == "number" and not unit:
        unit = _unit(in_brackets(name))
    return Column(name, kind, unit, kept)


def _unit(text: str) -> str:
    """The text, if it is the unit of something; otherwise ""."""
    return text if text in _SYMBOLS or (text and measures(f"1 {text}")) else ""
