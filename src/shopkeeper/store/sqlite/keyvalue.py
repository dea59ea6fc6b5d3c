"""Values by key in an SQLite file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from shopkeeper.records import Busy
from shopkeeper.store.sqlite.batch import as_json_array
from shopkeeper.store.sqlite.database import (
    Readers,
    Schema,
    open_database,
    transaction,
    translated,
)

SCHEMA: Final = Schema(
    application=0x53684B56,  # "ShKV"
    format=1,
    tables="""
        CREATE TABLE entries (
            shop_id TEXT NOT NULL,
            key TEXT NOT NULL,
            value BLOB NOT NULL,
            expires_at REAL,
            PRIMARY KEY (shop_id, key)
        ) WITHOUT ROWID;
        CREATE INDEX entries_by_expiry ON entries (expires_at) WHERE expires_at IS NOT NULL
    """,
    synchronous="NORMAL",
    erases=True,
)

_GET = """
    SELECT e.key, e.value
    FROM json_each(?) AS wanted
    CROSS JOIN entries AS e ON e.shop_id = ? AND e.key = wanted.value
    WHERE e.expires_at IS NULL OR e.expires_at > ?
"""
_ERASE = "DELETE FROM entries WHERE shop_id = ? AND key >= ? AND substr(key, 1, ?) = ?"
_COUNT = """
    SELECT count(*) FROM entries
    WHERE shop_id = ? AND key >= ? AND substr(key, 1, ?) = ?
      AND (expires_at IS NULL OR expires_at > ?)
"""


class SqliteKeyValue:
    """`KeyValue` in an SQLite file that several shops, threads and processes may share."""

    def __init__(self, path: Path, shop_id: str, *, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since 1970, the same for every process."""
        self._path, self._shop_id, self._clock = path, shop_id, clock
        self._readers = Readers(path, SCHEMA)
        self._writer = open_database(path, SCHEMA)
        self._lock = threading.Lock()

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        with self._readers.borrow() as connection:
            rows = connection.execute(_GET, (as_json_array(keys), self._shop_id, self._clock()))
            found = dict(rows.fetchall())
        return {key: found[key] for key in keys if key in found}

    def put_many(self, values: Mapping[str, bytes], *, lifetime_s: float | None = None) -> None:
        now = self._clock()
        expires_at = None if lifetime_s is None else now + lifetime_s
        rows = [(self._shop_id, key, value, expires_at) for key, value in values.items()]
        with self._lock, translated(self._path), transaction(self._writer):
            self._writer.execute("DELETE FROM entries WHERE expires_at <= ?", (now,))
            self._writer.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", rows)

    def delete(self, keys: Sequence[str]) -> None:
        with self._lock, translated(self._path), transaction(self._writer):
            self._writer.executemany(
                "DELETE FROM entries WHERE shop_id = ? AND key = ?",
                [(self._shop_id, key) for key in keys],
            )

    def count(self, prefix: str = "") -> int:
        arguments = (self._shop_id, prefix, len(prefix), prefix, self._clock())
        with self._readers.borrow() as connection:
            (number,) = connection.execute(_COUNT, arguments).fetchone()
        return int(number)

    def erase(self, prefix: str) -> int:
        """As `KeyValue.erase`. Raises Busy while a reader holds on to what was there before."""
        with self._lock, translated(self._path):
            with transaction(self._writer):
                cursor = self._writer.execute(_ERASE, (self._shop_id, prefix, len(prefix), prefix))
            # The log of writes has the old pages until it is cut off.
            (is_busy, *_) = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            raise Busy(
                "what was removed still stands in the log of writes",
                where=f"{self._path}-wal",
                hint="do it again when nobody reads",
            )
        return cursor.rowcount

    def close(self) -> None:
        """Let go of the file."""
        self._readers.close()
        with self._lock:
            self._writer.close()
