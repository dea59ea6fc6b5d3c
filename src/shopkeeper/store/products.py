"""What does the shop sell? The one truth, from which every index follows."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

from shopkeeper.records import Product, ShopkeeperError
from shopkeeper.records.ports import Write, Written
from shopkeeper.store.database import (
    Readers,
    Schema,
    open_database,
    transaction,
    translated,
)
from shopkeeper.store.feed import Ingested, Mode, merge, stage
from shopkeeper.store.locks import exclusive
from shopkeeper.store.volatile import join, split
from shopkeeper.store.writes import apply, as_json_array, last_seq

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
CACHED_PRODUCTS: Final = 4096
"""A decoded product takes a few kB."""

_COUNT = "SELECT count(*) FROM states WHERE volatile IS NOT NULL"
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
    SELECT s.body_seq, p.id, p.body, s.volatile, 0
    FROM states AS s JOIN products AS p USING (ordinal) WHERE s.body_seq > ?1
    UNION ALL
    SELECT s.seq, p.id, p.body, s.volatile, 1
    FROM states AS s JOIN products AS p USING (ordinal) WHERE s.seq > ?1 AND s.body_seq <= ?1
    ORDER BY 1 LIMIT ?2
"""


@dataclass(frozen=True, slots=True)
class Change:
    """What an index has to do about one product."""

    seq: int
    product_id: str
    product: Product | None
    """As it is now; None: it was deleted."""
    volatile_only: bool
    """Nothing but price, stock and popularity can differ from what the reader has."""


class Products:
    """The products of one shop in an SQLite file; any number of threads and processes may use it.

    Every change takes the next number of `seq`. What `write` and `ingest` have returned survives
    the death of the process and a power cut.
    """

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
        self._decoded: OrderedDict[str, tuple[int, Product]] = OrderedDict()
        self._decoded_lock = threading.Lock()
        self._cached = cached

    def __reduce__(self) -> tuple[type[Products], tuple[Path]]:
        """In another process of this machine it is the same file, opened there."""
        return Products, (self._path.absolute(),)

    def __enter__(self) -> Products:
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
        """Put, patch and delete in order, in one durable transaction.

        A patch of what is not there, and a value no product can have, are refused one by one; the
        rest is written. A put that changes nothing takes no number.

        Raises:
            Busy: another process kept writing for half a minute.
        """
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
        """Take in a whole feed, all or nothing, in bounded memory.

        Readers and writers go on while the feed is read; what they write meanwhile is newer than
        the feed and stays. Products that are in the shop already, unchanged, keep their number.

        Args:
            products: the feed; of two with one id the later counts. Its errors pass through.
            mode: "replace" removes what the feed lacks; "merge" keeps it.
            force: replace even when more than 20 % of the shop vanishes.
            progress: hears, from time to time, how many products have been read.

        Raises:
            InvalidRecord: the feed is empty.
            Refused: too much of the shop would vanish. Nothing has changed.
            Busy: another feed is being taken in.
        """
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
    def seq(self) -> int:
        """The number of the latest change; 0 in a new shop."""
        with self._readers.borrow() as connection:
            return last_seq(connection)

    @property
    def count(self) -> int:
        """How many products the shop has."""
        return self._number(_COUNT)

    def read(self, product_ids: Sequence[str]) -> dict[str, Product]:
        """The products with these ids as they are now, by id; one that is gone is left out."""
        with self._readers.borrow() as connection:
            seqs = dict(connection.execute(_SEQS, (as_json_array(product_ids),)).fetchall())
            found = self._remembered(seqs)
            unread = [product_id for product_id in seqs if product_id not in found]
            rows = (
                connection.execute(_PIECES, (as_json_array(unread),)).fetchall() if unread else []
            )
        fresh = {row[0]: (row[1], join(row[2], row[3])) for row in rows}
        self._remember(fresh)
        found.update((product_id, product) for product_id, (_, product) in fresh.items())
        return {product_id: found[product_id] for product_id in product_ids if product_id in found}

    def since(self, seq: int, limit: int | None = None) -> Iterator[Change]:
        """The changes after `seq`, on one snapshot: each product once, as it is now, seq ascending.

        A change of the body is numbered by the last of these, even when the product was patched
        later, so that a reader may stop anywhere, note the last number it has applied, and go on
        from there: it never takes a product whose body it has not seen for a patched one. It is
        up to date when nothing more comes.
        """
        with self._readers.borrow() as connection, transaction(connection, "DEFERRED"):
            rows = connection.execute(_SINCE, (seq, -1 if limit is None else limit))
            for number, product_id, body, volatile, is_volatile_only in rows:
                product = None if body is None else join(body, volatile)
                yield Change(number, product_id, product, bool(is_volatile_only))

    def count_since(self, seq: int, *, bodies_only: bool = False) -> int:
        """How many changes `since` would give; or how many of them are not `volatile_only`."""
        number = "body_seq" if bodies_only else "seq"
        return self._number(f"SELECT count(*) FROM states WHERE {number} > ?", seq)

    def all(self) -> Iterator[Product]:
        """Every product, in the order in which they first came, on one snapshot."""
        with self.snapshot() as (_, products):
            yield from products

    @contextmanager
    def snapshot(self) -> Iterator[tuple[int, Iterator[Product]]]:
        """The store's seq, and every product as it was at that seq, whoever writes meanwhile."""
        with self._readers.borrow() as connection, transaction(connection, "DEFERRED"):
            rows = connection.execute(_ALL)
            yield last_seq(connection), (join(body, volatile) for body, volatile in rows)

    def damage(self) -> list[str]:
        """What is wrong with the file, in words; [] when it is sound.

        SQLite's own check, and each body against its digest. A wrong bit in a price is not seen.
        """
        with self._readers.borrow() as connection:
            lines = [str(line) for (line,) in connection.execute("PRAGMA integrity_check")]
            found = [] if lines == ["ok"] else lines
            rows = connection.execute(
                "SELECT id, digest, body, volatile FROM products LEFT JOIN states USING (ordinal)"
                " WHERE body IS NOT NULL OR volatile IS NOT NULL"
            )
            for product_id, digest, body, volatile in rows:
                try:
                    whole = split(join(body, volatile)).digest == digest
                except (ShopkeeperError, ValueError, TypeError, KeyError, AssertionError):
                    whole = False
                if not whole:
                    found.append(f"product {product_id} differs from what was written")
        return found

    def _number(self, query: str, *arguments: int) -> int:
        with self._readers.borrow() as connection:
            (number,) = connection.execute(query, arguments).fetchone()
        return int(number)

    def _remembered(self, seqs: dict[str, int]) -> dict[str, Product]:
        """Those decoded before that have not changed since."""
        found = {}
        with self._decoded_lock:
            for product_id, seq in seqs.items():
                known = self._decoded.get(product_id)
                if known and known[0] == seq:
                    self._decoded.move_to_end(product_id)
                    found[product_id] = known[1]
        return found

    def _remember(self, fresh: dict[str, tuple[int, Product]]) -> None:
        with self._decoded_lock:
            self._decoded.update(fresh)
            for product_id in fresh:
                self._decoded.move_to_end(product_id)
            while len(self._decoded) > self._cached:
                self._decoded.popitem(last=False)
