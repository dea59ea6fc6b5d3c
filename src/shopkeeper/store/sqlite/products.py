"""The products of one shop in an SQLite file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from shopkeeper.records import Product
from shopkeeper.records.ports import Write, Written
from shopkeeper.store.decoded import CACHED_PRODUCTS, DecodedProducts
from shopkeeper.store.feed import Ingested, Mode
from shopkeeper.store.folder import PRODUCTS_FILE
from shopkeeper.store.locks import exclusive
from shopkeeper.store.products import Change
from shopkeeper.store.sqlite.batch import apply, as_json_array, last_seq
from shopkeeper.store.sqlite.database import (
    Readers,
    Schema,
    open_database,
    transaction,
    translated,
)
from shopkeeper.store.sqlite.feed import COUNT, merge, stage
from shopkeeper.store.volatile import is_whole, join

SCHEMA: Final = Schema(
    application=0x53686F70,  # "Shop"
    format=1,
    # A deleted product keeps its two rows, empty, so that every index hears of the deletion.
    tables="""
        CREATE TABLE products (
            ordinal INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            digest BLOB,
            body BLOB
        );
        CREATE TABLE states (
            ordinal INTEGER PRIMARY KEY REFERENCES products,
            seq INTEGER NOT NULL UNIQUE,
            body_seq INTEGER NOT NULL,
            volatile BLOB
        );
        CREATE INDEX states_by_body_seq ON states (body_seq)
    """,
    synchronous="FULL",
)
_WANTED = """
    FROM json_each(?) AS wanted
    CROSS JOIN products AS p ON p.id = wanted.value
    CROSS JOIN states AS s ON s.ordinal = p.ordinal
    WHERE s.volatile IS NOT NULL
"""
_SEQS = f"SELECT p.id, s.seq {_WANTED}"
_PIECES = f"SELECT p.id, s.seq, p.body, s.volatile {_WANTED}"
_ALL = """
    SELECT p.body, s.volatile FROM products AS p JOIN states AS s USING (ordinal)
    WHERE s.volatile IS NOT NULL ORDER BY p.ordinal
"""
# Two walks along an index, merged: nothing is sorted, and the first row comes at once.
_SINCE = """
    SELECT s.body_seq, p.id, p.body, s.volatile
    FROM states AS s JOIN products AS p USING (ordinal) WHERE s.body_seq > ?1
    UNION ALL
    SELECT s.seq, p.id, NULL, s.volatile
    FROM states AS s JOIN products AS p USING (ordinal) WHERE s.seq > ?1 AND s.body_seq <= ?1
    ORDER BY 1 LIMIT ?2
"""


class SqliteProducts:
    """`Products` in an SQLite file."""

    def __init__(self, path: Path, *, cached: int = CACHED_PRODUCTS) -> None:
        """Open the file, or make it.

        Raises:
            Refused: a newer Shopkeeper, or another program, wrote it.
            CorruptArtefact: it is damaged.
        """
        self._path = path
        self._readers = Readers(path, SCHEMA)
        self._writer = open_database(path, SCHEMA)
        self._write_lock = threading.Lock()
        self._decoded = DecodedProducts(cached)

    def __reduce__(self) -> tuple[type[SqliteProducts], tuple[Path]]:
        """In another process of this machine it is the same file, opened there."""
        return SqliteProducts, (self._path.absolute(),)

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
        """Let go of the file; an iterator that is still open lets go when it ends."""
        self._readers.close()
        with self._write_lock:
            self._writer.close()

    # --- write ---------------------------------------------------------------------------------

    def write(self, writes: Sequence[Write]) -> Written:
        with self._write_lock, translated(self._path), transaction(self._writer):
            return apply(self._writer, writes)

    def ingest(
        self,
        products: Iterable[Product],
        mode: Mode,
        *,
        force: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Ingested:
        lock = self._path.with_name(f"{self._path.name}.ingest.lock")
        with (
            exclusive(lock, "ingest"),
            translated(self._path),
            closing(open_database(self._path, SCHEMA)) as connection,
        ):
            began_at = last_seq(connection)
            stage(connection, products, progress)
            with self._write_lock, transaction(connection):
                return merge(connection, began_at, mode, force)

    # --- read ----------------------------------------------------------------------------------

    @property
    def origin(self) -> str:
        return PRODUCTS_FILE

    @property
    def seq(self) -> int:
        with self._readers.borrow() as connection:
            return last_seq(connection)

    @property
    def count(self) -> int:
        return self._number(COUNT)

    def read(self, product_ids: Sequence[str]) -> dict[str, Product]:
        with self._readers.borrow() as connection:
            seqs = dict(connection.execute(_SEQS, (as_json_array(product_ids),)).fetchall())
            found = self._decoded.current(seqs)
            unread = [product_id for product_id in seqs if product_id not in found]
            rows = (
                connection.execute(_PIECES, (as_json_array(unread),)).fetchall() if unread else []
            )
        fresh = {row[0]: (row[1], join(row[2], row[3])) for row in rows}
        self._decoded.remember(fresh)
        found.update((product_id, product) for product_id, (_, product) in fresh.items())
        return {product_id: found[product_id] for product_id in product_ids if product_id in found}

    def since(self, seq: int, limit: int | None = None) -> Iterator[Change]:
        with self._readers.borrow() as connection, transaction(connection, "DEFERRED"):
            rows = connection.execute(_SINCE, (seq, -1 if limit is None else limit))
            for row in rows:
                yield Change.of(*row)

    def count_since(self, seq: int, *, bodies_only: bool = False) -> int:
        number = "body_seq" if bodies_only else "seq"
        return self._number(f"SELECT count(*) FROM states WHERE {number} > ?", seq)

    def all(self) -> Iterator[Product]:
        with self.snapshot() as (_, products):
            yield from products

    @contextmanager
    def snapshot(self) -> Iterator[tuple[int, Iterator[Product]]]:
        with self._readers.borrow() as connection, transaction(connection, "DEFERRED"):
            rows = connection.execute(_ALL)
            yield last_seq(connection), (join(body, volatile) for body, volatile in rows)

    def damage(self) -> list[str]:
        """What is wrong with the file, in words; [] when it is sound.

        Besides the digests, SQLite's own check of its pages.
        """
        with self._readers.borrow() as connection:
            lines = [str(line) for (line,) in connection.execute("PRAGMA integrity_check")]
            found = [] if lines == ["ok"] else lines
            rows = connection.execute(
                "SELECT id, digest, body, volatile FROM products LEFT JOIN states USING (ordinal)"
                " WHERE body IS NOT NULL OR volatile IS NOT NULL"
            )
            found += [
                f"product {product_id} differs from what was written"
                for product_id, digest, body, volatile in rows
                if not is_whole(body, volatile, digest)
            ]
        return found

    def _number(self, query: str, *arguments: int) -> int:
        with self._readers.borrow() as connection:
            (number,) = connection.execute(query, arguments).fetchone()
        return int(number)
