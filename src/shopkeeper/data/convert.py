"""How is a feed converted piece by piece, so that an `Engine` can share the work?

One reader cuts the rows into pieces, since a feed is one file, often one gzip, which cannot be
split. What a piece becomes depends on the piece alone. Only what one product is to another, a
second one of the same id, is left to whoever puts the pieces together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from shopkeeper.data.build import build
from shopkeeper.data.formats import named_format
from shopkeeper.data.layout import Defaults, Row
from shopkeeper.data.ledger import Ledger
from shopkeeper.data.rejects import Reject
from shopkeeper.records import Product, ShopkeeperError

MOST_ITEMS = 256
MOST_CHARACTERS = 2**20
"""Of a piece, whichever comes first; a single row may be larger."""

Item: TypeAlias = Reject | list[Row]
"""A row that cannot be read, or the rows of one product."""


@dataclass(slots=True)
class Piece:
    """Some items of a feed, in its order, and what the reader did for them."""

    items: list[Item] = field(default_factory=list)
    rows: int = 0
    """Read meanwhile; those of a group come as items of a later piece."""
    repairs: Counter[str] = field(default_factory=Counter)
    characters: int = 0

    def note(self, kind: str) -> None:
        self.repairs[kind] += 1

    def add(self, item: Item) -> None:
        self.items.append(item)
        if not isinstance(item, Reject):
            self.characters += sum(_characters(row.fields) for row in item)

    @property
    def is_full(self) -> bool:
        return len(self.items) >= MOST_ITEMS or self.characters >= MOST_CHARACTERS


@dataclass(frozen=True, slots=True)
class Pieces:
    """A feed as pieces, of which one is held at a time; iterating reads it, once more each time.

    What was read before the file broke off comes before the error.
    """

    path: Path
    format: str
    """A name of `FORMATS`."""

    def __iter__(self) -> Iterator[Piece]:
        piece = Piece()
        items = self._items(lambda: piece)
        while True:
            try:
                item = next(items)
            except StopIteration:
                yield piece
                return
            except ShopkeeperError:
                yield piece
                raise
            piece.add(item)
            if piece.is_full:
                yield piece
                piece = Piece()

    def _items(self, now: Callable[[], Piece]) -> Iterator[Item]:
        """`now` gives the piece that is being filled."""
        layout = named_format(self.format)
        with closing(Ledger()) as ledger:
            for row in layout.rows(self.path, lambda kind: now().note(kind)):
                now().rows += 1
                if isinstance(row, Reject):
                    yield row
                elif layout.grouping and (key := layout.grouping.key(row.fields)) is not None:
                    ledger.hold(key, row)
                else:
                    yield [row]
            yield from ledger.groups()


class Conversion(NamedTuple):
    """What the pieces of a feed share."""

    format: str
    defaults: Defaults


class Built(NamedTuple):
    """A product, and the numbers of the rows that it is made of."""

    product: Product
    rows: tuple[int, ...]


@dataclass(slots=True)
class Converted:
    """What became of a piece, in the order of its items."""

    rows: int
    repairs: Counter[str]
    found: list[Reject | Built] = field(default_factory=list)

    def note(self, kind: str) -> None:
        self.repairs[kind] += 1

    def reject(self, reject: Reject) -> None:
        self.found.append(reject)


def convert(conversion: Conversion, piece: Piece) -> Converted:
    """The products in a piece, and the rows of it that are none."""
    layout = named_format(conversion.format)
    converted = Converted(piece.rows, piece.repairs)
    for item in piece.items:
        if isinstance(item, Reject):
            converted.reject(item)
        elif built := build(item, layout, conversion.defaults, converted):
            product, rows = built
            converted.found.append(Built(product, tuple(row.number for row in rows)))
    return converted


def _characters(value: Any) -> int:
    """Roughly how large a row is in memory."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(len(name) + _characters(inner) for name, inner in value.items())
    if isinstance(value, (list, tuple)):
        return sum(map(_characters, value))
    return 1
