"""What can a merchant ask for? One rule: when it holds, and the one thing it does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from shopkeeper.records import Clause, InvalidRecord, InvalidRequest, parse_clause

LONGEST_ID = 80
HEAVIEST = 1_000.0
"""A weight beyond it is a slip of the keyboard; pins are for what must stand on top."""


@dataclass(frozen=True, slots=True)
class When:
    """On which queries, where and when a rule holds: all of it must be so."""

    queries: tuple[str, ...] = ()
    """Any of these texts, compared as analysed words; empty holds for every query, browsing too."""
    match: Literal["is", "contains"] = "contains"
    """The query is the text, or has its words side by side."""
    locale: str | None = None
    """BCP 47; "en" also holds for "en-GB". None: every locale."""
    market: str | None = None
    """None: every market."""
    starts: datetime | None = None
    """First moment, with its zone. None: since ever."""
    ends: datetime | None = None
    """First moment after it, with its zone. None: for ever."""

    def __post_init__(self) -> None:
        if any(not text.strip() for text in self.queries):
            raise InvalidRecord("an empty text", where=self.match, expected="words")
        for name in ("starts", "ends"):
            moment: datetime | None = getattr(self, name)
            if moment is not None and moment.utcoffset() is None:
                raise InvalidRecord(f"{moment} names no zone", where=name, expected="a zone")
        if self.starts and self.ends and self.starts.timestamp() >= self.ends.timestamp():
            raise InvalidRecord("not after `starts`", where="ends", expected="a later moment")

    def holds_at(self, now_s: float) -> bool:
        """Args: now_s: seconds since 1970-01-01 UTC."""
        return (self.starts is None or self.starts.timestamp() <= now_s) and (
            self.ends is None or now_s < self.ends.timestamp()
        )


@dataclass(frozen=True, slots=True)
class Pin:
    """Put these products on top, the first one first, whether or not they match the query."""

    product_ids: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.product_ids or any(not id_.strip() for id_ in self.product_ids):
            raise InvalidRecord("no product id", where="pin", expected="one id or more")
        if len(set(self.product_ids)) != len(self.product_ids):
            raise InvalidRecord("a product stands twice", where="pin", expected="each id once")


@dataclass(frozen=True, slots=True)
class Weigh:
    """Add `weight` to the score of what satisfies the clause: above 0 boosts, below 0 buries."""

    clause: Clause
    weight: float

    def __post_init__(self) -> None:
        where = "boost" if self.weight > 0 else "bury"
        _check_clause(self.clause, where)
        if not 0 < abs(self.weight) <= HEAVIEST or math.isnan(self.weight):
            raise InvalidRecord(
                f"weight {self.weight}", where="weight", expected=f"above 0, at most {HEAVIEST:g}"
            )


@dataclass(frozen=True, slots=True)
class Filter:
    """Show only what satisfies the clause."""

    clause: Clause

    def __post_init__(self) -> None:
        _check_clause(self.clause, "filter")


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the shopper to another page instead."""

    url: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        is_web = parts.scheme in ("http", "https") and parts.netloc
        is_own = self.url.startswith("/") and not parts.netloc
        if not (is_web or is_own) or any(c in self.url for c in "\\ \t\r\n"):
            raise InvalidRecord(
                f"{self.url!r:.60}", where="redirect", expected='"/path" or "https://…"'
            )


@dataclass(frozen=True, slots=True)
class Synonym:
    """These texts mean the same; with `of`, they are what `of` may be called, not the reverse."""

    texts: tuple[str, ...]
    of: str | None = None

    def __post_init__(self) -> None:
        fewest = 1 if self.of else 2
        if len(self.texts) < fewest or any(not text.strip() for text in self.texts):
            raise InvalidRecord("too few texts", where="synonyms", expected=f"{fewest} or more")
        if self.of is not None and not self.of.strip():
            raise InvalidRecord("an empty text", where="of", expected="words")


Action: TypeAlias = Pin | Weigh | Filter | Redirect | Synonym


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Where several hold at once, pins and redirects go by `precedence`."""

    id: str
    action: Action
    when: When = When()
    priority: int = 0
    """Higher goes first."""

    def __post_init__(self) -> None:
        if not self.id or len(self.id) > LONGEST_ID or any(c.isspace() for c in self.id):
            raise InvalidRecord(
                f"id {self.id!r:.100}", where="id", expected=f"1 … {LONGEST_ID}, no blanks"
            )
        if isinstance(self.action, Synonym) and (self.when.queries or self.when.market):
            raise InvalidRecord(
                "a synonym that depends on the query or the market",
                where=f"{self.id}:synonyms",
                expected="locale, starts and ends at most",
                hint="synonyms are known before a query is read; use `of` for one direction",
            )


def precedence(rule: Rule) -> tuple[int, int, str]:
    """Sorts rules, the first to be heard first.

    Higher priority; then "is" before "contains" before every query, the special before the
    general; then the id, so that the order never depends on the file.
    """
    kind = ("is", "contains").index(rule.when.match) if rule.when.queries else 2
    return (-rule.priority, kind, rule.id)


def _check_clause(clause: Clause, where: str) -> None:
    """The rule file holds the clause's text, so the text has to say all of it."""
    try:
        is_said = parse_clause(str(clause)) == clause
    except InvalidRequest:
        is_said = False
    if not is_said:
        raise InvalidRecord(
            f"{clause} cannot be written down", where=where, expected='as in "brand:Acme|Zed"'
        )
