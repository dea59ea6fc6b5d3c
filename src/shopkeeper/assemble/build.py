"""From the products in the store to an artefact: the index, with its lexicon and suggestions.

Building needs nobody's leave: a server that is running goes on with the old artefacts, and takes
the new ones when they are promoted.
"""

from __future__ import annotations

import logging
from pathlib import Path

from shopkeeper.assemble.analysis import gather
from shopkeeper.assemble.progress import Progress, no_progress
from shopkeeper.assemble.settings import load_settings
from shopkeeper.index import generation
from shopkeeper.records import Busy, ShopkeeperError
from shopkeeper.stages.guard import is_personal
from shopkeeper.stages.suggest import Asked, SuggestionConfig, SuggestionIndex, shoppers_by_query
from shopkeeper.stages.understand import Lexicon
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
        words = analyser(settings.locale)
        with ArtefactWriter(folder.artefacts, INDEX, config=config, lineage=lineage) as writer:
            gathered = gather(every, count, settings.locale, progress)
            generation.write_segment(writer.folder, gathered.segment)
            gathered.segment.clear()  # a gigabyte, of a million products
            lexicon = Lexicon.of(gathered.lexicon, words)
            suggestions = SuggestionIndex.of(
                gathered.suggestions,
                words,
                is_personal=is_personal,
                query_log=asked.shoppers,
                config=wanted,
            )
            for artefact, name in ((lexicon, "lexicon"), (suggestions, "suggestions")):
                (writer.folder / name).mkdir()
                artefact.save(writer.folder / name)
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
