"""What does a batch of writes make of the products?

The batch is played in memory upon what is stored, then the outcome is written: a product that is
written five times in a batch costs one row, and one that ends as it began costs none.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from shopkeeper.records import NotFound, Refused, ShopkeeperError
from shopkeeper.records.ports import Patch, Put, Write, Written
from shopkeeper.store.volatile import patched, split

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


@dataclass(frozen=True, slots=True)
class _State:
    """A product within the batch; the digest is None while there is no such product."""

    digest: bytes | None = None
    volatile: bytes | None = None
    body: bytes | None = None
    """None also while it is the stored one, which nobody needs to read."""


_ABSENT = _State()


def apply(connection: sqlite3.Connection, writes: Sequence[Write]) -> Written:
    """Play the writes in order and store the outcome, within the caller's transaction."""
    ordinals, before = _stored(connection, {_id(write) for write in writes})
    after = dict(before)
    touched: dict[str, None] = {}
    refused = []
    for index, write in enumerate(writes):
        product_id = _id(write)
        try:
            after[product_id] = _next(after.get(product_id, _ABSENT), write)
        except ShopkeeperError as error:
            refused.append((index, str(error)))
        else:
            touched.pop(product_id, None)  # the order of the last writes is the order of seq
            touched[product_id] = None

    seq = last_seq(connection)
    bodies, states, patches = [], [], []
    for product_id in touched:
        old, new = before.get(product_id, _ABSENT), after[product_id]
        if old.digest != new.digest:
            seq += 1
            bodies.append((product_id, new.digest, new.body))
            states.append((seq, new.volatile, product_id))
        elif old.volatile != new.volatile:
            seq += 1
            patches.append((seq, new.volatile, ordinals[product_id]))
    connection.executemany(_PUT_BODY, bodies)
    connection.executemany(_PUT_STATE, states)
    connection.executemany(_PATCH_STATE, patches)
    return Written(seq, accepted=len(writes) - len(refused), refused=tuple(refused))


def as_json_array(ids: Iterable[str]) -> str:
    """Ids as SQLite's json_each reads them; in ASCII, so that no id a caller makes up fails."""
    return json.dumps(list(ids))


def last_seq(connection: sqlite3.Connection) -> int:
    """The number of the latest change; rows of deleted products stay, so it never goes back."""
    (seq,) = connection.execute("SELECT coalesce(max(seq), 0) FROM states").fetchone()
    return int(seq)


def _id(write: Write) -> str:
    return write.product.id if isinstance(write, Put) else write.product_id


def _stored(
    connection: sqlite3.Connection, ids: Iterable[str]
) -> tuple[dict[str, int], dict[str, _State]]:
    rows = connection.execute(_STORED, (as_json_array(ids),)).fetchall()
    ordinals = {product_id: ordinal for product_id, ordinal, _, _ in rows}
    return ordinals, {row[0]: _State(digest=row[2], volatile=row[3]) for row in rows}


def _next(state: _State, write: Write) -> _State:
    if isinstance(write, Put):
        if write.over is not None:
            known = split(write.over)
            if (known.digest, known.volatile) != (state.digest, state.volatile):
                raise Refused("somebody else has changed it", where=f"product {write.product.id}")
        new = split(write.product)
        return _State(new.digest, new.volatile, new.body)
    if isinstance(write, Patch):
        if state.volatile is None:
            raise NotFound("no such product", where=f"product {write.product_id}")
        return replace(state, volatile=patched(state.volatile, write))
    return _ABSENT
