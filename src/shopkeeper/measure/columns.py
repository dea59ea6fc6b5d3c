"""What may be computed with? Columns of one length, checked by name before any arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shopkeeper.records import InvalidRecord, InvalidRequest

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]


def numbers(name: str, values: ArrayLike, *, rows: int | None = None) -> Floats:
    """[rows] finite numbers as float64; `rows` None takes any length from 1.

    Raises:
        InvalidRequest: another shape.
        InvalidRecord: a value that is not finite, by its row.
    """
    column = _column(name, values, rows).astype(np.float64)
    within(name, column, np.isfinite(column), expected="a finite number")
    return column


def flags(name: str, values: ArrayLike, *, rows: int | None = None) -> Flags:
    """[rows] of True and False, or of 1 and 0."""
    column = _column(name, values, rows)
    within(name, column, (column == 0) | (column == 1), expected="a flag, 0 or 1")
    return column.astype(np.bool_)


def codes(name: str, values: ArrayLike, *, rows: int | None = None) -> Codes:
    """[rows] whole numbers from 0, as int64."""
    column = _column(name, values, rows)
    if column.dtype.kind not in "iu":
        raise InvalidRequest(f"{name} of type {column.dtype}", expected="whole numbers")
    within(name, column, column >= 0, expected="0 or more")
    return column.astype(np.int64)


def groups(name: str, values: ArrayLike | None, *, rows: int) -> tuple[Codes, int]:
    """A code 0 … count − 1 per row, equal where the values (ids of any kind) are, and the count.

    None: each row is a group of its own.
    """
    if values is None:
        return np.arange(rows), rows
    distinct, inverse = np.unique(_column(name, values, rows), return_inverse=True)
    return inverse.astype(np.int64), len(distinct)


def sums_by(codes: Codes, values: NDArray[Any], count: int) -> Floats:
    """[count] sums of the values [rows] of each code."""
    return np.bincount(codes, weights=values, minlength=count).astype(np.float64, copy=False)


def within(name: str, column: NDArray[Any], is_right: Flags, *, expected: str) -> None:
    """Raise InvalidRecord for the first row that is not right."""
    if not is_right.all():
        row = int(np.argmin(is_right))
        raise InvalidRecord(f"{name} {column[row]}", where=f"row {row}", expected=expected)


def _column(name: str, values: ArrayLike, rows: int | None) -> NDArray[Any]:
    column = np.asarray(values)
    if column.ndim != 1 or not len(column) or (rows is not None and len(column) != rows):
        expected = "a column with a row or more" if rows is None else f"a column of {rows} rows"
        raise InvalidRequest(f"{name} of shape {column.shape}", expected=expected)
    return column
