"""Which rows pass the filters?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from rapidfuzz import process

from shopkeeper.index.columns import UNKNOWN, Columns, Mask, Volatile
from shopkeeper.records import AnyOf, Clause, InvalidRequest, NoneOf, Range
from shopkeeper.records.money import minor_digits

_TOLD_FIELDS = 12


def check_fields(fields: frozenset[str], wanted: Iterable[str], purpose: str) -> None:
    """Raise InvalidRequest for a field that no product of the shop has, naming the nearest."""
    for name in wanted:
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
            return _rows_with(columns, volatile, field, values)
        case NoneOf(field, values):
            return ~_rows_with(columns, volatile, field, values)
        case Range():
            return _rows_between(columns, volatile, clause, currency)


def _rows_with(columns: Columns, volatile: Volatile, field: str, values: tuple[str, ...]) -> Mask:
    mask = np.zeros(len(columns.skus), np.bool_)
    if field == "in_stock":
        for value in values:
            mask |= (volatile.stock != 0) if value == "true" else (volatile.stock == 0)
        return mask
    if column := columns.values.get(field):
        wanted = set(values)
        codes = [code for code, name in enumerate(column.names) if name in wanted]
        mask[column.rows[np.isin(column.codes, codes)]] = True
    if (numbers := columns.numbers.get(field)) and (asked := _numbers_in(values)):
        mask[numbers.rows[np.isin(numbers.values, asked)]] = True
    return mask


def _numbers_in(values: tuple[str, ...]) -> list[float]:
    numbers = []
    for value in values:
        try:
            numbers.append(float(value))
        except ValueError:
            continue
    return numbers


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
