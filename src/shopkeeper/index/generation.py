"""The base of a generation: built once from the products, immutable on disk, opened by readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from shopkeeper.index.columns import ColumnsBuilder, load_columns, save_columns
from shopkeeper.index.documents import Analyse, encoder_text, field_terms
from shopkeeper.index.snapshot import Segment
from shopkeeper.index.words import FieldTerms, Statistics
from shopkeeper.index.words_base import BaseWords, build_words
from shopkeeper.index.words_delta import DeltaWords
from shopkeeper.records import Product
from shopkeeper.store.vectors import KEY_BYTES, text_key

FORMAT = 2
"""Of the folder that `build_segment` writes. An index of another format is built anew."""


def build_segment(
    folder: Path,
    products: Iterable[Product],
    analyse: Analyse,
    locale: str,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Index the products into `folder` in one pass and return how many there were."""
    columns, keys = ColumnsBuilder(), []

    def documents() -> Iterator[FieldTerms]:
        for done, product in enumerate(products, start=1):
            columns.add(product)
            keys.append(text_key(encoder_text(product, locale)))
            yield field_terms(product, analyse, locale)
            if done % 500 == 0:
                progress(done)

    build_words(folder / "words", documents())
    save_columns(columns.build(), folder / "columns")
    np.save(
        folder / "text_keys.npy",
        np.frombuffer(b"".join(keys), np.uint8).reshape(-1, KEY_BYTES),
        allow_pickle=False,
    )
    progress(len(keys))
    return len(keys)


def open_segment(folder: Path) -> Segment:
    """Open what `build_segment` wrote."""
    columns = load_columns(folder / "columns")
    keys = np.load(folder / "text_keys.npy", allow_pickle=False)
    return Segment(
        columns=columns,
        words=BaseWords(folder / "words"),
        ordinal_of={product_id: ordinal for ordinal, product_id in enumerate(columns.ids)},
        text_keys=[row.tobytes() for row in keys],
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
        text_keys=[text_key(encoder_text(product, locale)) for product in products],
    )
