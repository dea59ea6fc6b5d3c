"""How many products of the result set have each value?

Counts are of distinct products that have a row which passes the other filters *and* carries the
value. A field's own clauses are off while it is counted, so that a second brand can be added to
the first (multi-select).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.columns import UNKNOWN, Columns, Mask, Volatile
from shopkeeper.records import AnyOf, Clause, Facet, FacetValue
from shopkeeper.records.money import minor_digits

MOST_VALUES = 50
"""Values listed per facet, the commonest first; selected ones are always listed."""

FEW_NUMBERS = 12
"""A number field with no more distinct values than this lists them, as in "2, 3, 4 seats"."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What one segment adds to a facet: products per value, and the span of its numbers."""

    counts: Counter[str]
    low: float | None = None
    high: float | None = None


def tally(columns: Columns, volatile: Volatile, rows: Mask, field: str, currency: str) -> Tally:
    """Count the field's values over the rows of the result set in this segment."""
    if field == "in_stock":
        return _tally_flag(columns, rows, volatile.stock != 0)
    if field == "price":
        known = rows & (volatile.price != UNKNOWN)
        return _span(volatile.price[known] / 10.0 ** minor_digits(currency))
    if field == "stock":
        return _span(volatile.stock[rows & (volatile.stock != UNKNOWN)].astype(np.float64))
    if field == "popularity":
        popularity = volatile.popularity[columns.product_of[rows]]
        return _span(popularity[~np.isnan(popularity)])
    counts: Counter[str] = Counter()
    if column := columns.values.get(field):
        within = rows[column.rows]
        products, codes = column.products[within], column.codes[within]
        if len(codes):
            # Entries are sorted by (product, value): a repeat is a further variant of the product.
            first = np.ones(len(codes), np.bool_)
            first[1:] = (products[1:] != products[:-1]) | (codes[1:] != codes[:-1])
            found = np.bincount(codes[first], minlength=len(column.names))
            counts.update({column.names[code]: int(found[code]) for code in found.nonzero()[0]})
    if numbers := columns.numbers.get(field):
        within = rows[numbers.rows]
        values, products = numbers.values[within], numbers.products[within]
        span = _span(values)
        counts.update(_few_numbers(values, products))
        return Tally(counts, span.low, span.high)
    return Tally(counts)


def _tally_flag(columns: Columns, rows: Mask, flag: Mask) -> Tally:
    counts = {
        name: int(columns.any_row(rows & having).sum())
        for name, having in (("true", flag), ("false", ~flag))
    }
    return Tally(Counter({name: count for name, count in counts.items() if count}))


def _span(values: NDArray[np.float64]) -> Tally:
    if not len(values):
        return Tally(Counter())
    return Tally(Counter(), float(values.min()), float(values.max()))


def _few_numbers(values: NDArray[np.float64], products: NDArray[np.int32]) -> dict[str, int]:
    """Products per number. Rows of a product carry its one number, so neighbours are repeats."""
    if not len(values):
        return {}
    first = np.ones(len(values), np.bool_)
    first[1:] = (products[1:] != products[:-1]) | (values[1:] != values[:-1])
    distinct, counts = np.unique(values[first], return_counts=True)
    return {f"{value:g}": int(count) for value, count in zip(distinct, counts, strict=True)}


def facet(field: str, tallies: Iterable[Tally], clauses: Sequence[Clause]) -> Facet:
    """Join the segments' tallies into the facet that the page shows."""
    counts: Counter[str] = Counter()
    lows, highs = [], []
    for part in tallies:
        counts.update(part.counts)
        if part.low is not None and part.high is not None:
            lows.append(part.low)
            highs.append(part.high)
    selected = {v for c in clauses if isinstance(c, AnyOf) and c.field == field for v in c.values}
    listed = {} if lows and len(counts) > FEW_NUMBERS else dict(counts)
    for value in selected:
        listed.setdefault(value, counts[value])
    order = sorted(listed.items(), key=lambda item: (item[0] not in selected, -item[1], item[0]))
    values = [FacetValue(value, count, value in selected) for value, count in order]
    return Facet(
        field,
        tuple(values[: max(MOST_VALUES, len(selected))]),
        low=min(lows, default=None),
        high=max(highs, default=None),
        distinct=len(counts) if len(counts) > MOST_VALUES else None,
    )


def without(clauses: Sequence[Clause], field: str) -> tuple[Clause, ...]:
    """The clauses that stay on while `field` is counted."""
    return tuple(clause for clause in clauses if clause.field != field)


def suitable_fields(
    columns: Sequence[Columns], rows: Sequence[NDArray[np.int32]], most: int
) -> tuple[str, ...]:
    """The attribute fields that divide these products best, at most `most` of them.

    `rows[i]` are sample rows (the leading candidates) of segment i. A field suits when at least a
    third of the sample has it, with two or more values, and fewer values than half of the sample;
    fields that more of the sample has come first.
    """
    total = sum(len(part) for part in rows)
    coverage: Counter[str] = Counter()
    for segment, part in zip(columns, rows, strict=True):
        of = segment.fields_of_rows
        codes = [of.codes[of.first[row] : of.first[row + 1]] for row in part]
        counts = np.bincount(np.concatenate(codes), minlength=len(of.names)) if codes else ()
        coverage.update({of.names[code]: int(counts[code]) for code in np.flatnonzero(counts)})
    common = [name for name, count in coverage.items() if 3 * count >= total > 0]
    suits = []
    for name in common:
        distinct: set[str | float] = set()
        for segment, part in zip(columns, rows, strict=True):
            distinct |= _distinct(segment, part, name)
        if name not in _OFFERED_ANYWAY and 2 <= len(distinct) <= max(2, total // 2):
            suits.append((-coverage[name], name))
    return tuple(name for _, name in sorted(suits)[:most])


_OFFERED_ANYWAY = frozenset(("id", "sku", "brand", "category", "rating"))


def _distinct(columns: Columns, rows: NDArray[np.int32], field: str) -> set[str | float]:
    sample = np.zeros(len(columns.skus), np.bool_)
    sample[rows] = True
    found: set[str | float] = set()
    if column := columns.values.get(field):
        found.update(column.names[code] for code in np.unique(column.codes[sample[column.rows]]))
    if numbers := columns.numbers.get(field):
        found.update(numbers.values[sample[numbers.rows]].tolist())
    return found
