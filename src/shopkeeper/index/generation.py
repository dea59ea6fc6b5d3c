"""The base of a generation: built once from the products, immutable on disk, opened by readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from shopkeeper.index.columns import ColumnsBuilder, load_columns, save_columns
from shopkeeper.index.documents import Analyse, encoder_text, field_terms, text_hash
from shopkeeper.index.snapshot import Segment
from shopkeeper.index.words import FieldTerms, Statistics
from shopkeeper.index.words_base import BaseWords, build_words
from shopkeeper.index.words_delta import DeltaWords
from shopkeeper.records import Product

FORMAT = 1
"""Of the folder that `build_segment` writes; a reader opens this one and every earlier one."""

_HASH_BYTES = 16


def build_segment(
    folder: Path,
    products: Iterable[Product],
    analyse: Analyse,
    locale: str,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Index the products into `folder` in one pass and return how many there were."""
    columns, hashes = ColumnsBuilder(), []

    def documents() -> Iterator[FieldTerms]:
        for done, product in enumerate(products, start=1):
            columns.add(product)
            hashes.append(text_hash(encoder_text(product, locale)))
            yield field_terms(product, analyse, locale)
            if done % 500 == 0:
                progress(done)

    build_words(folder / "words", documents())
    save_columns(columns.build(), folder / "columns")
    np.save(
        folder / "text_hashes.npy",
        np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, _HASH_BYTES),
        allow_pickle=False,
    )
    progress(len(hashes))
    return len(hashes)


def open_segment(folder: Path) -> Segment:
    """Open what `build_segment` wrote."""
    columns = load_columns(folder / "columns")
    hashes = np.load(folder / "text_hashes.npy", allow_pickle=False)
    return Segment(
        columns=columns,
        words=BaseWords(folder / "words"),
        ordinal_of={product_id: ordinal for ordinal, product_id in enumerate(columns.ids)},
        text_hashes=[row.tobytes() for row in hashes],
    )


def delta_segment(
    products: list[Product], analyse: Analyse, locale: str, statistics: Statistics
) -> Segment:
    """A small segment in memory, scored with the base's statistics."""
    builder = ColumnsBuilder()
    for product in products:
        builder.add(product)
    return Segment(
        columns=builder.build(),
        words=DeltaWords([field_terms(p, analyse, locale) for p in products], statistics),
        ordinal_of={product.id: ordinal for ordinal, product in enumerate(products)},
        text_hashes=[text_hash(encoder_text(product, locale)) for product in products],
    )
