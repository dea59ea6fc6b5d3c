"""Which rows pass the filters?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from rapidfuzz import process

from shopkeeper.index.columns import UNKNOWN, VOLATILE_FIELDS, Columns, Mask, Volatile, position
from shopkeeper.records import AnyOf, Clause, InvalidRequest, NoneOf, Range
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


def rows_passing(
    columns: Columns, volatile: Volatile, clauses: Sequence[Clause], currency: str
) -> Mask:
    """[rows] mask of the variants that satisfy every clause.

    A clause on a field which this segment lacks: AnyOf and Range pass nothing, NoneOf everything.
    Numbers are compared as numbers when a value is asked by its text ("2" finds 2.0).
    """
    mask = np.ones(len(columns.skus), np.bool_)
    for clause in clauses:
        mask &= _rows_of(columns, volatile, clause, currency)
    return mask


def _rows_of(columns: Columns, volatile: Volatile, clause: Clause, currency: str) -> Mask:
    match clause:
        case AnyOf(field, values):
            return _rows_with(columns, volatile, field, values, currency)
        case NoneOf(field, values):
            return ~_rows_with(columns, volatile, field, values, currency)
        case Range():
            return _rows_between(columns, volatile, clause, currency)


def _rows_with(
    columns: Columns, volatile: Volatile, field: str, values: tuple[str, ...], currency: str
) -> Mask:
    mask = np.zeros(len(columns.skus), np.bool_)
    if field == "in_stock":
        for flag, having in (("true", volatile.stock != 0), ("false", volatile.stock == 0)):
            if flag in values:
                mask |= having
        return mask
    if field in VOLATILE_FIELDS:
        for number in _numbers_in(values):
            mask |= _rows_between(columns, volatile, Range(field, number, number), currency)
        return mask
    if column := columns.values.get(field):
        codes = [code for v in values if (code := position(column.names, v)) is not None]
        mask[column.rows[np.isin(column.codes, codes)]] = True
    if (numbers := columns.numbers.get(field)) and (asked := _numbers_in(values)):
        mask[numbers.rows[np.isin(numbers.values, asked)]] = True
    return mask


def number_in(text: str) -> float | None:
    """The number that the text says; None when it says none."""
    try:
        return float(text)
    except ValueError:
        return None


def _numbers_in(values: tuple[str, ...]) -> list[float]:
    return [number for value in values if (number := number_in(value)) is not None]


def _rows_between(columns: Columns, volatile: Volatile, clause: Range, currency: str) -> Mask:
    low = -np.inf if clause.low is None else clause.low
    high = np.inf if clause.high is None else clause.high
    mask = np.zeros(len(columns.skus), np.bool_)
    if clause.field == "price":
        scale = 10.0 ** minor_digits(currency)
        # Half a minor unit of slack: 19.99 × 100 is 1998.9999999999998 in binary.
        mask |= (volatile.price >= low * scale - 0.5) & (volatile.price <= high * scale + 0.5)
        mask &= volatile.price != UNKNOWN
    elif clause.field == "stock":
        mask |= (volatile.stock >= low) & (volatile.stock <= high) & (volatile.stock != UNKNOWN)
    elif clause.field == "popularity":
        popularity = volatile.popularity[columns.product_of]
        mask |= (popularity >= low) & (popularity <= high)
    elif numbers := columns.numbers.get(clause.field):
        mask[numbers.rows[(numbers.values >= low) & (numbers.values <= high)]] = True
    return mask
