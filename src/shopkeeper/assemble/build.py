"""From the products in the store to an artefact: the index, with its lexicon and suggestions.

Building needs nobody's leave: a server that is running goes on with the old artefacts, and takes
the new ones when they are promoted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from shopkeeper.assemble.lexicon import lexicon_beside
from shopkeeper.assemble.settings import load_settings
from shopkeeper.index import generation
from shopkeeper.records import Busy, ShopkeeperError
from shopkeeper.stages.guard import is_personal
from shopkeeper.stages.suggest import Asked, SuggestionConfig, SuggestionIndex, shoppers_by_query
from shopkeeper.store import (
    EVENTS,
    JSON,
    SERVE_LOG,
    ArtefactWriter,
    ShopFolder,
    exclusive,
    noticing_a_full_disk,
    open_products,
    read_log,
    registry_to_promote_in,
    serve_log_lineage,
)
from shopkeeper.text import analyser

_log = logging.getLogger(__name__)

INDEX, DENSE = "index", "dense"
"""Names of the artefacts."""

KEPT_VERSIONS = 3
"""Of each artefact: the live one, the one before, and one more."""

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
        open_products(folder, settings.shop_id, settings.products) as products,
        products.snapshot() as (seq, every),
    ):
        count = products.count
        config: dict[str, JSON] = {
            "format": generation.FORMAT,
            "seq": seq,
            "origin": products.origin,
            "locale": settings.locale,
            "currency": settings.currency,
            "analyser": analyser(settings.locale).version,
        }
        wanted = SuggestionConfig(shoppers=settings.suggest_shoppers)
        asked = _asked(folder, wanted)
        lineage = [f"products@{seq}", *serve_log_lineage(asked.latest_ms)]
        with (
            ArtefactWriter(folder.artefacts, INDEX, config=config, lineage=lineage) as writer,
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
                query_log=asked.shoppers,
                config=wanted,
            )
            (writer.folder / "suggestions").mkdir()
            suggestions.save(writer.folder / "suggestions")
        registry = registry_to_promote_in(folder)
        registry.promote(INDEX, writer.artefact.version)
        registry.prune(INDEX, KEPT_VERSIONS)
        return writer.artefact.version


def _asked(folder: ShopFolder, wanted: SuggestionConfig) -> Asked:
    """Distinct shoppers by query; a line of the log that cannot be read keeps no index from being
    built, and fsck names it."""
    left_out: list[ShopkeeperError] = []
    asked = shoppers_by_query(
        read_log(folder.logs, SERVE_LOG, left_out.append),
        read_log(folder.logs, EVENTS, left_out.append),
        wanted,
    )
    if left_out:
        _log.warning("%d lines of the logs are left out; %s", len(left_out), left_out[0])
    return asked


if __name__ == "__main__":
    import sys

    try:
        build_index(Path(sys.argv[1]))
    except Busy as error:
        _log.info("%s", error)  # somebody else builds: all is well
    except ShopkeeperError as error:
        sys.stdout.write(str(error))  # to the server that waits for it
        sys.exit(1)
