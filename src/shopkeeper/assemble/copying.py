"""From one store to another: how a shop outgrows its file, and comes back."""

from __future__ import annotations

from pathlib import Path

from shopkeeper.assemble.progress import Progress, no_progress
from shopkeeper.assemble.settings import load_settings
from shopkeeper.records import InvalidRequest
from shopkeeper.store import Ingested, ShopFolder, open_products


def copy_products(
    root: Path, to: str, *, force: bool = False, copying: Progress = no_progress
) -> Ingested:
    """Make the store at the address `to` hold what the shop's store holds at this moment.

    The shop goes on standing on the one that its settings name, and takes writes meanwhile. Only
    what differs is written, so that a second copy is quick.

    Args:
        to: as the setting `products` has it.
        force: also when more than a fifth of what is there would vanish.

    Raises:
        InvalidRequest: it is the store that the shop stands on. Refused: too much would vanish.
    """
    settings, folder = load_settings(root), ShopFolder(root)
    with (
        open_products(folder, settings.shop_id, settings.products) as source,
        open_products(folder, settings.shop_id, to) as target,
    ):
        if source.origin == target.origin:
            raise InvalidRequest(
                "the shop stands on this store already",
                where=str(root),
                expected="another address than products in shop.toml",
            )
        total = source.count
        with source.snapshot() as (_, products):
            return target.ingest(
                products, "replace", force=force, progress=lambda done: copying(done, total)
            )
