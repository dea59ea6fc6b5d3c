"""What does each product have? Values by owner, where an owner is a product or a variant.

A field that no variant has of its own belongs to the products; any other to the rows, one row a
variant, and there a product's own value stands in each row that has no other. So one mask over
rows answers a filter within one variant, and what all variants share is kept, filtered and counted
once. Every array is immutable; the volatile ones (price, stock, popularity) are replaced as a
whole, so that a reader who holds the old ones keeps a consistent view.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.texts import Texts
from shopkeeper.records import CATEGORY_SEPARATOR
from shopkeeper.store import VolatileState

Mask = NDArray[np.bool_]
Places = NDArray[np.int64]
"""Ordinals of products, or of rows."""
Number = TypeVar("Number", np.int64, np.int32, np.float64)
"""Of a volatile column."""

UNKNOWN = -1
"""In the volatile columns: no price, or a stock that nobody counts. Else: no value."""

VOLATILE_FIELDS = ("price", "stock", "in_stock", "popularity")

_REMEMBERED_NAMES = 1024
"""Of each field; the wish for a brand comes again and again."""

_OFTEN = 4
"""A field that one in so many owners has is also kept as an array over all owners."""


@dataclass(frozen=True, slots=True)
class Entries:
    """Which owner has which of a field's values.

    Attributes:
        owners: [entries] products ascending; rows in the order of their products, then by value.
        codes: [entries] places among the field's sorted values.
        by_code: [entries] the owners again, those of one value together.
        starts: [values + 1]; those of code c are by_code[starts[c] : starts[c + 1]].
        code_of: [owners] the only value of each owner, or UNKNOWN; None where owners have several,
            or few have any.
    """

    owners: NDArray[np.int32]
    codes: NDArray[np.int32]
    by_code: NDArray[np.int32]
    starts: NDArray[np.int64]
    code_of: NDArray[np.int32] | None

    @classmethod
    def of(
        cls, owners: NDArray[np.int32], codes: NDArray[np.int32], values: int, total: int
    ) -> Entries:
        """The entries of a field with so many values, among `total` owners."""
        by_code = owners[np.argsort(codes, kind="stable")]
        starts = np.zeros(values + 1, np.int64)
        np.cumsum(np.bincount(codes, minlength=values), out=starts[1:])
        return cls.indexed(owners, codes, by_code, starts, total)

    @classmethod
    def indexed(
        cls,
        owners: NDArray[np.int32],
        codes: NDArray[np.int32],
        by_code: NDArray[np.int32],
        starts: NDArray[np.int64],
        total: int,
    ) -> Entries:
        code_of = None
        if _OFTEN * len(owners) >= total:
            code_of = np.full(total, UNKNOWN, np.int32)
            code_of[owners] = codes
            if np.count_nonzero(code_of != UNKNOWN) < len(owners):
                code_of = None  # some owner has several
        return cls(owners, codes, by_code, starts, code_of)

    def having(self, first: int, last: int) -> NDArray[np.int32]:
        """The owners of the values from `first` up to, but without, `last`."""
        return self.by_code[self.starts[first] : self.starts[last]]


@dataclass(frozen=True)
class Values:
    """A field's texts, sorted, each once.

    `parents` are those of a path ("Home > Lamps" of "Home > Lamps > Desk"), UNKNOWN at the top; an
    owner has the entry of its whole path, and by it every level above. None: these are no paths.
    """

    of_rows: bool
    names: Texts
    entries: Entries
    parents: NDArray[np.int32] | None = None

    @cached_property
    def owners_of(self) -> Callable[[str], list[NDArray[np.int32]]]:
        """name → those that have the value; of a path, those too that have one below it.

        The places of the names asked for last are remembered.
        """
        return lru_cache(_REMEMBERED_NAMES)(self._owners_of)

    def _owners_of(self, name: str) -> list[NDArray[np.int32]]:
        entries, found = self.entries, []
        if (code := self.names.find(name)) is not None:
            found.append(entries.having(code, code + 1))
        if self.parents is not None:
            found.append(entries.having(*self.names.starting(name + CATEGORY_SEPARATOR)))
        return found

    def rolled_up(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Counts by code, with what lies below a path added to it."""
        if self.parents is not None:
            counts = counts.copy()
            for codes in self._deepest_first:
                np.add.at(counts, self.parents[codes], counts[codes])
        return counts

    @cached_property
    def _deepest_first(self) -> list[NDArray[np.int64]]:
        """The codes of each level that has one above it."""
        assert self.parents is not None, "asked for paths only"
        depth = np.zeros(len(self.parents), np.int64)
        for code, parent in enumerate(self.parents.tolist()):  # a path sorts behind its beginning
            depth[code] = depth[parent] + 1 if parent != UNKNOWN else 0
        return [np.flatnonzero(depth == level) for level in range(int(depth.max(initial=0)), 0, -1)]


@dataclass(frozen=True, slots=True)
class Numbers:
    """A field's numbers: `values` are sorted, each once; an owner has at most one."""

    of_rows: bool
    values: NDArray[np.float64]
    entries: Entries


def parents_of(paths: Texts) -> NDArray[np.int32]:
    """The place of each path's own beginning, one level up."""
    tops = [path.rpartition(CATEGORY_SEPARATOR)[0] for path in paths]
    found = [paths.find(top) if top else None for top in tops]
    return np.array([UNKNOWN if place is None else place for place in found], np.int32)


@dataclass(frozen=True, slots=True)
class FieldsOfProducts:
    """Which fields each product has: codes[first[p] : first[p + 1]] into `names`."""

    first: NDArray[np.int64]
    codes: NDArray[np.int32]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Volatile:
    """What changes many times a day, one dense array each.

    price: minor units by row; stock: units by row; popularity: by product, NaN when unknown.
    """

    price: NDArray[np.int64]
    stock: NDArray[np.int32]
    popularity: NDArray[np.float64]


@dataclass(frozen=True)
class Columns:
    """The columns of one segment.

    Attributes:
        ids: product id by ordinal.
        skus: variant sku by row.
        first_row: [products + 1]; the rows of product p are first_row[p] … first_row[p + 1] − 1.
        values: the text fields, flags included ("true", "false").
        numbers: the number fields.
        fields_of_products: which product has which, to choose facets for a page.
        volatile: as they were when the segment was made.
    """

    ids: Texts
    skus: Texts
    first_row: NDArray[np.int32]
    values: Mapping[str, Values]
    numbers: Mapping[str, Numbers]
    fields_of_products: FieldsOfProducts
    volatile: Volatile

    @property
    def fields(self) -> frozenset[str]:
        return frozenset((*self.values, *self.numbers, *VOLATILE_FIELDS))

    @cached_property
    def product_of(self) -> NDArray[np.int32]:
        """[rows]; the ordinal of each row's product."""
        products = np.arange(len(self.ids), dtype=np.int32)
        return np.repeat(products, np.diff(self.first_row))

    def any_row(self, rows: Mask) -> Mask:
        """[rows] → [products]: which products have a row in the mask."""
        if len(self.skus) == len(self.ids):
            return rows
        until = np.cumsum(rows, dtype=np.int32)[self.first_row[1:] - 1]
        return np.diff(until, prepend=np.int32(0)) > 0

    def rows_of(self, products: Places) -> Places:
        """The rows of these products, product by product."""
        bounds = self.bounds_of(products)
        offsets = self.first_row[products] - bounds[:-1]
        return np.repeat(offsets, np.diff(bounds)) + np.arange(bounds[-1])

    def bounds_of(self, products: Places) -> Places:
        """[products + 1]; product i has bounds[i] … bounds[i + 1] − 1 of `rows_of`."""
        bounds = np.zeros(len(products) + 1, np.int64)
        np.cumsum(self.first_row[products + 1] - self.first_row[products], out=bounds[1:])
        return bounds


@dataclass(frozen=True)
class Chosen:
    """Products of a segment that are to be counted or sorted, with those of their rows that pass.

    Attributes:
        products: ordinals, ascending.
        rows_passing: [rows] what passes; None: every row does.
    """

    columns: Columns
    products: Places
    rows_passing: Mask | None

    @cached_property
    def product_mask(self) -> Mask:
        """[products of the segment]."""
        mask = np.zeros(len(self.columns.ids), np.bool_)
        mask[self.products] = True
        return mask

    @cached_property
    def rows(self) -> Places:
        """The passing rows of the products, ascending."""
        if len(self.columns.skus) == len(self.columns.ids):
            rows = self.products
        else:
            rows = self.columns.rows_of(self.products)
        return rows if self.rows_passing is None else rows[self.rows_passing[rows]]

    @cached_property
    def row_mask(self) -> Mask:
        """[rows of the segment]."""
        mask = np.zeros(len(self.columns.skus), np.bool_)
        mask[self.rows] = True
        return mask

    def codes(self, entries: Entries, of_rows: bool) -> NDArray[np.int32]:
        """The codes that the products have, one for each product and value of its."""
        owners = self.rows if of_rows else self.products
        products = None
        if entries.code_of is not None and 2 * len(owners) < len(entries.owners):
            codes = entries.code_of[owners]
            known = codes != UNKNOWN
            codes = codes[known]
            if of_rows:
                products = self.columns.product_of[owners[known]]
        else:
            within = (self.row_mask if of_rows else self.product_mask)[entries.owners]
            codes = entries.codes[within]
            if of_rows:
                products = self.columns.product_of[entries.owners[within]]
        if products is None:
            return codes
        distinct = np.unique(products.astype(np.int64) << 32 | codes)
        return (distinct & 0xFFFFFFFF).astype(np.int32)


def patched(columns: Columns, volatile: Volatile, states: Mapping[int, VolatileState]) -> Volatile:
    """The volatile columns with the new states of these products, by ordinal.

    The arrays given are left alone, and shared where nothing differs.
    """
    products = np.fromiter(states, np.int64, len(states))
    rows = columns.rows_of(products)
    prices = [price for state in states.values() for price in state.prices]
    stocks = [stock for state in states.values() for stock in state.stocks]
    wanted = [np.nan if s.popularity is None else s.popularity for s in states.values()]
    return Volatile(
        _with(volatile.price, rows, [UNKNOWN if p is None else p.minor for p in prices]),
        _with(volatile.stock, rows, [UNKNOWN if s is None else s for s in stocks]),
        _with(volatile.popularity, products, wanted),
    )


def gathered(parts: Sequence[tuple[Columns, Volatile, Places]]) -> Volatile:
    """The volatile columns of these products of several segments, one behind the other."""
    rows = [columns.rows_of(products) for columns, _, products in parts]
    return Volatile(
        np.concatenate([v.price[own] for (_, v, _), own in zip(parts, rows, strict=True)]),
        np.concatenate([v.stock[own] for (_, v, _), own in zip(parts, rows, strict=True)]),
        np.concatenate([v.popularity[products] for _, v, products in parts]),
    )


def _with(column: NDArray[Number], places: Places, values: Sequence[float]) -> NDArray[Number]:
    """The column with these values at these places; the very same where it has them already."""
    newer = np.array(values, column.dtype)
    if np.array_equal(column[places], newer, equal_nan=True):
        return column
    changed = column.copy()
    changed[places] = newer
    return changed
