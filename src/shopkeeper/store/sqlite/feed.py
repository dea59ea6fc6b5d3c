"""A feed in SQL: staged in a temporary table, then merged in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable

from shopkeeper.records import Product
from shopkeeper.store.feed import Ingested, Mode, check_loss, chunks, live_writes_win
from shopkeeper.store.sqlite.batch import last_seq

COUNT = "SELECT count(*) FROM states WHERE volatile IS NOT NULL"

_STAGE = (
    "CREATE TEMP TABLE feed (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " digest BLOB, body BLOB, volatile BLOB)",
    # body_seq is NULL where the body differs
    "CREATE TEMP TABLE differing (seq INTEGER, position INTEGER, is_new INTEGER, body_seq INTEGER)",
)
_WRITTEN_LIVE = """
    SELECT f.position, s.body_seq, s.volatile, f.volatile
    FROM feed AS f JOIN products AS p USING (id) JOIN states AS s USING (ordinal)
    WHERE s.seq > ?
"""
_COMPARE = """
    INSERT INTO differing
    SELECT ? + row_number() OVER (ORDER BY f.position), f.position, p.digest IS NULL,
           CASE WHEN p.digest IS f.digest THEN s.body_seq END
    FROM feed AS f LEFT JOIN products AS p USING (id) LEFT JOIN states AS s USING (ordinal)
    WHERE p.digest IS NOT f.digest OR s.volatile IS NOT f.volatile
"""
_PUT_BODIES = """
    INSERT INTO products (id, digest, body)
    SELECT f.id, f.digest, f.body FROM differing AS d JOIN feed AS f USING (position)
    WHERE d.body_seq IS NULL ORDER BY d.seq
    ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, body = excluded.body
"""
_PUT_STATES = """
    INSERT INTO states (ordinal, seq, body_seq, volatile)
    SELECT p.ordinal, d.seq, coalesce(d.body_seq, d.seq), f.volatile
    FROM differing AS d JOIN feed AS f USING (position) JOIN products AS p USING (id)
    WHERE true
    ON CONFLICT (ordinal) DO UPDATE
    SET seq = excluded.seq, body_seq = excluded.body_seq, volatile = excluded.volatile
"""
_LACKING = """
    SELECT p.ordinal FROM products AS p JOIN states AS s USING (ordinal)
    WHERE p.digest IS NOT NULL AND s.body_seq <= ? AND p.id NOT IN (SELECT id FROM feed)
    ORDER BY p.ordinal
"""
_DROP_BODY = "UPDATE products SET digest = NULL, body = NULL WHERE ordinal = ?"
_DROP_STATE = "UPDATE states SET seq = ?1, body_seq = ?1, volatile = NULL WHERE ordinal = ?2"


def stage(
    connection: sqlite3.Connection,
    products: Iterable[Product],
    progress: Callable[[int], None] | None,
) -> None:
    """Read the feed into the connection's own temporary table, a chunk at a time.

    Of two products with one id the later counts. Raises InvalidRecord when the feed is empty.
    """
    for statement in _STAGE:
        connection.execute(statement)
    for chunk in chunks(products, progress):
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT OR REPLACE INTO feed (id, digest, body, volatile) VALUES (?, ?, ?, ?)",
            [(piece.id, piece.digest, piece.body, piece.volatile) for piece in chunk],
        )
        connection.execute("COMMIT")


def merge(connection: sqlite3.Connection, began_at: int, mode: Mode, force: bool) -> Ingested:
    """Write what differs between the staged feed and the shop, within the caller's transaction.

    Args:
        began_at: the store's seq when the reading of the feed began.
        force: replace even when more than `LARGEST_LOSS` of the shop vanishes.

    Raises:
        Refused: it would, without `force`.
    """
    (offered,) = connection.execute("SELECT count(*) FROM feed").fetchone()
    lacking = connection.execute(_LACKING, (began_at,)).fetchall() if mode == "replace" else []
    if not force:
        check_loss(len(lacking), *connection.execute(COUNT).fetchone())
    live = live_writes_win(connection.execute(_WRITTEN_LIVE, (began_at,)), began_at)
    connection.executemany("DELETE FROM feed WHERE position = ?", [(n,) for n in live.gone])
    connection.executemany(
        "UPDATE feed SET volatile = ?2 WHERE position = ?1",
        live.patched,
    )

    seq = last_seq(connection)
    connection.execute(_COMPARE, (seq,))
    differing, added = connection.execute(
        "SELECT count(*), coalesce(sum(is_new), 0) FROM differing"
    ).fetchone()
    connection.execute(_PUT_BODIES)
    connection.execute(_PUT_STATES)
    seq += differing
    connection.executemany(_DROP_BODY, lacking)
    connection.executemany(
        _DROP_STATE, [(seq + n, ordinal) for n, (ordinal,) in enumerate(lacking, start=1)]
    )
    return Ingested(
        added=added,
        changed=differing - added,
        unchanged=offered - differing,
        removed=len(lacking),
        seq=seq + len(lacking),
    )
