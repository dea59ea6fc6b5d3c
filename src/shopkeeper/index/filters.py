"""Which rows pass the filters?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process

from shopkeeper.index.columns import (
    UNKNOWN,
    VOLATILE_FIELDS,
    Columns,
    Mask,
    Numbers,
    Places,
    Volatile,
)
from shopkeeper.records import Clause, InvalidRequest, NoneOf, Range
from shopkeeper.records.money import minor_digits

_TOLD_FIELDS = 12

NEVER_COUNTED = frozenset(("id", "sku"))
"""Fields that every product has its own value of, so that there is nothing to count."""


def check_fields(fields: frozenset[str], wanted: Iterable[str], purpose: str) -> None:
    """Raise InvalidRequest for a field that no product of the shop has, naming the nearest.

    The purpose is "filter", "sort" or "count"; nothing is counted by id or sku.
    """
    for name in wanted:
        if purpose == "count" and name in NEVER_COUNTED:
            raise InvalidRequest(
                f"products cannot be counted by {name!r}: each has its own",
                expected="a field that products share, such as brand",
            )
        if name not in fields:
            near = process.extract(name, sorted(fields), limit=3, score_cutoff=60)
            names = ", ".join(repr(choice) for choice, _, _ in near)
            some = ", ".join(sorted(fields)[:_TOLD_FIELDS])
            rest = ", …; GET /v1/status lists all" if len(fields) > _TOLD_FIELDS else ""
            raise InvalidRequest(
                f"no field {name!r} to {purpose} by",
                hint=f"did you mean {names}?" if names else f"there are {some}{rest}",
            )


@dataclass(frozen=True, slots=True)
class Passing:
    """What of a segment passes some clauses.

    products: [products] have a row that satisfies all of them.
    rows: [rows] those rows; None: every row of a product that passes.
    """

    products: Mask
    rows: Mask | None


def passing(
    columns: Columns, volatile: Volatile, clauses: Sequence[Clause], currency: str, among: Mask
) -> Passing:
    """What satisfies every clause within one variant, `among` these products, [products].

    A clause on a field which this segment lacks: AnyOf and Range pass nothing, NoneOf everything.
    Numbers are compared as numbers when a value is asked by its text ("2" finds 2.0).
    """
    products, rows = among, None
    for clause in clauses:
        is_of_rows, mask = _holds(columns, volatile, clause, currency)
        if is_of_rows:
            rows = mask if rows is None else rows & mask
        else:
            products = products & mask
    if rows is not None:
        products = products & columns.any_row(rows)
    return Passing(products, rows)


def rows_satisfying(
    columns: Columns,
    volatile: Volatile,
    clauses: Sequence[Clause],
    currency: str,
    rows: Places,
) -> Mask:
    """Which of these few rows satisfy every clause, [rows given]."""
    result = np.ones(len(rows), np.bool_)
    for clause in clauses:
        if clause.field in _VOLATILE_BY_ROW:
            result &= _volatile(volatile, clause, currency, rows)
        else:
            is_of_rows, mask = _holds(columns, volatile, clause, currency)
            result &= mask[rows if is_of_rows else columns.product_of[rows]]
    return result


_VOLATILE_BY_ROW = frozenset(VOLATILE_FIELDS) - {"popularity"}

_ALL = slice(None)


def _holds(
    columns: Columns, volatile: Volatile, clause: Clause, currency: str
) -> tuple[bool, Mask]:
    """Whether the field is one of rows, and which owners satisfy the clause."""
    if clause.field in VOLATILE_FIELDS:
        is_of_rows = clause.field in _VOLATILE_BY_ROW
        return is_of_rows, _volatile(volatile, clause, currency, _ALL)
    field = clause.field
    if field in ("id", "sku"):
        texts = columns.ids if field == "id" else columns.skus
        mask = np.zeros(len(texts), np.bool_)
        for value in clause.values if not isinstance(clause, Range) else ():
            mask[texts.find_all(value)] = True
        return field == "sku", mask ^ isinstance(clause, NoneOf)
    values, numbers = columns.values.get(field), columns.numbers.get(field)
    is_of_rows = any(column.of_rows for column in (values, numbers) if column is not None)
    mask = np.zeros(len(columns.skus if is_of_rows else columns.ids), np.bool_)
    if isinstance(clause, Range):
        if numbers is not None:
            mask[_between(numbers, clause.low, clause.high)] = True
        return is_of_rows, mask
    for value in clause.values:
        for owners in values.owners_of(value) if values is not None else ():
            mask[owners] = True
    if numbers is not None:
        for number in _numbers_in(clause.values):
            mask[_between(numbers, number, number)] = True
    return is_of_rows, mask ^ isinstance(clause, NoneOf)


def _between(numbers: Numbers, low: float | None, high: float | None) -> NDArray[np.int32]:
    """The owners whose number is at least `low` and at most `high`."""
    first = 0 if low is None else int(np.searchsorted(numbers.values, low, "left"))
    last = np.searchsorted(numbers.values, np.inf if high is None else high, "right")
    return numbers.entries.having(first, max(first, int(last)))


def number_in(text: str) -> float | None:
    """The number that the text says; None when it says none."""
    try:
        return float(text)
    except ValueError:
        return None


def _numbers_in(values: tuple[str, ...]) -> list[float]:
    return [number for value in values if (number := number_in(value)) is not None]


def _volatile(volatile: Volatile, clause: Clause, currency: str, rows: Places | slice) -> Mask:
    """Which of the rows satisfy it; of popularity, which products."""
    if isinstance(clause, Range):
        return _volatile_between(volatile, clause, currency, rows)
    field = clause.field
    if field == "in_stock":
        stock = volatile.stock[rows]
        mask = np.zeros(len(stock), np.bool_)
        if "true" in clause.values:
            mask |= stock != 0
        if "false" in clause.values:
            mask |= stock == 0
    else:
        nothing = Range(field, np.inf, -np.inf)
        mask = _volatile_between(volatile, nothing, currency, rows)
        for number in _numbers_in(clause.values):
            same = Range(field, number, number)
            mask |= _volatile_between(volatile, same, currency, rows)
    return mask ^ isinstance(clause, NoneOf)


def _volatile_between(
    volatile: Volatile, clause: Range, currency: str, rows: Places | slice
) -> Mask:
    low = -np.inf if clause.low is None else clause.low
    high = np.inf if clause.high is None else clause.high
    if clause.field == "popularity":
        popularity = volatile.popularity[rows]
        return np.asarray((popularity >= low) & (popularity <= high))
    if clause.field == "stock":
        units = volatile.stock[rows]
        return np.asarray((units >= low) & (units <= high) & (units != UNKNOWN))
    if clause.field == "in_stock":
        return np.zeros(len(volatile.stock[rows]), np.bool_)
    scale, price = 10.0 ** minor_digits(currency), volatile.price[rows]
    # Half a minor unit of slack: 19.99 × 100 is 1998.9999999999998 in binary. Whole numbers
    # compare twice as fast; what has no price is below 0.
    least = np.ceil(np.clip(low * scale - 0.5, 0, _MOST))
    most = np.floor(np.clip(high * scale + 0.5, -1, _MOST))
    return np.asarray((price >= int(least)) & (price <= int(most)))


_MOST = 2.0**62
