"""Writes go to the store, then into the index: acknowledged means durable and visible."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from shopkeeper.index.live import LiveIndex
from shopkeeper.records import CorruptArtefact, Product
from shopkeeper.records.ports import Delete, Patch, Put, Write, Written
from shopkeeper.store import Change, Products

MOST_BEHIND = 2_000
"""New texts by others that one go takes along; a longer backlog is left to the next base. New
prices and stocks are written in place, cheap in any number."""


class LiveCatalogue:
    """Implements `records.ports.Catalogue` on a store and whichever index is live.

    Args:
        products: the truth.
        live: gives the index that serves now.
        currency: ISO 4217 of every price; a product in another one is refused.
    """

    def __init__(self, products: Products, live: Callable[[], LiveIndex], currency: str) -> None:
        self._products, self._live, self._currency = products, live, currency
        self._applying = threading.Lock()

    def get(self, product_id: str) -> Product | None:
        return self._products.read([product_id]).get(product_id)

    def put(self, product: Product) -> Written:
        return self.bulk([Put(product)])

    def patch(self, patch: Patch) -> Written:
        return self.bulk([patch])

    def delete(self, product_id: str) -> Written:
        return self.bulk([Delete(product_id)])

    def bulk(self, writes: Iterable[Write]) -> Written:
        """Write them in one transaction; those refused are listed, and the rest is in."""
        given = list(writes)
        foreign = {i: reason for i, w in enumerate(given) if (reason := self._foreign(w))}
        kept = [i for i in range(len(given)) if i not in foreign]
        written = self._products.write([given[i] for i in kept])
        refused = foreign | {kept[i]: reason for i, reason in written.refused}
        self._make_visible([given[i] for i in kept])
        return Written(written.seq, len(given) - len(refused), tuple(sorted(refused.items())))

    def _foreign(self, write: Write) -> str:
        """Why its currency is refused; "" when it is the shop's."""
        if isinstance(write, Patch):
            prices = [write.price] if write.price else []
        else:
            variants = write.product.variants if isinstance(write, Put) else ()
            prices = [variant.price for variant in variants if variant.price]
        other = {price.currency for price in prices} - {self._currency}
        return (
            f"price in {other.pop()}; this shop's prices are in {self._currency}" if other else ""
        )

    def _make_visible(self, writes: list[Write]) -> None:
        with self._applying:
            live = self._live()
            if self._is_near(live):
                self._take_along(live)
                return
            ids = list({w.product.id if isinstance(w, Put) else w.product_id for w in writes})
            found = self._products.read(ids)
            # Ahead of their turn, so without a number: the backlog before them is not yet in.
            live.apply([Change(0, product_id, found.get(product_id)) for product_id in ids])

    def catch_up(self, *, everything: bool = False) -> bool:
        """Take along what other processes wrote; False, and nothing, when that is much.

        Args:
            everything: do so however much it is, and however long that takes.

        Raises CorruptArtefact when the store has gone back behind what was taken along.
        """
        with self._applying:
            live = self._live()
            if (there := self._products.seq) < live.snapshot.seq:
                raise CorruptArtefact(
                    f"the products are an older copy, at change {there:,}",
                    where=f"index at change {live.snapshot.seq:,}",
                    hint="start what has the shop open again; it then builds its index anew",
                )
            is_near = everything or self._is_near(live)
            if is_near:
                self._take_along(live)
            return is_near

    def hand_over(self, live: LiveIndex, serve: Callable[[], None]) -> None:
        """Bring an index up to date, however far behind it is, and let it serve.

        `serve` is called at a moment at which nothing that was acknowledged is missing.
        """
        if live is self._live():  # nothing can be missing that was not before
            serve()
            return
        self._take_along(live)
        while not self._is_near(live):  # others wrote much meanwhile; they never wait for it
            self._take_along(live)
        with self._applying:
            self._take_along(live)
            serve()

    def _is_near(self, live: LiveIndex) -> bool:
        behind = self._products.count_since(live.snapshot.seq, bodies_only=True)
        return behind <= MOST_BEHIND

    def _take_along(self, live: LiveIndex) -> None:
        if changes := list(self._products.since(live.snapshot.seq)):
            live.apply(changes)
