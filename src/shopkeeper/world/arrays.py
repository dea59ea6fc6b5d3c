"""How are records of parallel arrays cut and joined? All arrays of one have the same first axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

Record = TypeVar("Record")
"""A dataclass whose fields are arrays, or such records themselves."""


def take(record: Record, at: Any) -> Record:
    """The rows that a mask or an array of places names."""
    return _map([record], lambda arrays: arrays[0][at])


def lay(records: Sequence[Record]) -> Record:
    """All rows, one record behind the other; at least one record."""
    return _map(records, np.concatenate)


def _map(records: Sequence[Record], join: Any) -> Record:
    first: Any = records[0]
    made = {}
    for field in fields(first):
        parts = [getattr(record, field.name) for record in records]
        is_array = isinstance(parts[0], np.ndarray)
        made[field.name] = join(parts) if is_array else _map(parts, join)
    joined: Record = type(first)(**made)
    return joined
