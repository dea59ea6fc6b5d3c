"""A feed in SQL: copied into a temporary table, then merged in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import psycopg

from shopkeeper.records import Busy, Product
from shopkeeper.store.feed import Ingested, Mode, check_loss, chunks, live_writes_win
from shopkeeper.store.postgres.batch import lock_shop, set_seq
from shopkeeper.store.postgres.connections import Connection

_INGESTING = 0x46656564
"""The advisory locks of who takes in a feed, by shop."""
_WAIT = "1s"
"""The session of one that was killed ends a moment later."""

_STAGE = """
    CREATE TEMPORARY TABLE feed (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id text COLLATE "C" NOT NULL, digest bytea, body bytea, volatile bytea
    )
"""
_COPY = "COPY feed (id, digest, body, volatile) FROM STDIN (FORMAT BINARY)"
_LATER_COUNTS = """
    DELETE FROM feed AS earlier USING feed AS later
    WHERE later.id = earlier.id AND later.position > earlier.position
"""
_LACKING = """
    CREATE TEMPORARY TABLE lacking ON COMMIT DROP AS
    SELECT p.ordinal, row_number() OVER (ORDER BY p.ordinal) AS place
    FROM shopkeeper.products AS p JOIN shopkeeper.states AS s USING (shop, ordinal)
    WHERE p.shop = %s AND p.digest IS NOT NULL AND s.body_seq <= %s
      AND NOT EXISTS (SELECT FROM feed AS f WHERE f.id = p.id)
"""
COUNT = "SELECT count(*) FROM shopkeeper.states WHERE shop = %s AND volatile IS NOT NULL"
_WRITTEN_LIVE = """
    SELECT f.position, s.body_seq, s.volatile, f.volatile
    FROM feed AS f
    JOIN shopkeeper.products AS p ON p.shop = %s AND p.id = f.id
    JOIN shopkeeper.states AS s USING (shop, ordinal)
    WHERE s.seq > %s
"""
_LEAVE = "DELETE FROM feed WHERE position = ANY (%s::bigint[])"
_ENTER = """
    UPDATE feed SET volatile = newer.volatile
    FROM unnest(%s::bigint[], %s::bytea[]) AS newer (position, volatile)
    WHERE feed.position = newer.position
"""
# body_seq is NULL where the body differs
_COMPARE = """
    CREATE TEMPORARY TABLE differing ON COMMIT DROP AS
    SELECT %s + row_number() OVER (ORDER BY f.position) AS seq, f.position,
           p.digest IS NULL AS is_new,
           CASE WHEN p.digest IS NOT DISTINCT FROM f.digest THEN s.body_seq END AS body_seq
    FROM feed AS f
    LEFT JOIN shopkeeper.products AS p ON p.shop = %s AND p.id = f.id
    LEFT JOIN shopkeeper.states AS s ON s.shop = p.shop AND s.ordinal = p.ordinal
    WHERE p.digest IS DISTINCT FROM f.digest OR s.volatile IS DISTINCT FROM f.volatile
"""
_PUT_BODIES = """
    INSERT INTO shopkeeper.products (shop, id, digest, body)
    SELECT %s, f.id, f.digest, f.body FROM differing AS d JOIN feed AS f USING (position)
    WHERE d.body_seq IS NULL ORDER BY d.seq
    ON CONFLICT (shop, id) DO UPDATE SET digest = excluded.digest, body = excluded.body
"""
_PUT_STATES = """
    INSERT INTO shopkeeper.states (shop, ordinal, seq, body_seq, volatile)
    SELECT p.shop, p.ordinal, d.seq, coalesce(d.body_seq, d.seq), f.volatile
    FROM differing AS d JOIN feed AS f USING (position)
    JOIN shopkeeper.products AS p ON p.shop = %s AND p.id = f.id
    ON CONFLICT (shop, ordinal) DO UPDATE
    SET seq = excluded.seq, body_seq = excluded.body_seq, volatile = excluded.volatile
"""
_DROP_BODIES = """
    UPDATE shopkeeper.products AS p SET digest = NULL, body = NULL
    FROM lacking AS l WHERE p.shop = %s AND p.ordinal = l.ordinal
"""
_DROP_STATES = """
    UPDATE shopkeeper.states AS s
    SET seq = %s + l.place, body_seq = %s + l.place, volatile = NULL
    FROM lacking AS l WHERE s.shop = %s AND s.ordinal = l.ordinal
"""
_HOLDER = """
    SELECT a.application_name FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %s AND l.objid = %s
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@contextmanager
def ingesting(connection: Connection, shop: int, label: str) -> Iterator[None]:
    """Be the one who takes in a feed; the session's end lets go, however it ends.

    Raises:
        Busy: somebody else is.
    """
    with connection.transaction():
        connection.execute(f"SET LOCAL lock_timeout = '{_WAIT}'".encode())
        try:
            connection.execute("SELECT pg_advisory_lock(%s, %s)", (_INGESTING, shop))
        except psycopg.errors.LockNotAvailable:
            held = True
        else:
            held = False
    if held:
        holder = connection.execute(_HOLDER, (_INGESTING, shop)).fetchone()
        raise Busy(
            f"held by {(holder and holder[0]) or 'another process'} (ingest)",
            where=label,
            hint="wait until it is done, or end that process",
        )
    yield
    connection.execute("SELECT pg_advisory_unlock(%s, %s)", (_INGESTING, shop))


def stage(
    connection: Connection, products: Iterable[Product], progress: Callable[[int], None] | None
) -> None:
    """Copy the feed into the session's own temporary table, a chunk at a time.

    Of two products with one id the later counts. Raises InvalidRecord when the feed is empty.
    """
    connection.execute(_STAGE)
    for chunk in chunks(products, progress):
        with connection.cursor().copy(_COPY) as copy:
            copy.set_types(("text", "bytea", "bytea", "bytea"))
            for piece in chunk:
                copy.write_row((piece.id, piece.digest, piece.body, piece.volatile))
    connection.execute("ANALYZE feed")  # nobody else does it to a temporary table
    connection.execute(_LATER_COUNTS)


def merge(connection: Connection, shop: int, began_at: int, mode: Mode, force: bool) -> Ingested:
    """Write what differs between the staged feed and the shop, within the caller's transaction.

    Args:
        began_at: the store's seq when the reading of the feed began.
        force: replace even when more than `LARGEST_LOSS` of the shop vanishes.

    Raises:
        Refused: it would, without `force`.
    """
    seq = lock_shop(connection, shop)
    offered = _number(connection, "SELECT count(*) FROM feed")
    lost = 0
    if mode == "replace":
        lost = connection.execute(_LACKING, (shop, began_at)).rowcount
        if not force:
            check_loss(lost, _number(connection, COUNT, shop))
    written_live = connection.cursor(binary=True).execute(_WRITTEN_LIVE, (shop, began_at))
    live = live_writes_win(written_live.fetchall(), began_at)
    connection.execute(_LEAVE, (live.gone,))
    connection.execute(_ENTER, ([n for n, _ in live.patched], [v for _, v in live.patched]))

    differing = connection.execute(_COMPARE, (seq, shop)).rowcount
    added = _number(connection, "SELECT count(*) FROM differing WHERE is_new")
    connection.execute("ANALYZE differing")
    connection.execute(_PUT_BODIES, (shop,))
    connection.execute(_PUT_STATES, (shop,))
    seq += differing
    if lost:
        connection.execute(_DROP_BODIES, (shop,))
        connection.execute(_DROP_STATES, (seq, seq, shop))
        seq += lost
    set_seq(connection, shop, seq)
    return Ingested(
        added=added,
        changed=differing - added,
        unchanged=offered - differing,
        removed=lost,
        seq=seq,
    )


def _number(connection: Connection, query: str, *arguments: int) -> int:
    row = connection.execute(query.encode(), arguments).fetchone()
    assert row is not None, "a count gives one row"
    return int(row[0])
