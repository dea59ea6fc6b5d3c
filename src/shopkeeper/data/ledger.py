"""Which rows belong together, and which id stood before?

Kept in a private temporary SQLite database on disk, so that a feed of any size needs the memory
of a small one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence

from shopkeeper.data.layout import Row

_CACHE_KIB = 32 * 1024


class Ledger:
    """Remembers rows by group and products by id until it is closed."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)  # "": on disk, gone when closed
        self._db.executescript(
            f"""
            PRAGMA cache_size = -{_CACHE_KIB};
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            CREATE TABLE grouped (key TEXT NOT NULL, number INTEGER NOT NULL, fields TEXT NOT NULL);
            CREATE TABLE products (id TEXT PRIMARY KEY, rows TEXT NOT NULL) WITHOUT ROWID;
            BEGIN;
            """
        )

    def close(self) -> None:
        self._db.close()

    def hold(self, key: str, row: Row) -> None:
        """Keep a row until all rows of its group are known."""
        self._db.execute(
            "INSERT INTO grouped VALUES (?, ?, ?)", (key, row.number, json.dumps(row.fields))
        )

    def groups(self) -> Iterator[list[Row]]:
        """The rows held, a list for each group, in the order of the groups' first rows."""
        self._db.execute("CREATE INDEX by_key ON grouped (key)")
        keys = self._db.execute("SELECT key FROM grouped GROUP BY key ORDER BY min(rowid)")
        for (key,) in keys:
            rows = self._db.execute(
                "SELECT number, fields FROM grouped WHERE key = ? ORDER BY rowid", (key,)
            )
            yield [Row(number, json.loads(fields)) for number, fields in rows]

    def enter(self, product_id: str, rows: Sequence[int]) -> list[int]:
        """Note the numbers of the rows that make the product; those that made it before."""
        numbers = json.dumps(rows)
        before = self._db.execute(
            "SELECT rows FROM products WHERE id = ?", (product_id,)
        ).fetchone()
        self._db.execute("REPLACE INTO products VALUES (?, ?)", (product_id, numbers))
        return list(json.loads(before[0])) if before else []
