"""What does a feed's format have to say for itself?

A format cuts a file into rows and maps the rows of one product onto the canonical form, the
mapping that `Product.from_dict` reads. It does no cleaning and no checking: `build` does both,
for every format alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from shopkeeper.data.rejects import Reject
from shopkeeper.data.source import Note
from shopkeeper.records import InvalidRecord

Fields: TypeAlias = Mapping[str, Any]
"""What a row says, by the feed's own column names."""

Canonical: TypeAlias = dict[str, Any]
"""A product, or a variant, in the form of `Product.from_dict`; None and "" mean unknown."""


class InvalidField(InvalidRecord):
    """A field of a row that is not what it has to be; the row is rejected."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(f"{value!r:.60}", where=field, expected=expected)
        self.field, self.value = field, value


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a feed; `number` is the line it starts on, or its place in a JSON list."""

    number: int
    fields: Fields


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a feed leaves unsaid."""

    locale: str
    """BCP 47; of texts that carry none."""
    currency: str
    """ISO 4217; of prices that carry none."""
    now: datetime
    """With a time zone; decides whether a sale is on."""
    prices_in: str | None = None
    """ISO 4217; prices in another currency are wrong. None: any is right."""


@dataclass(frozen=True, slots=True)
class Head:
    """The start of a file, as the detectors look at it."""

    text: str
    columns: frozenset[str]
    """Of its first line, read as a table; lower case."""
    first: Fields | None
    """The first JSON object, if the first line or list item is one."""
    is_parquet: bool = False
    """A table then, by the names of its columns; `text` is empty."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """How several rows make one product. The rows may stand anywhere in the feed."""

    key: Callable[[Fields], str | None]
    """What the rows of one product share; None for a row that is a product of its own."""
    inherited: tuple[str, ...]
    """Columns that a product's later rows leave blank and take from its first row."""
    variant: Callable[[Fields, Defaults], Canonical | None]
    """The variant on a row; None when the row adds no variant."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of feed."""

    name: str
    what: str
    """For people, one line."""
    looks_for: str
    """What the detector wants to see."""
    fits: Callable[[Head], bool]
    rows: Callable[[Path, Note], Iterator[Row | Reject]]
    product: Callable[[Sequence[Fields], Defaults], Canonical]
    """The rows of one product, without their variants if the format has a grouping."""
    grouping: Grouping | None = None
