"""How do writes become visible? A base on disk, small segments in memory, snapshots for readers.

    write → new delta segment + tombstones → a new snapshot, published by one assignment

Delta segments of similar size are joined, so that there are few of them. Nothing here is durable:
the store is, and a reader that opens a generation replays what the store has since its `seq`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.columns import gathered, patched
from shopkeeper.index.dense import DenseIndex
from shopkeeper.index.documents import Analyse
from shopkeeper.index.generation import delta_segment
from shopkeeper.index.snapshot import Segment, Snapshot, View
from shopkeeper.records import CorruptArtefact, Product
from shopkeeper.store import Change, VolatileState

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

        Raises:
            CorruptArtefact: a volatile state came of a product that is not in here.
        """
        with self._writing:
            before = self._snapshot
            rewritten: dict[str, Product | None] = {}
            states: dict[str, VolatileState] = {}
            for change in changes:
                if isinstance(change.now, VolatileState):
                    states[change.product_id] = change.now
                else:
                    states.pop(change.product_id, None)
                    rewritten[change.product_id] = change.now
            views = _without(before.views, rewritten)
            written = [product for product in rewritten.values() if product is not None]
            if written:
                views.append(self._delta_view(written))
                self._join_small(views)
            seq = max([before.seq, *(change.seq for change in changes)])
            rewrote = Snapshot(before.generation, seq, tuple(views), before.currency)
            self._snapshot = _patched(rewrote, states)
            return self._snapshot

    def _delta_view(self, products: list[Product]) -> View:
        segment = delta_segment(products, self._analyse, self._locale, self._base_words)
        alive = np.ones(len(products), np.bool_)
        dense = self._dense_of(segment)
        return View(segment, alive, segment.columns.volatile, dense, tuple(products))

    def _join_small(self, views: list[View]) -> None:
        """Join the newest segments while the one before is less than twice as large."""
        while len(views) > 2 and len(views[-2]) < 2 * len(views[-1]):
            views[-2:] = self._joined(views[-2:])

    def _joined(self, views: Sequence[View]) -> list[View]:
        """A view of what is alive in these, with its volatile state of now; [] when nothing is."""
        parts = [(view, np.flatnonzero(view.alive)) for view in views]
        products = [view.products[place] for view, places in parts for place in places.tolist()]
        if not products:
            return []
        volatile = gathered([(view.columns, view.volatile, places) for view, places in parts])
        return [replace(self._delta_view(products), volatile=volatile)]

    def refresh_dense(self) -> Snapshot:
        """Let vectors that have become known since join every segment."""
        with self._writing:
            before = self._snapshot
            views = tuple(replace(v, dense=self._dense_of(v.segment)) for v in before.views)
            self._snapshot = Snapshot(before.generation, before.seq, views, before.currency)
            return self._snapshot


def _patched(snapshot: Snapshot, states: Mapping[str, VolatileState]) -> Snapshot:
    """The snapshot with the volatile states of these products."""
    by_view: dict[int, dict[int, VolatileState]] = {}
    for product_id, state in states.items():
        place = snapshot.locate(product_id)
        if place is None:
            raise CorruptArtefact(
                f"lacks product {product_id}, of which it was to have the body",
                where=f"index {snapshot.generation} at change {snapshot.seq:,}",
                hint="build the index anew",
            )
        by_view.setdefault(place[0], {})[place[1]] = state
    views = list(snapshot.views)
    for number, newer in by_view.items():
        view = views[number]
        views[number] = replace(view, volatile=patched(view.columns, view.volatile, newer))
    return replace(snapshot, views=tuple(views))


def _without(views: Sequence[View], product_ids: Collection[str]) -> list[View]:
    """The views with these products no longer alive."""
    result = []
    for view in views:
        gone = [o for i in product_ids if (o := view.columns.ids.find(i)) is not None]
        if gone:
            alive: NDArray[np.bool_] = view.alive.copy()
            alive[gone] = False
            result.append(replace(view, alive=alive))
        else:
            result.append(view)
    return result
