"""In what order do products stand by a column, and which variant shows why?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.columns import UNKNOWN, Chosen, Columns, Places, Volatile
from shopkeeper.records import SortKey

Floats = NDArray[np.float64]


def sorted_by(
    chosen: Sequence[Chosen],
    volatiles: Sequence[Volatile],
    places: Places,
    keys: Sequence[SortKey],
) -> Places:
    """`places` among the chosen products of all segments, put in the order of the columns.

    A product's value is the lowest (ascending) or highest (descending) of its rows that pass.
    Unknown values come last, and ties stay as they were.
    """
    for key in reversed(keys):
        parts = [sort_values(c, v, key) for c, v in zip(chosen, volatiles, strict=True)]
        values = (np.concatenate(parts) if parts else np.empty(0))[places]
        ranks = -values if key.descending else values
        places = places[np.argsort(ranks, kind="stable")]  # NaN sorts last
    return places


def sort_values(chosen: Chosen, volatile: Volatile, key: SortKey) -> Floats:
    """[chosen products] the column value that each is sorted by; NaN when it has none."""
    if key.field == "popularity":
        popularity: Floats = volatile.popularity[chosen.products]
        return popularity
    column = chosen.columns.numbers.get(key.field)
    if column is not None and not column.of_rows:
        return _numbers_of(chosen.columns, key.field, chosen.products)
    rows = chosen.rows
    by_row = row_values(chosen.columns, volatile, key.field, rows)
    firsts = np.flatnonzero(np.diff(chosen.columns.product_of[rows], prepend=UNKNOWN))
    if not len(firsts):
        return np.empty(0)
    pick = np.fmax if key.descending else np.fmin
    best: Floats = pick.reduceat(by_row, firsts)
    return best


def row_values(columns: Columns, volatile: Volatile, field: str, rows: Places) -> Floats:
    """The value of each of these rows; NaN when it has none."""
    if field == "popularity":
        popularity: Floats = volatile.popularity[columns.product_of[rows]]
        return popularity
    if field == "price":
        return _known(volatile.price[rows])
    if field == "stock":
        return _known(volatile.stock[rows])
    if field == "in_stock":
        return np.asarray(volatile.stock[rows] != 0, np.float64)
    column = columns.numbers.get(field)
    owners = rows if column is None or column.of_rows else columns.product_of[rows]
    return _numbers_of(columns, field, owners)


def _known(given: NDArray[np.int64] | NDArray[np.int32]) -> Floats:
    values = given.astype(np.float64)
    values[given == UNKNOWN] = np.nan
    return values


def _numbers_of(columns: Columns, field: str, owners: NDArray[np.integer]) -> Floats:
    """The number of each of these owners; NaN when it has none."""
    values = np.full(len(owners), np.nan)
    column = columns.numbers.get(field)
    if column is None:
        return values
    entries = column.entries
    if entries.code_of is not None:
        codes = entries.code_of[owners]
    else:
        # Of numbers each owner has one at most, so its place is where it sorts in.
        places = np.minimum(np.searchsorted(entries.owners, owners), len(entries.owners) - 1)
        codes = np.where(entries.owners[places] == owners, entries.codes[places], UNKNOWN)
    known = codes != UNKNOWN
    values[known] = column.values[codes[known]]
    return values


def shown_rows(
    columns: Columns,
    products: Places,
    rows_passing: NDArray[np.bool_] | None,
    wished: NDArray[np.bool_],
    by_sort: tuple[Volatile, SortKey] | None,
) -> Places:
    """The row that stands for each product: of those that pass the first, wished ones before.

    "red shoe" shows the red one, if it is in stock; a page sorted by price shows the variant with
    that price.

    Args:
        products: ordinals, in any order.
        wished: of `columns.rows_of(products)`, which are as the query would have them.
        by_sort: the column that decides, if one does.
    """
    rows = columns.rows_of(products)
    passes = np.ones(len(rows), np.bool_) if rows_passing is None else rows_passing[rows]
    merit = passes * (1 + wished)
    starts = columns.bounds_of(products)
    if by_sort is not None:
        volatile, key = by_sort
        values = row_values(columns, volatile, key.field, rows)
        values[~passes] = np.nan
        pick = np.fmax if key.descending else np.fmin
        deciding = pick.reduceat(values, starts[:-1])
        merit = merit + 2 * (values == np.repeat(deciding, np.diff(starts)))
    highest = np.maximum.reduceat(merit, starts[:-1])
    best = (merit == np.repeat(highest, np.diff(starts))).nonzero()[0]
    shown: Places = rows[best[np.searchsorted(best, starts[:-1])]]
    return shown
