"""The products of one shop in a PostgreSQL database."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self

from shopkeeper.records import Product
from shopkeeper.records.ports import Write, Written
from shopkeeper.store.decoded import CACHED_PRODUCTS, DecodedProducts
from shopkeeper.store.feed import Ingested, Mode
from shopkeeper.store.postgres.batch import apply, shop_is_gone, storable
from shopkeeper.store.postgres.connections import (
    READER,
    WRITER,
    Connection,
    Connections,
    place_of,
)
from shopkeeper.store.postgres.feed import COUNT, ingesting, merge, stage
from shopkeeper.store.postgres.tables import open_shop
from shopkeeper.store.products import Change
from shopkeeper.store.volatile import is_whole, join

_SEQ = "SELECT seq FROM shopkeeper.shops WHERE shop = %s"
_WANTED = """
    FROM shopkeeper.products AS p JOIN shopkeeper.states AS s USING (shop, ordinal)
    WHERE p.shop = %s AND p.id = ANY (%s::text[]) AND s.volatile IS NOT NULL
"""
_SEQS = f"SELECT p.id, s.seq {_WANTED}"
_PIECES = f"SELECT p.id, s.seq, p.body, s.volatile {_WANTED}"
_ALL = """
    SELECT p.body, s.volatile
    FROM shopkeeper.products AS p JOIN shopkeeper.states AS s USING (shop, ordinal)
    WHERE p.shop = %s AND s.volatile IS NOT NULL ORDER BY p.ordinal
"""
_SINCE = """
    SELECT s.body_seq, p.id, p.body, s.volatile
    FROM shopkeeper.states AS s JOIN shopkeeper.products AS p USING (shop, ordinal)
    WHERE s.shop = %(shop)s AND s.body_seq > %(seq)s
    UNION ALL
    SELECT s.seq, p.id, NULL, s.volatile
    FROM shopkeeper.states AS s JOIN shopkeeper.products AS p USING (shop, ordinal)
    WHERE s.shop = %(shop)s AND s.seq > %(seq)s AND s.body_seq <= %(seq)s
    ORDER BY 1 LIMIT %(limit)s
"""
_STORED = """
    SELECT p.id, p.digest, p.body, s.volatile, s.seq
    FROM shopkeeper.products AS p LEFT JOIN shopkeeper.states AS s USING (shop, ordinal)
    WHERE p.shop = %s ORDER BY p.ordinal
"""
_ROWS_AT_ONCE: Final = 500
"""Rows that a stream holds in memory, of a few kB each."""
_WORTH_COUNTING: Final = 1000
"""Changes after which the planner is told what the tables hold now."""


class PostgresProducts:
    """`Products` in a PostgreSQL database, which other shops may share."""

    def __init__(self, address: str, shop_id: str, *, cached: int = CACHED_PRODUCTS) -> None:
        """Connect, and make the tables and the shop's row where they are not there.

        Raises:
            InvalidRequest: `address` is no `postgresql://…`.
            Unavailable: nobody answers there.
            Refused: PostgreSQL is too old, or the tables are a newer Shopkeeper's.
        """
        place = place_of(address, f"process {os.getpid()} on {socket.gethostname()}")
        self._address, self._shop_id = address, shop_id
        self._label = f"{place.label} shop {shop_id}"
        self._readers = Connections(place, READER)
        self._writers = Connections(place, WRITER)
        self._decoded = DecodedProducts(cached)
        with self._writers.borrow() as connection:
            self._row = open_shop(connection, shop_id, place.label)
        self._shop = self._row.number

    def __reduce__(self) -> tuple[type[PostgresProducts], tuple[str, str]]:
        """In another process it is the same shop, connected from there."""
        return PostgresProducts, (self._address, self._shop_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database; an iterator that is still open lets go when it ends."""
        self._readers.close()
        self._writers.close()

    # --- write ---------------------------------------------------------------------------------

    def write(self, writes: Sequence[Write]) -> Written:
        with self._writers.borrow() as connection, connection.transaction():
            return apply(connection, self._shop, writes)

    def ingest(
        self,
        products: Iterable[Product],
        mode: Mode,
        *,
        force: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Ingested:
        with (
            self._writers.once() as connection,
            ingesting(connection, self._shop, self._label),
        ):
            (began_at,) = self._row_of(connection, _SEQ)
            stage(connection, products, progress)
            with connection.transaction():
                done = merge(connection, self._shop, began_at, mode, force)
            if done.added + done.changed + done.removed >= _WORTH_COUNTING:
                connection.execute("ANALYZE (SKIP_LOCKED) shopkeeper.products, shopkeeper.states")
            return done

    # --- read ----------------------------------------------------------------------------------

    @property
    def origin(self) -> str:
        return self._row.origin

    @property
    def seq(self) -> int:
        return self._number(_SEQ)

    @property
    def count(self) -> int:
        return self._number(COUNT)

    def read(self, product_ids: Sequence[str]) -> dict[str, Product]:
        with self._readers.borrow() as connection:
            wanted = (self._shop, storable(product_ids))
            seqs: dict[str, int] = dict(connection.execute(_SEQS, wanted).fetchall())
            found = self._decoded.current(seqs)
            unread = [product_id for product_id in seqs if product_id not in found]
            rows = (
                connection.cursor(binary=True).execute(_PIECES, (self._shop, unread)).fetchall()
                if unread
                else []
            )
        fresh = {row[0]: (row[1], join(row[2], row[3])) for row in rows}
        self._decoded.remember(fresh)
        found.update((product_id, product) for product_id, (_, product) in fresh.items())
        return {product_id: found[product_id] for product_id in product_ids if product_id in found}

    def since(self, seq: int, limit: int | None = None) -> Iterator[Change]:
        with self._readers.borrow() as connection, connection.transaction():
            asked = {"shop": self._shop, "seq": seq, "limit": limit}
            for row in _stream(connection, _SINCE, asked):
                yield Change.of(*row)

    def count_since(self, seq: int, *, bodies_only: bool = False) -> int:
        number = "body_seq" if bodies_only else "seq"
        return self._number(
            f"SELECT count(*) FROM shopkeeper.states WHERE shop = %s AND {number} > %s", seq
        )

    def all(self) -> Iterator[Product]:
        with self.snapshot() as (_, products):
            yield from products

    @contextmanager
    def snapshot(self) -> Iterator[tuple[int, Iterator[Product]]]:
        with self._readers.borrow() as connection, connection.transaction():
            (seq,) = self._row_of(connection, _SEQ)
            rows = _stream(connection, _ALL, (self._shop,))
            yield seq, (join(body, volatile) for body, volatile in rows)

    def damage(self) -> list[str]:
        """What is wrong with the shop's rows, in words; [] when they are sound.

        Besides the digests, that no row is numbered beyond the shop's own count.
        """
        found = []
        with self._readers.borrow() as connection, connection.transaction():
            (last,) = self._row_of(connection, _SEQ)
            for product_id, digest, body, volatile, seq in _stream(
                connection, _STORED, (self._shop,)
            ):
                is_gone = digest is None and body is None and volatile is None
                if not (is_gone or is_whole(body, volatile, digest)):
                    found.append(f"product {product_id} differs from what was written")
                if seq is None or seq > last:
                    found.append(f"product {product_id} has the number {seq} of {last}")
        return found

    def _row_of(self, connection: Connection, query: str, *arguments: int) -> tuple[Any, ...]:
        row = connection.execute(query.encode(), (self._shop, *arguments)).fetchone()
        if row is None:
            raise shop_is_gone()
        return row

    def _number(self, query: str, *arguments: int) -> int:
        with self._readers.borrow() as connection:
            (number,) = self._row_of(connection, query, *arguments)
        return int(number)


def _stream(connection: Connection, query: str, asked: Any) -> Iterator[tuple[Any, ...]]:
    """The rows, some at a time, within the caller's transaction."""
    with connection.cursor("rows", binary=True) as rows:
        rows.itersize = _ROWS_AT_ONCE
        rows.execute(query.encode(), asked)
        yield from rows
