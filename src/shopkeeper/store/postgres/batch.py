"""A batch of writes in SQL: what is stored is read, what came of the batch is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shopkeeper.records import CorruptArtefact
from shopkeeper.records.ports import Write, Written
from shopkeeper.store.postgres.connections import Connection
from shopkeeper.store.writes import Outcome, State, ids_of, play

# Numbers become visible in their order, since who gives the next waits here for who gave the last
# to commit. A sequence would let a later number be seen before an earlier one, and a reader that
# follows `seq` would never hear of that.
_LOCK = "SELECT seq FROM shopkeeper.shops WHERE shop = %s FOR UPDATE"
_SET_SEQ = "UPDATE shopkeeper.shops SET seq = %s WHERE shop = %s"
_STORED = """
    SELECT p.id, p.ordinal, p.digest, s.volatile
    FROM shopkeeper.products AS p JOIN shopkeeper.states AS s USING (shop, ordinal)
    WHERE p.shop = %s AND p.id = ANY (%s::text[])
"""
_PUT_BODIES = """
    INSERT INTO shopkeeper.products (shop, id, digest, body)
    SELECT %s, id, digest, body
    FROM unnest(%s::text[], %s::bytea[], %s::bytea[])
         WITH ORDINALITY AS new (id, digest, body, place)
    ORDER BY place
    ON CONFLICT (shop, id) DO UPDATE SET digest = excluded.digest, body = excluded.body
"""
_PUT_STATES = """
    INSERT INTO shopkeeper.states (shop, ordinal, seq, body_seq, volatile)
    SELECT p.shop, p.ordinal, new.seq, new.seq, new.volatile
    FROM unnest(%s::bigint[], %s::text[], %s::bytea[]) AS new (seq, id, volatile)
    JOIN shopkeeper.products AS p ON p.shop = %s AND p.id = new.id
    ON CONFLICT (shop, ordinal) DO UPDATE
    SET seq = excluded.seq, body_seq = excluded.body_seq, volatile = excluded.volatile
"""
_PATCH_STATES = """
    UPDATE shopkeeper.states AS s SET seq = new.seq, volatile = new.volatile
    FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[]) AS new (seq, ordinal, volatile)
    WHERE s.shop = %s AND s.ordinal = new.ordinal
"""


def apply(connection: Connection, shop: int, writes: Sequence[Write]) -> Written:
    """Play the writes in order and store the outcome, within the caller's transaction."""
    seq = lock_shop(connection, shop)
    stored = (
        connection.cursor(binary=True).execute(_STORED, (shop, storable(ids_of(writes)))).fetchall()
    )
    ordinals = {product_id: ordinal for product_id, ordinal, _, _ in stored}
    before = {row[0]: State(digest=row[2], volatile=row[3]) for row in stored}
    outcome = play(writes, before, seq)
    if outcome.written.seq > seq:
        with connection.pipeline():
            _store(connection, shop, outcome, ordinals)
    return outcome.written


def lock_shop(connection: Connection, shop: int) -> int:
    """The number of the latest change; until the transaction ends nobody else gives the next."""
    row = connection.execute(_LOCK, (shop,)).fetchone()
    if row is None:
        raise shop_is_gone()
    return int(row[0])


def shop_is_gone() -> CorruptArtefact:
    """Somebody else removed the row that was there, or made, when the store was opened."""
    return CorruptArtefact(
        "the shop's row is gone",
        where="shopkeeper.shops",
        hint="restore the database from a backup, or start again and ingest the feed",
    )


def set_seq(connection: Connection, shop: int, seq: int) -> None:
    """Note the number of the latest change."""
    connection.execute(_SET_SEQ, (seq, shop))


def storable(ids: Iterable[str]) -> list[str]:
    """Those that a product can have. A caller may make up others, which PostgreSQL cannot read."""
    return [i for i in ids if "\0" not in i and not any("\ud800" <= c <= "\udfff" for c in i)]


def _store(connection: Connection, shop: int, outcome: Outcome, ordinals: dict[str, int]) -> None:
    if outcome.bodies:
        seqs, ids, digests, bodies, volatiles = map(list, zip(*outcome.bodies, strict=True))
        connection.execute(_PUT_BODIES, (shop, ids, digests, bodies))
        connection.execute(_PUT_STATES, (seqs, ids, volatiles, shop))
    if outcome.patches:
        seqs, ids, volatiles = map(list, zip(*outcome.patches, strict=True))
        places = [ordinals[product_id] for product_id in ids]
        connection.execute(_PATCH_STATES, (seqs, places, volatiles, shop))
    set_seq(connection, shop, outcome.written.seq)
