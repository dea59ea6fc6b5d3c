"""How do writes become visible? A base on disk, small segments in memory, snapshots for readers.

    write → new delta segment + tombstones → a new snapshot, published by one assignment

Delta segments of similar size are joined, so that there are few of them. Nothing here is durable:
the store is, and a reader that opens a generation replays what the store has since its `seq`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.columns import patched
from shopkeeper.index.dense import DenseIndex
from shopkeeper.index.documents import Analyse
from shopkeeper.index.generation import delta_segment
from shopkeeper.index.snapshot import Segment, Snapshot, View
from shopkeeper.records import Product


@dataclass(frozen=True, slots=True)
class Change:
    """One product's newest state; None when it was deleted.

    `is_volatile` says that only price, stock or popularity differ from the state before.
    """

    seq: int
    product_id: str
    product: Product | None
    is_volatile: bool = False


DenseOf = Callable[[Segment], DenseIndex | None]
"""The vectors known so far for a segment's products; None when there are none."""


class LiveIndex:
    """The index that a server reads and writes.

    `snapshot` may be read from any thread at any time; writers wait for each other.
    """

    def __init__(
        self,
        base: Segment,
        generation: str,
        seq: int,
        *,
        analyse: Analyse,
        locale: str,
        currency: str,
        dense_of: DenseOf = lambda segment: None,
    ) -> None:
        self._analyse, self._locale, self._dense_of = analyse, locale, dense_of
        self._base_words = base.words
        self._writing = threading.Lock()
        alive = np.ones(len(base.columns.ids), np.bool_)
        view = View(base, alive, base.columns.volatile, dense_of(base))
        self._snapshot = Snapshot(generation, seq, (view,), currency)

    @property
    def snapshot(self) -> Snapshot:
        return self._snapshot

    def is_new(self, term: str) -> bool:
        """Whether a product written since the base was built says the term."""
        return self._snapshot.is_new(term)

    @property
    def delta_products(self) -> int:
        """How many products the delta segments hold; compaction brings it to 0."""
        return sum(len(view.products) for view in self._snapshot.views)

    def apply(self, changes: Sequence[Change]) -> Snapshot:
        """Make the changes visible together, or none of them when this raises.

        Later changes of a product win over earlier ones.
        """
        with self._writing:
            before = self._snapshot
            newest = {change.product_id: change for change in changes}
            renewed = {c.product_id for c in changes if not c.is_volatile or c.product is None}
            patches, rewritten = [], []
            for change in newest.values():
                place = before.locate(change.product_id)
                if place and change.product and change.product_id not in renewed:
                    patches.append((place, change.product))
                else:
                    rewritten.append(change)
            views = _patched(before, patches)
            views = _without(views, [change.product_id for change in rewritten])
            written = [change.product for change in rewritten if change.product is not None]
            if written:
                views.append(self._delta_view(written))
                self._join_small(views)
            seq = max([before.seq, *(change.seq for change in changes)])
            self._snapshot = Snapshot(before.generation, seq, tuple(views), before.currency)
            return self._snapshot

    def _delta_view(self, products: list[Product]) -> View:
        segment = delta_segment(products, self._analyse, self._locale, self._base_words)
        alive = np.ones(len(products), np.bool_)
        dense = self._dense_of(segment)
        return View(segment, alive, segment.columns.volatile, dense, tuple(products))

    def _join_small(self, views: list[View]) -> None:
        """Join the newest segments while the one before is less than twice as large."""
        while len(views) > 2 and len(views[-2]) < 2 * len(views[-1]):
            joined = []
            for view in views[-2:]:
                joined += [p for p, alive in zip(view.products, view.alive, strict=True) if alive]
            views[-2:] = [self._delta_view(joined)] if joined else []

    def refresh_dense(self) -> Snapshot:
        """Let vectors that have become known since join every segment."""
        with self._writing:
            before = self._snapshot
            views = tuple(replace(v, dense=self._dense_of(v.segment)) for v in before.views)
            self._snapshot = Snapshot(before.generation, before.seq, views, before.currency)
            return self._snapshot


def _patched(snapshot: Snapshot, patches: Sequence[tuple[tuple[int, int], Product]]) -> list[View]:
    """The views with the volatile state of these products, each given with its (view, ordinal)."""
    views = list(snapshot.views)
    by_view: dict[int, dict[int, Product]] = {}
    for (number, ordinal), product in patches:
        by_view.setdefault(number, {})[ordinal] = product
    for number, newer in by_view.items():
        view = views[number]
        states = [(ordinal, p.popularity, p.variants) for ordinal, p in newer.items()]
        volatile = patched(view.columns, view.volatile, states)
        products = tuple(newer.get(ordinal, p) for ordinal, p in enumerate(view.products))
        views[number] = replace(view, volatile=volatile, products=products)
    return views


def _without(views: Sequence[View], product_ids: Sequence[str]) -> list[View]:
    """The views with these products no longer alive."""
    result = []
    for view in views:
        gone = [o for i in product_ids if (o := view.columns.ids.find(i)) is not None]
        alive: NDArray[np.bool_] = view.alive.copy()
        alive[gone] = False
        result.append(replace(view, alive=alive) if gone else view)
    return result
