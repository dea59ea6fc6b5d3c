"""What does the shop do with what it knows of people?

Nothing that tells who somebody is is written into the logs unasked; a shopper is forgotten on
request, and everybody in time.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from shopkeeper.assemble.settings import load_settings
from shopkeeper.records import Event, Forgotten, ServeLogRow
from shopkeeper.stages.guard import redact
from shopkeeper.store import Log, ShopFolder, finish_forgetting, forget, logs_lock, retain

_IDS = re.compile("-?(?:id|sku):")


class RedactedLog:
    """Implements `online.serve_log.RowLog`: what is typed is redacted before it is written."""

    def __init__(self, log: Log[ServeLogRow]) -> None:
        self._log = log

    def append(self, row: ServeLogRow) -> bool:
        return self._log.append(redacted_row(row))


def redacted_row(row: ServeLogRow) -> ServeLogRow:
    """The row without what is personal in the query and the filters, which may be typed.

    Ids of products stay: some look like telephone numbers.
    """
    filters = tuple(text if _IDS.match(text) else redact(text) for text in row.filters)
    return replace(row, query_text=redact(row.query_text), filters=filters)


def redacted_event(event: Event) -> Event:
    """The event without what is personal in the texts of its attributes."""
    texts = {name: redact(v) for name, v in event.attributes.items() if isinstance(v, str)}
    return replace(event, attributes={**event.attributes, **texts}) if texts else event


def forget_shopper(root: Path, shopper_id: str, *, dry_run: bool = False) -> Forgotten:
    """Remove all that the shop at `root` knows of a shopper; as `store.forget`."""
    settings = load_settings(root)
    return forget(
        ShopFolder(root), settings.shop_id, shopper_id, cache=settings.cache, dry_run=dry_run
    )


def retain_logs(root: Path, *, wait_s: float = 60.0) -> list[Path]:
    """Remove log files older than the shop's settings keep them, and finish what was killed.

    Returns the files that went. Waits `wait_s` seconds for whoever forgets a shopper meanwhile;
    raises Busy when that is not done then.
    """
    settings, folder = load_settings(root), ShopFolder(root)
    with logs_lock(folder, "removing old logs", wait_s=wait_s):
        finish_forgetting(folder, settings.shop_id, settings.cache)
        return retain(folder.logs, settings.keep_logs_days)
