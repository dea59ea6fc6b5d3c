"""What does a whole feed make of the products?

Reading a feed takes minutes, and live writes go on meanwhile. So the feed is staged in a temporary
table, which locks nobody out, and one short transaction writes what differs. A live write that
came after the reading began is newer than the feed, and stays.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Literal, TypeAlias

from shopkeeper.records import InvalidRecord, Product, Refused
from shopkeeper.store.volatile import carried_over, split
from shopkeeper.store.writes import last_seq

Mode: TypeAlias = Literal["replace", "merge"]
"""replace: what the feed lacks leaves the shop. merge: it stays."""

LARGEST_LOSS = 0.2
"""A feed without more than this share of the shop's products is taken for a broken one."""

_CHUNK = 1000

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


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a feed did to the shop, in products.

    `unchanged` counts those that were the same already, and those that a live write made newer.
    """

    added: int
    changed: int
    unchanged: int
    removed: int
    seq: int
    """The store's sequence number after it."""


def stage(
    connection: sqlite3.Connection,
    products: Iterable[Product],
    progress: Callable[[int], None] | None,
) -> None:
    """Read the feed into the connection's own temporary table, a chunk at a time.

    Of two products with one id the later counts. `progress` hears how many have been read.

    Raises:
        InvalidRecord: the feed is empty.
    """
    for statement in _STAGE:
        connection.execute(statement)
    rest, read = iter(products), 0
    while chunk := [split(product) for product in islice(rest, _CHUNK)]:
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT OR REPLACE INTO feed (id, digest, body, volatile) VALUES (?, ?, ?, ?)",
            [(piece.id, piece.digest, piece.body, piece.volatile) for piece in chunk],
        )
        connection.execute("COMMIT")
        read += len(chunk)
        if progress:
            progress(read)
    if not read:
        raise InvalidRecord(
            "the feed holds no product",
            expected="at least one",
            hint="look at the feed and its rejects; the shop is as it was",
        )


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
        _check_loss(connection, len(lacking))
    _let_live_writes_win(connection, began_at)

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


def _check_loss(connection: sqlite3.Connection, lost: int) -> None:
    (had,) = connection.execute("SELECT count(*) FROM states WHERE volatile IS NOT NULL").fetchone()
    if lost > LARGEST_LOSS * had:
        raise Refused(
            f"{lost:,} of the shop's {had:,} products are not in the feed and would vanish",
            expected=f"at most {LARGEST_LOSS:.0%}",
            hint="look whether the feed is whole; --force replaces the shop all the same,"
            " --mode merge keeps what the feed lacks",
        )


def _let_live_writes_win(connection: sqlite3.Connection, began_at: int) -> None:
    """Of what was written since: a put or deleted product leaves the feed, a patch enters it."""
    for position, body_seq, newer, fed in connection.execute(_WRITTEN_LIVE, (began_at,)).fetchall():
        if body_seq > began_at:
            connection.execute("DELETE FROM feed WHERE position = ?", (position,))
        else:
            connection.execute(
                "UPDATE feed SET volatile = ? WHERE position = ?",
                (carried_over(newer, onto=fed), position),
            )
