"""A batch of writes in SQL: what is stored is read, what came of the batch is written."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

from shopkeeper.records.ports import Write, Written
from shopkeeper.store.writes import State, ids_of, play

_STORED = """
    SELECT p.id, p.ordinal, p.digest, s.volatile
    FROM json_each(?) AS wanted
    CROSS JOIN products AS p ON p.id = wanted.value
    CROSS JOIN states AS s ON s.ordinal = p.ordinal
"""
_PUT_BODY = """
    INSERT INTO products (id, digest, body) VALUES (?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, body = excluded.body
"""
_PUT_STATE = """
    INSERT INTO states (ordinal, seq, body_seq, volatile)
    SELECT ordinal, ?1, ?1, ?2 FROM products WHERE id = ?3
    ON CONFLICT (ordinal) DO UPDATE
    SET seq = excluded.seq, body_seq = excluded.body_seq, volatile = excluded.volatile
"""
_PATCH_STATE = "UPDATE states SET seq = ?, volatile = ? WHERE ordinal = ?"


def apply(connection: sqlite3.Connection, writes: Sequence[Write]) -> Written:
    """Play the writes in order and store the outcome, within the caller's transaction."""
    stored = connection.execute(_STORED, (as_json_array(ids_of(writes)),)).fetchall()
    ordinals = {product_id: ordinal for product_id, ordinal, _, _ in stored}
    before = {row[0]: State(digest=row[2], volatile=row[3]) for row in stored}
    outcome = play(writes, before, last_seq(connection))
    connection.executemany(_PUT_BODY, [(new.id, new.digest, new.body) for new in outcome.bodies])
    connection.executemany(_PUT_STATE, [(new.seq, new.volatile, new.id) for new in outcome.bodies])
    connection.executemany(
        _PATCH_STATE, [(new.seq, new.volatile, ordinals[new.id]) for new in outcome.patches]
    )
    return outcome.written


def as_json_array(ids: Iterable[str]) -> str:
    """Ids as SQLite's json_each reads them; in ASCII, so that no id a caller makes up fails."""
    return json.dumps(list(ids))


def last_seq(connection: sqlite3.Connection) -> int:
    """The number of the latest change; rows of deleted products stay, so it never goes back."""
    (seq,) = connection.execute("SELECT coalesce(max(seq), 0) FROM states").fetchone()
    return int(seq)
