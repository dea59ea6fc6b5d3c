"""From the products in the store to artefacts: the index with its lexicon, and the vectors.

Building needs nobody's leave: a server that is running goes on with the old artefacts, and takes
the new ones when they are promoted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shopkeeper.assemble.lexicon import lexicon_beside
from shopkeeper.assemble.settings import load_settings
from shopkeeper.index import generation
from shopkeeper.index.dense import LENGTH_TOLERANCE, DenseConfig, DenseIndex
from shopkeeper.index.documents import encoder_text
from shopkeeper.index.snapshot import Segment
from shopkeeper.records import Busy, ShopkeeperError
from shopkeeper.records.ports import Encode
from shopkeeper.stages.guard import is_personal
from shopkeeper.stages.suggest import SuggestionIndex, shoppers_by_query
from shopkeeper.store import (
    JSON,
    SERVE_LOG,
    ArtefactWriter,
    Products,
    Registry,
    ShopFolder,
    Vectors,
    exclusive,
    noticing_a_full_disk,
    read_log,
    registry_to_promote_in,
    text_key,
)
from shopkeeper.text import analyser

INDEX, DENSE = "index", "dense"
"""Names of the artefacts."""

KEPT_VERSIONS = 3
"""Of each artefact: the live one, the one before, and one more."""

_ENCODED_AT_ONCE = 256

_log = logging.getLogger(__name__)

Progress = Callable[[int, int | None], None]
"""Hears (done, total); total is None while nobody knows."""


def no_progress(done: int, total: int | None) -> None:
    """For those who do not watch."""


LONGEST_REMEMBERED = 60
"""Characters. Attribute values are short and repeat by the thousand; descriptions do neither."""


def analyse(text: str, locale: str) -> Sequence[str]:
    """The terms of a text, as index and queries share them."""
    if len(text) <= LONGEST_REMEMBERED:
        return _remembered_terms(text, locale)
    return analyser(locale).terms(text)


@lru_cache(1 << 16)
def _remembered_terms(text: str, locale: str) -> tuple[str, ...]:
    return tuple(analyser(locale).terms(text))


def build_lock(folder: ShopFolder) -> Path:
    """Held while a generation is built: one at a time."""
    return folder.root / "build.lock"


def build_index(root: Path, progress: Progress = no_progress, *, wait_s: float = 0.1) -> str:
    """Build the index of all products as they are now, promote it, and return its version.

    Waits `wait_s` seconds for another process that builds; raises Busy when it is not done then,
    and NoSpace when the disk is full: nothing has changed.
    """
    folder, settings = ShopFolder(root), load_settings(root)
    with (
        noticing_a_full_disk(folder.artefacts, f"shopkeeper build --shop {root}"),
        exclusive(build_lock(folder), "building the index", wait_s=wait_s),
        Products(folder.products) as products,
        products.snapshot() as (seq, every),
    ):
        count = products.count
        config: dict[str, JSON] = {
            "format": generation.FORMAT,
            "seq": seq,
            "locale": settings.locale,
            "currency": settings.currency,
            "analyser": analyser(settings.locale).version,
        }
        with (
            ArtefactWriter(
                folder.artefacts, INDEX, config=config, lineage=[f"products@{seq}"]
            ) as writer,
            lexicon_beside(root, writer.folder / "lexicon", count),
        ):
            generation.build_segment(
                writer.folder,
                every,
                analyse,
                settings.locale,
                lambda done: progress(done, count),
            )
            suggestions = SuggestionIndex.build(
                products.all(),
                analyser(settings.locale),
                is_personal=is_personal,
                query_log=_asked(folder),
            )
            (writer.folder / "suggestions").mkdir()
            suggestions.save(writer.folder / "suggestions")
        registry = registry_to_promote_in(folder)
        registry.promote(INDEX, writer.artefact.version)
        registry.prune(INDEX, KEPT_VERSIONS)
        return writer.artefact.version


def _asked(folder: ShopFolder) -> Mapping[str, int]:
    """Distinct shoppers by query; a line of the log that cannot be read keeps no index from being
    built, and fsck names it."""
    left_out: list[ShopkeeperError] = []
    asked = shoppers_by_query(read_log(folder.logs, SERVE_LOG, left_out.append))
    if left_out:
        _log.warning("%d lines of the serve log are left out; %s", len(left_out), left_out[0])
    return asked


def encode_products(
    segment: Segment,
    products: Products,
    vectors: Vectors,
    encode: Encode,
    locale: str,
    progress: Progress = no_progress,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> int:
    """Encode what the segment's products lack in the cache, in batches that each survive a crash.

    A product that has been written again since belongs to a later segment, and is left to it.
    What the encoder gives for one that is no unit vector is left out. Returns how many of the
    segment's products have their vector now.
    """
    known, matrix = vectors.get_many(segment.text_keys)
    encoded = int((known & _are_units(matrix)).sum())
    missing = np.flatnonzero(~known)
    total, done = len(segment.text_keys), len(segment.text_keys) - len(missing)
    for start in range(0, len(missing), _ENCODED_AT_ONCE):
        if is_cancelled():
            break
        batch = missing[start : start + _ENCODED_AT_ONCE]
        found = products.read([segment.columns.ids[ordinal] for ordinal in batch])
        texts = {text_key(text): text for p in found.values() if (text := encoder_text(p, locale))}
        wanted = {segment.text_keys[ordinal] for ordinal in batch}
        keys = [key for key in texts if key in wanted]
        if keys:
            made = encode.encode([texts[key] for key in keys])
            sound = _are_units(made)
            if not sound.all():
                _log.warning("no unit vectors of %d products", len(keys) - sound.sum())
            cached = [key for key, is_sound in zip(keys, sound, strict=True) if is_sound]
            vectors.put_many(cached, made[sound])
            encoded += sum(segment.text_keys[ordinal] in cached for ordinal in batch)
        done += len(batch)
        progress(done, total)
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


if __name__ == "__main__":
    import sys

    try:
        build_index(Path(sys.argv[1]))
    except Busy as error:
        _log.info("%s", error)  # somebody else builds: all is well
    except ShopkeeperError as error:
        sys.stdout.write(str(error))  # to the server that waits for it
        sys.exit(1)
