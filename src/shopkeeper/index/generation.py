"""The base of a generation: built once from the products, immutable on disk, opened by readers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shopkeeper.index.columns_builder import ColumnsBuilder, build_columns
from shopkeeper.index.columns_file import load_columns, save_columns
from shopkeeper.index.documents import Analyse, encoder_text, field_terms
from shopkeeper.index.postings import Block, BlockBuilder, Postings, join
from shopkeeper.index.snapshot import Segment
from shopkeeper.index.words import Words
from shopkeeper.records import Product
from shopkeeper.store.vectors import KEY_BYTES, text_key

FORMAT = 3
"""Of the folder that `build_segment` writes. An index of another format is built anew."""


@dataclass(frozen=True, slots=True)
class SegmentPart:
    """Products in a row, analysed. Parts can be made anywhere; `write_segment` joins them."""

    columns: ColumnsBuilder
    words: Block
    text_keys: bytes


class SegmentPartBuilder:
    """Analyses products one at a time."""

    def __init__(self, analyse: Analyse, locale: str) -> None:
        self._analyse, self._locale = analyse, locale
        self._columns, self._words, self._text_keys = ColumnsBuilder(), BlockBuilder(), bytearray()

    def add(self, product: Product) -> None:
        """Take the next product."""
        self._columns.add(product)
        self._words.add(field_terms(product, self._analyse, self._locale))
        self._text_keys += text_key(encoder_text(product, self._locale))

    def build(self) -> SegmentPart:
        """What was taken."""
        return SegmentPart(self._columns, self._words.build(), bytes(self._text_keys))


def write_segment(folder: Path, parts: Sequence[SegmentPart]) -> None:
    """Write a segment of the products of all parts, one part behind the other."""
    join([part.words for part in parts]).save(folder / "words")
    columns = ColumnsBuilder()
    for part in parts:
        columns.take(part.columns)
    save_columns(columns.build(), folder / "columns")
    keys = np.frombuffer(b"".join(part.text_keys for part in parts), np.uint8)
    np.save(folder / "text_keys.npy", keys.reshape(-1, KEY_BYTES), allow_pickle=False)


def build_segment(folder: Path, products: Iterable[Product], analyse: Analyse, locale: str) -> None:
    """Index the products into `folder`, in this process."""
    builder = SegmentPartBuilder(analyse, locale)
    for product in products:
        builder.add(product)
    write_segment(folder, [builder.build()])


def open_segment(folder: Path) -> Segment:
    """Open what `build_segment` wrote."""
    columns = load_columns(folder / "columns")
    keys = np.load(folder / "text_keys.npy", allow_pickle=False)
    return Segment(
        columns=columns,
        words=Words(Postings.load(folder / "words")),
        text_keys=[row.tobytes() for row in keys],
    )


def delta_segment(products: list[Product], analyse: Analyse, locale: str, base: Words) -> Segment:
    """A small segment in memory, scored with the base's statistics."""
    return Segment(
        columns=build_columns(products),
        words=Words.of((field_terms(p, analyse, locale) for p in products), base),
        text_keys=[text_key(encoder_text(product, locale)) for product in products],
    )
