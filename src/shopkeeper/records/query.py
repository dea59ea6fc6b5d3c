"""What did the shopper ask, and what was understood?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from shopkeeper.records.filters import Clause


@dataclass(frozen=True, slots=True)
class Query:
    """The words as typed, with the language and the market they were typed in."""

    text: str
    locale: str = "en"
    market: str = "US"


@dataclass(frozen=True, slots=True)
class Shopper:
    """Who asks. Without consent nothing personal is read or written for the shopper."""

    id: str
    session_id: str | None = None
    consent: bool = False


AlternativeSource: TypeAlias = Literal["typed", "spelling", "synonym", "unit", "compound", "pinyin"]


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to say a concept: analysed terms (a phrase when several), worth `weight` ≤ 1."""

    terms: tuple[str, ...]
    weight: float = 1.0
    source: AlternativeSource = "typed"


@dataclass(frozen=True, slots=True)
class Concept:
    """A word of the query with every way the catalogue may say it; the best one counts."""

    surface: str
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """A word that was read as another one."""

    typed: str
    read_as: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Constraint:
    """A wish that the words express: a brand, a category, a size. It raises, it never removes."""

    clause: Clause
    surface: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Understanding:
    """What later stages read instead of the raw text; shown to the shopper under "why".

    `text` is the normalised, corrected query that encoders read. No concept: match everything.
    """

    query: Query
    text: str
    concepts: tuple[Concept, ...]
    corrections: tuple[Correction, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    dropped: tuple[str, ...] = ()
    """Words without meaning for matching, as in "a tent *for the*"."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Another query that means the same; `weight` ≤ 1 scales what it finds."""

    text: str
    weight: float
    source: str
