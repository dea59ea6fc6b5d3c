"""Which rows of the logs are one shopper's, and how do they leave files that servers write?

A row is a shopper's when it has their id, or nobody's name and one of their sessions or pages. A
session is theirs unless another shopper's name stands in it too; a page is theirs when its row in
the serve log is. Rows go whole, and a page goes with the events on it, so that what is left gives
true rates: fewer pages, and no page without its clicks.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from shopkeeper.store.locks import held, is_at
from shopkeeper.store.log_rows import EVENTS, SERVE_LOG, Codec, Owner, owner_of
from shopkeeper.store.logs import UNREADABLE, log_files, log_lines, not_a_row
from shopkeeper.store.sealed import sync

LOGS: Final[tuple[Codec[Any], ...]] = (SERVE_LOG, EVENTS)


@dataclass(frozen=True, slots=True)
class Trail:
    """By what the rows of one shopper are known."""

    shopper_id: str
    sessions: frozenset[str]
    pages: frozenset[str]
    """Query ids."""
    since_ms: int | None
    """Time of the first row; None: there is none."""

    def has(self, owner: Owner) -> bool:
        """Whether the row is the shopper's."""
        if _names(owner, self.shopper_id):
            return True
        if owner.has_name:
            return False
        return owner.session_id in self.sessions or owner.query_id in self.pages


def find_trail(folder: Path, shopper_id: str) -> Trail:
    """Look for the shopper in every file of the logs. Raises as `read_log` does."""
    needle = orjson.dumps(shopper_id)
    sessions = {shopper_id}  # a session's id may stand in for a shopper's
    for codec in LOGS:
        for _, owner in _owners(folder, codec, lambda line: needle in line):
            if _names(owner, shopper_id) and owner.session_id is not None:
                sessions.add(owner.session_id)
    near = [
        (codec, owner)
        for codec in LOGS
        for _, owner in _owners(folder, codec)
        if owner.session_id in sessions or _names(owner, shopper_id)
    ]
    sessions -= {
        owner.session_id or ""
        for _, owner in near
        if owner.has_name and not _names(owner, shopper_id)
    }
    known = Trail(shopper_id, frozenset(sessions), frozenset(), None)
    theirs = [owner for codec, owner in near if codec is SERVE_LOG and known.has(owner)]
    pages = frozenset(owner.query_id for owner in theirs if owner.query_id)
    times = [owner.timestamp_ms for owner in theirs]
    return Trail(shopper_id, known.sessions, pages, min(times, default=None))


def count_trail(folder: Path, trail: Trail) -> Counter[str]:
    """How many rows of each log, by its name, are the shopper's."""
    return Counter(
        codec.name for codec in LOGS for _, owner in _owners(folder, codec) if trail.has(owner)
    )


def remove_trail(folder: Path, trail: Trail) -> Counter[str]:
    """Take the shopper's rows out of every file; how many rows of each log, by its name.

    A file is old or new as a whole, whenever the process dies. Hold the logs' lock.
    """
    sweep(folder)
    removed: Counter[str] = Counter()
    for codec in LOGS:
        for path in log_files(folder, codec):
            owners = _owners_in(path)
            if is_torn(path) or any(trail.has(owner) for _, owner in owners):
                removed[codec.name] += _rewrite(path, lambda line: not trail.has(owner_of(line)))
    return removed


def sweep(folder: Path) -> None:
    """Remove what a rewriting left behind that was killed."""
    for path in folder.glob(".*.jsonl.tmp"):
        path.unlink()


def is_torn(path: Path) -> bool:
    """Whether the file ends within a line, which may be anybody's and which nobody reads."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read() != b"\n"


def _rewrite(path: Path, is_kept: Callable[[bytes], bool]) -> int:
    """Put a file without the other lines in its place, while its writer waits; how many went.

    The writer then finds another file there, and begins one of its own.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    with path.open("rb") as old, held(old.fileno()):
        if not is_at(path, old.fileno()):
            return 0
        removed = kept = 0
        with temporary.open("wb") as new:
            for line in old:
                if not line.endswith(b"\n"):
                    continue
                if is_kept(line):
                    new.write(line)
                    kept += 1
                else:
                    removed += 1
            new.flush()
            os.fsync(new.fileno())
        if kept:
            os.replace(temporary, path)
        else:
            path.unlink()
            temporary.unlink()
        sync(path.parent)
        return removed


def _owners(
    folder: Path, codec: Codec[Any], is_wanted: Callable[[bytes], bool] = lambda line: True
) -> Iterator[tuple[int, Owner]]:
    for path in log_files(folder, codec):
        yield from _owners_in(path, is_wanted)


def _owners_in(
    path: Path, is_wanted: Callable[[bytes], bool] = lambda line: True
) -> Iterator[tuple[int, Owner]]:
    for number, line in log_lines(path):
        if not is_wanted(line):
            continue
        try:
            owner = owner_of(line)
        except UNREADABLE as error:
            raise not_a_row(path, number, error) from None
        yield number, owner


def _names(owner: Owner, shopper_id: str) -> bool:
    return owner.shopper_id == shopper_id or shopper_id in owner.mentioned
