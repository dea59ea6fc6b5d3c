"""What does the shop sell? The one truth, from which every index follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from shopkeeper.records import Product
from shopkeeper.records.ports import Write, Written
from shopkeeper.store.feed import Ingested, Mode
from shopkeeper.store.volatile import VolatileState, join, state_of


@dataclass(frozen=True, slots=True)
class Change:
    """What an index has to do about one product."""

    seq: int
    product_id: str
    now: Product | VolatileState | None
    """The product as it is now; only its volatile state, where nothing else can differ from what
    the reader has; None: it was deleted."""

    @classmethod
    def of(cls, seq: int, product_id: str, body: bytes | None, volatile: bytes | None) -> Change:
        """The change that these pieces tell; no body: the reader has it, or it is gone too."""
        if volatile is None:
            return cls(seq, product_id, None)
        return cls(seq, product_id, state_of(volatile) if body is None else join(body, volatile))


@runtime_checkable
class Products(Protocol):
    """The products of one shop; any number of threads and processes may use them at once.

    Every change takes the next number of `seq`, and a reader that has seen a number has seen every
    one below it. What `write` and `ingest` have returned survives the death of every process and a
    power cut. Whatever the database cannot do is Busy, CorruptArtefact or Unavailable.
    """

    def write(self, writes: Sequence[Write]) -> Written:
        """Put, patch and delete in order, in one durable transaction.

        A patch of what is not there, and a value no product can have, are refused one by one; the
        rest is written. A put that changes nothing takes no number.

        Raises:
            Busy: another process kept writing for half a minute.
        """

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

    @property
    def origin(self) -> str:
        """Whose numbers `seq` gives: an index that counts by those of another is built anew."""

    @property
    def seq(self) -> int:
        """The number of the latest change; 0 in a new shop."""

    @property
    def count(self) -> int:
        """How many products the shop has."""

    def read(self, product_ids: Sequence[str]) -> dict[str, Product]:
        """The products with these ids as they are now, by id; one that is gone is left out."""

    def since(self, seq: int, limit: int | None = None) -> Iterator[Change]:
        """The changes after `seq`, on one snapshot: each product once, as it is now, seq ascending.

        A change of the body is numbered by the last of these, even when the product was patched
        later, so that a reader may stop anywhere, note the last number it has applied, and go on
        from there: it never takes a product whose body it has not seen for a patched one. It is
        up to date when nothing more comes.
        """

    def count_since(self, seq: int, *, bodies_only: bool = False) -> int:
        """How many changes `since` would give; or how many of them are not of volatile fields."""

    def all(self) -> Iterator[Product]:
        """Every product, in the order in which they first came, on one snapshot."""

    def snapshot(self) -> AbstractContextManager[tuple[int, Iterator[Product]]]:
        """The store's seq, and every product as it was at that seq, whoever writes meanwhile."""

    def damage(self) -> list[str]:
        """What is wrong with the store, in words; [] when it is sound.

        Each body is held against its digest. A wrong bit in a price is not seen.
        """

    def close(self) -> None:
        """Let go of the store; an iterator that is still open lets go when it ends."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
