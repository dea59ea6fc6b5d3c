"""How many products of the result set have each value?

Counts are of distinct products that have a row which passes the other filters *and* carries the
value. A field's own clauses are off while it is counted, so that a second brand can be added to
the first (multi-select).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.columns import UNKNOWN, Chosen, Volatile
from shopkeeper.index.filters import NEVER_COUNTED, number_in
from shopkeeper.index.texts import Texts
from shopkeeper.records import AnyOf, Clause, Facet, FacetValue
from shopkeeper.records.filters import number_text
from shopkeeper.records.money import minor_digits

MOST_VALUES = 50
"""Values listed per facet, the commonest first; selected ones are always listed."""

MOST_CATEGORIES = 1_000
"""The same of the category tree, which has no use without its leaves."""

FEW_NUMBERS = 12
"""A number field with no more distinct values than this lists them, as in "2, 3, 4 seats"."""

_NO_TEXTS = Texts.of((), is_sorted=True)

_SPANS = frozenset(("price", "stock", "popularity"))
"""Fields whose facet is a range, without values."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What one segment adds to a facet: products per text and per number, and the numbers' span.

    Arrays until the listed values are known, since a field may have as many as there are products.
    """

    names: Texts = _NO_TEXTS
    """The segment's texts, sorted; `counts[i]` products have `names[i]`, which may be none."""
    counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    numbers: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """Distinct; `number_counts[i]` products have `numbers[i]`. Volatile numbers are not counted."""
    number_counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    low: float | None = None
    high: float | None = None


def tally(chosen: Chosen, volatile: Volatile, field: str, currency: str) -> Tally:
    """Count the field's values over the products of the result set in this segment."""
    columns = chosen.columns
    if field == "in_stock":
        in_stock = volatile.stock[chosen.rows] != 0
        products = columns.product_of[chosen.rows]
        flags = [_distinct_count(products[having]) for having in (~in_stock, in_stock)]
        return Tally(_IN_STOCK, np.array(flags, np.int64))
    if field == "price":
        price = volatile.price[chosen.rows]
        return _span(price[price != UNKNOWN] / 10.0 ** minor_digits(currency))
    if field == "stock":
        stock = volatile.stock[chosen.rows]
        return _span(stock[stock != UNKNOWN].astype(np.float64))
    if field == "popularity":
        popularity = volatile.popularity[chosen.products]
        return _span(popularity[~np.isnan(popularity)])
    result = Tally()
    if numbers := columns.numbers.get(field):
        codes = chosen.codes(numbers.entries, numbers.of_rows)
        counts = np.bincount(codes, minlength=len(numbers.values))
        there = np.flatnonzero(counts)
        values = numbers.values[there]
        result = replace(_span(values), numbers=values, number_counts=counts[there])
    if column := columns.values.get(field):
        codes = chosen.codes(column.entries, column.of_rows)
        found: NDArray[np.int64] = np.bincount(codes, minlength=len(column.names))
        result = replace(result, names=column.names, counts=column.rolled_up(found))
    return result


_IN_STOCK = Texts.of(("false", "true"), is_sorted=True)


def _distinct_count(ascending: NDArray[np.int32]) -> int:
    return int(np.count_nonzero(np.diff(ascending, prepend=UNKNOWN)))


def _span(values: NDArray[np.float64]) -> Tally:
    if not len(values):
        return Tally()
    return Tally(low=float(values.min()), high=float(values.max()))


class _Sum:
    """Products per value over all segments.

    The counts of the segment with most texts stay an array; what only others have is a dict.
    """

    def __init__(self, parts: Sequence[Tally]) -> None:
        largest = max(parts, key=lambda part: len(part.names), default=Tally())
        self._names, self._counts = largest.names, largest.counts.copy()
        self._others: Counter[str] = Counter()
        for part in parts:
            if part is not largest:
                for code in part.counts.nonzero()[0].tolist():
                    self.add(part.names[code], int(part.counts[code]))

    def add(self, value: str, count: int) -> None:
        at = self._names.find(value)
        if at is None:
            self._others[value] += count
        else:
            self._counts[at] += count

    def __getitem__(self, value: str) -> int:
        at = self._names.find(value)
        return self._others[value] if at is None else int(self._counts[at])

    def __len__(self) -> int:
        return int(np.count_nonzero(self._counts)) + len(self._others)

    def most_common(self, most: int) -> dict[str, int]:
        """The leading values (of ties the first by text), among what else is in the dict."""
        at = _largest(self._counts, most)
        leading = zip(self._names.take(at), self._counts[at].tolist(), strict=True)
        return dict(leading) | self._others


def _largest(counts: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Where the largest counts above 0 stand, at most so many; of equal ones the first."""
    most = min(most, int(np.count_nonzero(counts)))
    if not most:
        return np.empty(0, np.int64)
    least = np.partition(counts, -most)[-most]
    above, level = (counts > least).nonzero()[0], (counts == least).nonzero()[0]
    return np.concatenate([above, level[: most - len(above)]])


def _joined_numbers(parts: Sequence[Tally]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The distinct numbers of all segments, and how many products have each."""
    if len(parts) == 1:
        return parts[0].numbers, parts[0].number_counts
    given = np.concatenate([part.numbers for part in parts])
    counts = np.concatenate([part.number_counts for part in parts])
    numbers, places = np.unique(given, return_inverse=True)
    return numbers, np.bincount(places, counts, len(numbers)).astype(np.int64)


def facet(name: str, tallies: Iterable[Tally], clauses: Sequence[Clause]) -> Facet:
    """Join the tallies of all segments, one or more, into the facet that the page shows."""
    parts = list(tallies)
    lows = [part.low for part in parts if part.low is not None]
    highs = [part.high for part in parts if part.high is not None]
    selected = set() if name in _SPANS else _selected(name, clauses, is_number=bool(lows))
    counts = _Sum(parts)
    numbers, number_counts = _joined_numbers(parts)
    named = np.ones(len(numbers), np.bool_)
    if len(numbers) > FEW_NUMBERS:
        named = np.isin(numbers, [n for v in selected if (n := number_in(v)) is not None])
    for number, count in zip(numbers[named], number_counts[named], strict=True):
        counts.add(number_text(number), int(count))
    distinct = len(counts) + int((~named).sum())
    most = MOST_CATEGORIES if name == "category" else MOST_VALUES
    listed = {} if lows and distinct > FEW_NUMBERS else counts.most_common(most)
    listed |= {value: counts[value] for value in selected}
    order = sorted(listed.items(), key=lambda item: (item[0] not in selected, -item[1], item[0]))
    values = [FacetValue(value, count, value in selected) for value, count in order]
    return Facet(
        name,
        tuple(values[: max(most, len(selected))]),
        low=min(lows, default=None),
        high=max(highs, default=None),
        distinct=distinct if distinct > most else None,
    )


def _selected(name: str, clauses: Sequence[Clause], is_number: bool) -> set[str]:
    """The values that the field's own clauses ask for, as the facet writes them."""
    asked = (c.values for c in clauses if isinstance(c, AnyOf) and c.field == name)
    values = {value for several in asked for value in several}
    if not is_number:
        return values
    return {v if (n := number_in(v)) is None else number_text(n) for v in values}


def without(clauses: Sequence[Clause], field: str) -> tuple[Clause, ...]:
    """The clauses that stay on while `field` is counted."""
    return tuple(clause for clause in clauses if clause.field != field)


def suitable_fields(chosen: Sequence[Chosen], most: int) -> tuple[str, ...]:
    """The attribute fields that divide these products best, at most `most` of them.

    They are a sample, the leading candidates, by segment. A field suits when at least a third of
    the sample has it, with two or more values, and fewer values than half of the sample; fields
    that more of the sample has come first.
    """
    total = sum(len(part.products) for part in chosen)
    coverage: Counter[str] = Counter()
    for part in chosen:
        of = part.columns.fields_of_products
        codes = [of.codes[of.first[product] : of.first[product + 1]] for product in part.products]
        counts = np.bincount(np.concatenate(codes), minlength=len(of.names)) if codes else ()
        for code in np.flatnonzero(counts):  # a name stands twice: as texts and as numbers
            coverage[of.names[code]] += int(counts[code])
    common = [name for name, count in coverage.items() if 3 * count >= total > 0]
    suits = []
    for name in common:
        if name in _OFFERED_ANYWAY:
            continue
        distinct = set().union(*(_distinct(part, name) for part in chosen))
        if 2 <= len(distinct) <= max(2, total // 2):
            suits.append((-coverage[name], name))
    return tuple(name for _, name in sorted(suits)[:most])


_OFFERED_ANYWAY = NEVER_COUNTED | {"brand", "category", "rating"}


def _distinct(chosen: Chosen, field: str) -> set[str | float]:
    found: set[str | float] = set()
    if column := chosen.columns.values.get(field):
        codes = np.unique(chosen.codes(column.entries, column.of_rows))
        found.update(column.names[code] for code in codes)
    if numbers := chosen.columns.numbers.get(field):
        codes = np.unique(chosen.codes(numbers.entries, numbers.of_rows))
        found.update(numbers.values[codes].tolist())
    return found
