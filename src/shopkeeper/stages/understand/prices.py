"""How much may it cost? "under $50", "20 to 30 euro", "50元以下"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shopkeeper.records import Range

_SIGN = r"(?:us)?[$€£¥₹]"
_CODE = r"(?:dollars?|bucks|usd|euros?|eur|gbp|quid|yuan|rmb|cny|美元|欧元|块钱|元|块)"
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"


def _amount(name: str) -> str:
    return rf"(?:(?P<{name}_sign>{_SIGN})\s?)?(?P<{name}>{_NUMBER})(?:\s?(?P<{name}_code>{_CODE}))?"


_BELOW = r"\b(?:under|below|less than|cheaper than|no more than|not over)|低于|少于|小于|不超过|<=?"
_BELOW_MONEY = r"\b(?:up to|at most|max(?:imum)?|within)"
"""Said of other things too: they need a currency."""
_ABOVE_MONEY = (
    r"\b(?:over|above|more than|at least|min(?:imum)?|starting at)|高于|超过|大于|不低于|>=?"
)
_END = r"(?![a-z0-9.]|\s?[%\"'-])"

_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:\b(?:between|from)\s)?{_amount('low')}\s?(?:and|to|-|~|到|至)\s?{_amount('high')}{_END}",
        rf"(?:{_BELOW_MONEY})\s?{_amount('high')}{_END}",
        rf"(?P<sure>{_BELOW})\s?{_amount('high')}(?:以下|以内|之内)?(?=\s*$|{_END})",
        rf"{_amount('high')}(?:以下|以内|之内|内)",
        rf"(?:{_ABOVE_MONEY})\s?{_amount('low')}{_END}",
        rf"{_amount('low')}以上",
    )
)


@dataclass(frozen=True, slots=True)
class PricePhrase:
    """A wish about the price, said at text[start:end]."""

    clause: Range
    start: int
    end: int
    confidence: float


_WITH_CURRENCY, _WITHOUT = 0.95, 0.6


def price_phrases(text: str) -> list[PricePhrase]:
    """The price wishes of a normalised text, in simplified characters, in reading order.

    Amounts are read as the shop's own currency. Without a currency only "under 50", "低于50" and
    the like are prices, and only as the last words: "under 50 lbs" is a weight.
    """
    found: list[PricePhrase] = []
    for phrase in _phrases(text.lower()):
        if all(phrase.end <= other.start or phrase.start >= other.end for other in found):
            found.append(phrase)
    return sorted(found, key=lambda phrase: phrase.start)


def _phrases(text: str) -> Iterator[PricePhrase]:
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            money = any(value for name, value in groups.items() if name.endswith(("sign", "code")))
            last_words = bool(groups.get("sure")) and not text[match.end() :].strip()
            low, high = (_value(groups.get(name)) for name in ("low", "high"))
            ordered = low is None or high is None or low <= high
            if ordered and (money or last_words):
                confidence = _WITH_CURRENCY if money else _WITHOUT
                yield PricePhrase(Range("price", low, high), *match.span(), confidence)


def _value(number: str | None) -> float | None:
    return float(number.replace(",", "")) if number else None
