"""What does one reader see? Segments with their live masks and volatile columns, all immutable.

A writer publishes a new snapshot; whoever holds an old one keeps reading it unchanged.
Products are addressed across segments by a global ordinal: the segment's offset plus the
product's ordinal in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.columns import VOLATILE_FIELDS, Columns, Mask, Volatile
from shopkeeper.index.dense import DenseIndex
from shopkeeper.index.words import Words
from shopkeeper.records import Product

Ordinals = NDArray[np.int64]
"""Global ordinals."""


BUILT_IN_FIELDS = ("brand", "category", "id", "rating", "sku")
"""Fields that may be asked for even where no product has a value."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Products that were indexed together; never changes.

    `text_keys` say, by ordinal, which text an encoder reads of each product.
    """

    columns: Columns
    words: Words
    text_keys: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class View:
    """A segment as one snapshot sees it.

    `alive` is False for products that were deleted, or written again in a later segment. `dense`
    is None until vectors have joined; then it may still lack some products. `products` are those
    of a segment in memory as they were written, whatever `volatile` is now; empty for one on disk.
    """

    segment: Segment
    alive: Mask
    volatile: Volatile
    dense: DenseIndex | None = None
    products: tuple[Product, ...] = ()

    @property
    def columns(self) -> Columns:
        return self.segment.columns

    def __len__(self) -> int:
        return len(self.segment.columns.ids)


@dataclass(frozen=True)
class Snapshot:
    """A consistent view of the whole shop.

    generation: version of the base; seq: the last write of the store that is in here.
    """

    generation: str
    seq: int
    views: tuple[View, ...]
    currency: str

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """[views + 1]; the global ordinals of view i start at offsets[i]."""
        return np.concatenate([[0], np.cumsum([len(view) for view in self.views])]).astype(np.int64)

    @cached_property
    def fields(self) -> frozenset[str]:
        """Every field that filters, facets and sort may name."""
        every = (view.columns.fields for view in self.views)
        return frozenset((*VOLATILE_FIELDS, *BUILT_IN_FIELDS)).union(*every)

    @cached_property
    def sort_fields(self) -> frozenset[str]:
        """The fields that have an order: the numbers among them."""
        numbers = (view.columns.numbers for view in self.views)
        return frozenset(VOLATILE_FIELDS).union(*numbers)

    @cached_property
    def products(self) -> int:
        """How many products are alive."""
        return sum(int(np.count_nonzero(view.alive)) for view in self.views)

    @cached_property
    def encoded(self) -> int:
        """How many live products have a vector."""
        return sum(int(v.alive[v.dense.rows].sum()) for v in self.views if v.dense is not None)

    @cached_property
    def popularity(self) -> NDArray[np.float64]:
        """[products] ln(1 + p) / ln(1 + p_max), so 0 … 1; 0 where nobody knows it."""
        every = [np.log1p(np.nan_to_num(view.volatile.popularity)) for view in self.views]
        most = max((float(part.max(initial=0.0)) for part in every), default=0.0)
        joined: NDArray[np.float64] = np.concatenate(every) if every else np.empty(0)
        return joined / most if most > 0 else joined

    @cached_property
    def dimension(self) -> int:
        """Numbers in a vector; 0 while no product has one."""
        return next((view.dense.dimension for view in self.views if view.dense is not None), 0)

    def is_new(self, term: str) -> bool:
        """Whether a product written since the base was built says the term."""
        return any(view.segment.words.has(term) for view in self.views[1:])

    def locate(self, product_id: str) -> tuple[int, int] | None:
        """(view, ordinal) of the live product with this id."""
        for number in range(len(self.views) - 1, -1, -1):
            view = self.views[number]
            ordinal = view.columns.ids.find(product_id)
            if ordinal is not None and view.alive[ordinal]:
                return number, ordinal
        return None

    def split(self, ordinals: Ordinals) -> Iterator[tuple[View, NDArray[np.int64], Ordinals]]:
        """Per view: the view, where its products stand in `ordinals`, and their own ordinals."""
        owners = np.searchsorted(self.offsets, ordinals, side="right") - 1
        for number, view in enumerate(self.views):
            at = (owners == number).nonzero()[0]
            if len(at):
                yield view, at, ordinals[at] - self.offsets[number]

    def place(self, ordinal: int) -> tuple[View, int]:
        """The view and own ordinal of one global ordinal."""
        number = int(np.searchsorted(self.offsets, ordinal, side="right")) - 1
        return self.views[number], int(ordinal - self.offsets[number])
