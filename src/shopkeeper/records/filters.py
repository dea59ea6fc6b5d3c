"""Which products may be shown? Filters, and the short text they are written in.

A request carries a tuple of clauses; a product passes when **one of its variants** passes all of
them, so that "red" and "size M" never match a red S beside a blue M.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from shopkeeper.records.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The field has one of these values (multi-select); a flag's values are "true" and "false"."""

    field: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.field}:{_joined(self.values)}"


@dataclass(frozen=True, slots=True)
class NoneOf:
    """The field has none of these values; a product without the field passes."""

    field: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"-{self.field}:{_joined(self.values)}"


@dataclass(frozen=True, slots=True)
class Range:
    """low ≤ field ≤ high; an open end is None. Prices are in the currency's main unit."""

    field: str
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        low, high = ("" if end is None else number_text(end) for end in (self.low, self.high))
        return f"{self.field}:{low}..{high}"


Clause: TypeAlias = AnyOf | NoneOf | Range


@dataclass(frozen=True, slots=True)
class SortKey:
    """Order by a column instead of by relevance; products without a value come last."""

    field: str
    descending: bool = False

    def __str__(self) -> str:
        return f"{self.field}:{'desc' if self.descending else 'asc'}"


_SYNTAX = 'field:value, field:one|two, -field:value or field:10..20, as in "brand:Acme|Zed"'
_VALUE = re.compile(r"(?:\\[|\\]|[^|])+")
"""One of the values between bars; a bar or a backslash of its own stands behind a backslash."""


def number_text(number: float) -> str:
    """The shortest text that reads back as this number: "2", "0.1", "1234567"."""
    return repr(float(number)).removesuffix(".0")


def _joined(values: tuple[str, ...]) -> str:
    return "|".join(value.replace("\\", "\\\\").replace("|", "\\|") for value in values)


def parse_clause(text: str) -> Clause:
    r"""Read one clause: ``brand:Acme|Zed``, ``-brand:Acme``, ``price:10..20``, ``price:..20``.

    A value's own bar is written ``\|``, and its backslash ``\\``.
    """
    negated = text.startswith("-")
    field, colon, value = text.removeprefix("-").partition(":")
    field, value = field.strip(), value.strip()
    if not (colon and field and value):
        raise InvalidRequest(f"filter {text!r}", expected=_SYNTAX)
    low, dots, high = value.partition("..")
    if dots and not negated and _is_end(low) and _is_end(high) and (low or high):
        ends = (float(low) if low else None, float(high) if high else None)
        if None not in ends and ends[0] > ends[1]:  # type: ignore[operator]
            raise InvalidRequest(f"filter {text!r} is empty", expected="low..high with low ≤ high")
        return Range(field, *ends)
    parts = (re.sub(r"\\([|\\])", r"\1", part).strip() for part in _VALUE.findall(value))
    values = tuple(dict.fromkeys(part for part in parts if part))
    if not values:
        raise InvalidRequest(f"filter {text!r} names no value", expected=_SYNTAX)
    return NoneOf(field, values) if negated else AnyOf(field, values)


def parse_sort(text: str) -> SortKey:
    """Read ``price``, ``price:asc`` or ``price:desc``."""
    field, _, direction = text.partition(":")
    if not field or direction not in ("", "asc", "desc"):
        raise InvalidRequest(f"sort {text!r}", expected="field, field:asc or field:desc")
    return SortKey(field, direction == "desc")


def _is_end(text: str) -> bool:
    try:
        return not text or abs(float(text)) < float("inf")
    except ValueError:
        return False
