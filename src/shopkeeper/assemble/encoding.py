"""From the products of an index to their vectors, and from these to an artefact."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shopkeeper.assemble.build import DENSE, INDEX, KEPT_VERSIONS
from shopkeeper.assemble.progress import Progress, no_progress
from shopkeeper.index.dense import LENGTH_TOLERANCE, DenseConfig, DenseIndex
from shopkeeper.index.documents import encoder_text
from shopkeeper.index.snapshot import Segment
from shopkeeper.records.ports import Encode, Engine, ReadProducts
from shopkeeper.store import (
    ArtefactWriter,
    Registry,
    ShopFolder,
    Vectors,
    noticing_a_full_disk,
    text_key,
)
from shopkeeper.work import LocalEngine

HERE = LocalEngine()
"""This process."""

_ENCODED_AT_ONCE = 256

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TextBatch:
    """Products in a row, and the texts that an encoder is to read of them."""

    wanted: Sequence[bytes]
    """The key of each product's text, as the index knows it."""
    texts: Mapping[bytes, str]
    """Without those of products that were written again since; they belong to a later segment."""


@dataclass(frozen=True, slots=True)
class MissingTexts:
    """What lacks a vector, in batches by position.

    A vector's last bit depends on the batch that it is computed in, so the batches are fixed here,
    before anybody knows who will encode them.
    """

    products: ReadProducts
    ids: Sequence[str]
    keys: Sequence[bytes]
    locale: str

    def __iter__(self) -> Iterator[TextBatch]:
        for start in range(0, len(self.ids), _ENCODED_AT_ONCE):
            wanted = self.keys[start : start + _ENCODED_AT_ONCE]
            found = self.products.read(self.ids[start : start + _ENCODED_AT_ONCE])
            texts = [encoder_text(product, self.locale) for product in found.values()]
            known = {key: text for text in texts if text and (key := text_key(text)) in wanted}
            yield TextBatch(wanted, known)


@dataclass(frozen=True, slots=True)
class Encoded:
    """What became of a batch."""

    wanted: Sequence[bytes]
    keys: Sequence[bytes]
    """Of the vectors, [len(keys), dimension]."""
    vectors: NDArray[np.float32]


def encode_texts(encode: Encode, batch: TextBatch) -> Encoded:
    """The vectors of a batch, as the encoder makes them."""
    return Encoded(batch.wanted, list(batch.texts), encode.encode(list(batch.texts.values())))


def encode_products(
    segment: Segment,
    products: ReadProducts,
    vectors: Vectors,
    encode: Encode,
    locale: str,
    progress: Progress = no_progress,
    is_cancelled: Callable[[], bool] = lambda: False,
    *,
    engine: Engine = HERE,
) -> int:
    """Encode what the segment's products lack in the cache, in batches that each survive a crash.

    A product that has been written again since belongs to a later segment, and is left to it.
    What the encoder gives for one that is no unit vector is left out. With an engine elsewhere,
    `products` and `encode` have to be such as can be sent to another process.

    Returns how many of the segment's products have their vector now.
    """
    known, matrix = vectors.get_many(segment.text_keys)
    encoded = int((known & _are_units(matrix)).sum())
    missing = np.flatnonzero(~known).tolist()
    total, done = len(segment.text_keys), len(segment.text_keys) - len(missing)
    if is_cancelled() or not missing:
        return encoded
    ids = [segment.columns.ids[ordinal] for ordinal in missing]
    keys = [segment.text_keys[ordinal] for ordinal in missing]
    batches = MissingTexts(products, ids, keys, locale)
    for batch in engine.run(encode_texts, batches, encode):
        sound = _are_units(batch.vectors)
        if not sound.all():
            _log.warning("no unit vectors of %d products", len(sound) - sound.sum())
        cached = [key for key, is_sound in zip(batch.keys, sound, strict=True) if is_sound]
        if cached:
            vectors.put_many(cached, batch.vectors[sound])
            encoded += sum(map(set(cached).__contains__, batch.wanted))
        done += len(batch.wanted)
        progress(done, total)
        if is_cancelled():
            break
    return encoded


def known_vectors(segment: Segment, vectors: Vectors) -> DenseIndex | None:
    """The dense index of those products of the segment whose vectors are in the cache."""
    known, matrix = vectors.get_many(segment.text_keys)
    known &= _are_units(matrix)
    if not known.any():
        return None
    return DenseIndex.build(matrix[known], np.flatnonzero(known), DenseConfig())


def _are_units(matrix: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of the vectors, [n, dimension], a dense index takes; what is not finite is none."""
    lengths: NDArray[np.float32] = np.linalg.norm(matrix, axis=1)
    return np.abs(lengths - 1) <= LENGTH_TOLERANCE


def publish_dense(root: Path, index: DenseIndex, index_version: str, fingerprint: str) -> str:
    """Publish the vectors of an index's base as an artefact, and return its version.

    Raises NoSpace when the disk is full.
    """
    folder = ShopFolder(root)
    with noticing_a_full_disk(folder.artefacts, "it is tried again"):
        with ArtefactWriter(
            folder.artefacts,
            DENSE,
            config={"index": index_version, "encoder": fingerprint},
            lineage=[f"{INDEX}@{index_version}"],
        ) as writer:
            index.save(writer.folder)
        registry = Registry(folder)
        registry.promote(DENSE, writer.artefact.version)
        registry.prune(DENSE, KEPT_VERSIONS)
    return writer.artefact.version
