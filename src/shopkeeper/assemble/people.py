"""What does the shop do with what it knows of people? Forgetting on request, and in time."""

from __future__ import annotations

from pathlib import Path

from shopkeeper.assemble.settings import load_settings
from shopkeeper.records import Forgotten
from shopkeeper.store import ShopFolder, finish_forgetting, forget, logs_lock, retain


def forget_shopper(root: Path, shopper_id: str, *, dry_run: bool = False) -> Forgotten:
    """Remove all that the shop at `root` knows of a shopper; as `store.forget`."""
    settings = load_settings(root)
    return forget(ShopFolder(root), settings.shop_id, shopper_id, dry_run=dry_run)


def retain_logs(root: Path) -> list[Path]:
    """Remove log files older than the shop's settings keep them, and finish what was killed.

    Returns the files that went.
    """
    settings, folder = load_settings(root), ShopFolder(root)
    with logs_lock(folder, "removing old logs"):
        finish_forgetting(folder, settings.shop_id)
        return retain(folder.logs, settings.keep_logs_days)
