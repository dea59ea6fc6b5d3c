"""The base of a generation: built once from the products, immutable on disk, opened by readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from shopkeeper.index.columns_builder import ColumnsBuilder, build_columns
from shopkeeper.index.columns_file import load_columns, save_columns
from shopkeeper.index.documents import Analyse, encoder_text, field_terms
from shopkeeper.index.postings import Postings, PostingsBuilder
from shopkeeper.index.snapshot import Segment
from shopkeeper.index.words import Words
from shopkeeper.records import Product
from shopkeeper.store.vectors import KEY_BYTES, text_key

FORMAT = 3
"""Of the folder that `build_segment` writes. An index of another format is built anew."""


def build_segment(
    folder: Path,
    products: Iterable[Product],
    analyse: Analyse,
    locale: str,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Index the products into `folder` in one pass and return how many there were."""
    columns, postings, keys = ColumnsBuilder(), PostingsBuilder(), []
    for done, product in enumerate(products, start=1):
        columns.add(product)
        keys.append(text_key(encoder_text(product, locale)))
        postings.add(field_terms(product, analyse, locale))
        if done % 500 == 0:
            progress(done)
    postings.build().save(folder / "words")
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
