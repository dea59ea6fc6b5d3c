"""What does a query ask for, and what does a listing say? The two readings that rules compare."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from shopkeeper.records import InvalidRecord

QueryType: TypeAlias = Literal["general", "negation", "alternative", "question", "knowledge"]
"""The four hard types are those of Taobao's relevance papers: "shoes, not leather" · "like Acme's,
but cheaper" · "what helps against cold feet" · a nickname or need that must be known."""

Value: TypeAlias = str | float | bool

BRAND, PRICE = "brand", "price"
"""Attributes that every product has; a price is in the currency's main unit."""

NEARLY = 0.1
"""A number that misses a bound by at most this share of it comes close."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A wish about one attribute: one of `values`, or a number in low … high."""

    attribute: str
    values: tuple[Value, ...] = ()
    """Any of them will do. A colour is asked for by its family, or by its name."""
    low: float | None = None
    high: float | None = None
    """Ends included; None is open."""
    near: tuple[Value, ...] = ()
    """Values that come close to a wished one: beige for white."""
    is_negated: bool = False
    """None of these, please."""
    is_core: bool = True
    """False: a preference, that a product may miss and still be related."""

    def __post_init__(self) -> None:
        is_range = self.low is not None or self.high is not None
        if bool(self.values) == is_range:
            raise InvalidRecord(
                f"a wish about {self.attribute!r}", expected="either values, or a low or high end"
            )

    def accepts(self, value: Value) -> bool:
        return value in self.values if self.values else self._is_within(value, slack=0.0)

    def nearly_accepts(self, value: Value) -> bool:
        return value in self.near if self.values else self._is_within(value, slack=NEARLY)

    def bounds(self, slack: float) -> tuple[float, float]:
        """Low and high end, each pushed out by a share `slack` of itself; ±∞ where open."""
        low = -math.inf if self.low is None else self.low - slack * abs(self.low)
        high = math.inf if self.high is None else self.high + slack * abs(self.high)
        return low, high

    def _is_within(self, value: Value, slack: float) -> bool:
        assert isinstance(value, (int, float)), "the attribute is a number"
        low, high = self.bounds(slack)
        return low <= value <= high


@dataclass(frozen=True, slots=True)
class Intent:
    """What a query asks for, parsed."""

    categories: tuple[str, ...]
    """Leaf categories, any of which is meant; in alphabetical order."""
    slots: tuple[Slot, ...] = ()
    type: QueryType = "general"
    anchor: str | None = None
    """Of an alternative: the brand that is to be replaced by a cheaper one."""
    concept: str | None = None
    """Id of the need, occasion or nickname in whose words it is asked."""

    def __post_init__(self) -> None:
        if not self.categories:
            raise InvalidRecord("an intent without category", expected="at least one")
        if (self.anchor is not None) != (self.type == "alternative"):
            raise InvalidRecord(
                f"{self.type!r} with anchor {self.anchor!r}", expected="an anchor of an alternative"
            )


@dataclass(frozen=True, slots=True)
class Reading:
    """What can be learnt about a product from its listing; a gap is an unknown."""

    category: str
    values: Mapping[str, frozenset[Value]] = field(default_factory=dict)
    """By attribute: all values that the product, or one of its variants, is said to have. Brand
    and price are among them; a colour stands there with its name and with its family."""
