"""From a feed to a shop: rows to products, products to the store, the store to an index."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from shopkeeper.assemble.build import build_index
from shopkeeper.assemble.progress import Progress, no_progress
from shopkeeper.assemble.settings import FILE_NAME, ShopSettings, load_settings, save_settings
from shopkeeper.data import FeedCounts, open_feed
from shopkeeper.records import Refused
from shopkeeper.records.ports import Engine
from shopkeeper.store import Ingested, Mode, ShopFolder, noticing_a_full_disk, open_products
from shopkeeper.work import LocalEngine

REJECTS = "rejects.jsonl"
"""In the shop's folder: the rows of the last feed that are no products, and why."""

HERE = LocalEngine()
"""This process."""

BUILD_WAIT_S = 600.0
"""A server may be compacting when the feed is in; that takes seconds to minutes."""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of a feed."""

    format: str
    counts: FeedCounts
    ingested: Ingested
    rejects: Path
    index_version: str


def ensure_shop(root: Path, settings: ShopSettings) -> ShopSettings:
    """The shop's settings; where there is no shop yet, it is made with those given."""
    if not (root / FILE_NAME).exists():
        save_settings(root, settings)
    return load_settings(root)


_UNTOLD = "XXX"
"""ISO 4217's own code for no currency."""

_FIRST_PRODUCTS = 500


def feed_currency(feed_path: Path, feed_format: str | None = None) -> str | None:
    """The currency that a feed's first priced product names; None when its prices name none."""
    for product in islice(
        open_feed(feed_path, format=feed_format, currency=_UNTOLD), _FIRST_PRODUCTS
    ):
        if product.price is not None and product.price.currency != _UNTOLD:
            return product.price.currency
    return None


def is_taken_in(root: Path, feed_path: Path) -> bool:
    """Whether the shop has taken in a feed since this one was written."""
    rejects = root / REJECTS
    return rejects.exists() and rejects.stat().st_mtime >= feed_path.stat().st_mtime


def ingest(
    root: Path,
    feed_path: Path,
    *,
    mode: Mode = "replace",
    force: bool = False,
    feed_format: str | None = None,
    engine: Engine = HERE,
    reading: Progress = no_progress,
    indexing: Progress = no_progress,
) -> IngestReport:
    """Take a feed into the shop at `root` and build its next index generation.

    A server that has the shop open goes on meanwhile, and changes to the new generation by itself.

    Args:
        mode: "replace" removes what the feed lacks, "merge" keeps it.
        force: replace even when more than a fifth of the shop would vanish.
        feed_format: a name of `data.FORMATS`; None detects it.
        engine: who converts the feed's rows to products.
        reading, indexing: hear how far it is.

    Raises:
        NotFound: no such feed, or no shop. InvalidRecord: no products in it.
        Refused: too much would vanish; nothing has changed. Busy: another feed is being taken in.
        NoSpace: the disk is full. Nothing has changed, or only the index is still to be built.
    """
    settings, folder = load_settings(root), ShopFolder(root)
    with noticing_a_full_disk(root, "take the feed in again"):
        feed = open_feed(
            feed_path,
            format=feed_format,
            locale=settings.locale,
            currency=settings.currency,
            prices_in=settings.currency,
            rejects=root / REJECTS,
            engine=engine,
        )
        with open_products(folder, settings.shop_id, settings.products) as products:
            try:
                ingested = products.ingest(
                    feed, mode, force=force, progress=lambda done: reading(done, None)
                )
            except Refused as refused:
                raise _with_rejects(refused, feed.counts, root / REJECTS) from None
    version = build_index(root, indexing, wait_s=BUILD_WAIT_S)
    return IngestReport(feed.format.name, feed.counts, ingested, root / REJECTS, version)


def _with_rejects(refused: Refused, counts: FeedCounts, rejects: Path) -> Refused:
    """Products that seem to be lacking may stand in the feed, and have been rejected."""
    if not counts.rows_rejected:
        return refused
    field = next(iter(counts.rejected_for))
    what = (
        f"{refused.what}; {counts.rows_rejected:,} of its {counts.rows:,} rows were rejected, "
        f"mostly for their {field} ({rejects})"
    )
    return Refused(what, where=refused.where, expected=refused.expected, hint=refused.hint)
