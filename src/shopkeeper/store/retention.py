"""How long are logs kept? Whole files, by the day of their names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import time

from shopkeeper.store.locks import held
from shopkeeper.store.logs import day_of, log_files
from shopkeeper.store.sealed import sync
from shopkeeper.store.trail import LOGS


def retain(folder: Path, days: int, *, clock: Callable[[], float] = time) -> list[Path]:
    """Remove the files that were begun more than `days` days ago (UTC); hold the logs' lock.

    Returns their paths. 0 keeps everything. A server that still writes to such a file, which no
    server does a day later, begins another one.
    """
    if not days:
        return []
    first_kept = day_of((datetime.fromtimestamp(clock(), UTC) - timedelta(days)).timestamp())
    removed = []
    for codec in LOGS:
        for path in log_files(folder, codec):
            if path.stem.removeprefix(f"{codec.name}-")[: len(first_kept)] < first_kept:
                with path.open("rb") as file, held(file.fileno()):
                    path.unlink()
                removed.append(path)
    if removed:
        sync(folder)
    return removed
