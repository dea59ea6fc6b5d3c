"""The columns on disk: a handful of arrays, whatever the number of fields; all of them mapped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from shopkeeper.index.columns import (
    Columns,
    Entries,
    FieldsOfProducts,
    Numbers,
    Values,
    Volatile,
    parents_of,
)
from shopkeeper.index.texts import Texts, mapped

_PARTS = ("owners", "codes", "by_code")
_VOLATILE = ("price", "stock", "popularity")


def save_columns(columns: Columns, folder: Path) -> None:
    """Write the columns as .npy arrays, and one JSON file with the names of the fields."""
    folder.mkdir()
    values, numbers = columns.values, columns.numbers
    every: list[Values | Numbers] = [*values.values(), *numbers.values()]
    facts = {
        "values": [_facts(name, column, len(column.names)) for name, column in values.items()],
        "numbers": [_facts(name, column, len(column.values)) for name, column in numbers.items()],
        "paths": [name for name, column in values.items() if column.parents is not None],
        "fields": columns.fields_of_products.names,
    }
    (folder / "columns.json").write_bytes(orjson.dumps(facts))
    columns.ids.save(folder, "ids")
    columns.skus.save(folder, "skus")
    Texts.joined([column.names for column in values.values()]).save(folder, "names")
    arrays: dict[str, NDArray] = {  # type: ignore[type-arg]
        part: _joined([getattr(c.entries, part) for c in every], np.int32) for part in _PARTS
    }
    arrays |= {part: getattr(columns.volatile, part) for part in _VOLATILE}
    arrays["starts"] = _joined([c.entries.starts for c in every], np.int64)
    arrays["numbers"] = _joined([c.values for c in numbers.values()], np.float64)
    arrays["first_row"] = columns.first_row
    arrays["fields_first"] = columns.fields_of_products.first
    arrays["fields_codes"] = columns.fields_of_products.codes
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)


def load_columns(folder: Path) -> Columns:
    """Map what `save_columns` wrote into memory."""
    facts = orjson.loads((folder / "columns.json").read_bytes())
    first_row = mapped(folder / "first_row.npy")
    reader = _EntriesReader(folder, products=len(first_row) - 1, rows=int(first_row[-1]))
    names, every_number = Texts.load(folder, "names"), mapped(folder / "numbers.npy")
    values: dict[str, Values] = {}
    numbers: dict[str, Numbers] = {}
    at = 0
    for name, of_rows, entries, distinct in facts["values"]:
        own = names[at : at + distinct]
        parents = parents_of(own) if name in facts["paths"] else None
        values[name] = Values(of_rows, own, reader.next(of_rows, entries, distinct), parents)
        at += distinct
    at = 0
    for name, of_rows, entries, distinct in facts["numbers"]:
        own_numbers = every_number[at : at + distinct]
        numbers[name] = Numbers(of_rows, own_numbers, reader.next(of_rows, entries, distinct))
        at += distinct
    return Columns(
        ids=Texts.load(folder, "ids"),
        skus=Texts.load(folder, "skus"),
        first_row=first_row,
        values=values,
        numbers=numbers,
        fields_of_products=FieldsOfProducts(
            mapped(folder / "fields_first.npy"),
            mapped(folder / "fields_codes.npy"),
            tuple(facts["fields"]),
        ),
        volatile=Volatile(*(mapped(folder / f"{name}.npy") for name in _VOLATILE)),
    )


class _EntriesReader:
    """Cuts the joined arrays into fields, one behind the other."""

    def __init__(self, folder: Path, products: int, rows: int) -> None:
        self._parts = [mapped(folder / f"{part}.npy") for part in _PARTS]
        self._starts = mapped(folder / "starts.npy")
        self._products, self._rows = products, rows
        self._entry = self._start = 0

    def next(self, of_rows: bool, entries: int, distinct: int) -> Entries:
        owners, codes, by_code = (p[self._entry : self._entry + entries] for p in self._parts)
        starts = self._starts[self._start : self._start + distinct + 1]
        self._entry += entries
        self._start += distinct + 1
        total = self._rows if of_rows else self._products
        return Entries.indexed(owners, codes, by_code, starts, total)


def _facts(name: str, column: Values | Numbers, distinct: int) -> tuple[str, bool, int, int]:
    return name, column.of_rows, len(column.entries.owners), distinct


def _joined(arrays: list[NDArray], dtype: type) -> NDArray:  # type: ignore[type-arg]
    return np.concatenate(arrays) if arrays else np.empty(0, dtype)
