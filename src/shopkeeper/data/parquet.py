"""Which rows are in a Parquet file? They come batch by batch, so that a file of any size fits.

A table in the canonical form has its columns; a nested one (`variants`, `attributes`, texts by
locale) may be a struct, a map, a list, or JSON in a text. Any other table that is known by its
column names, as Google Merchant's, may be a Parquet file as well: its cells then become text.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from shopkeeper.data.layout import Fields, Row
from shopkeeper.data.rejects import Reject
from shopkeeper.data.source import LARGEST_ROW, Note
from shopkeeper.records import InvalidRecord, Product

if TYPE_CHECKING:
    import pyarrow as pa

_MAGIC = b"PAR1"
_BATCH = 512
"""Rows decoded at a time."""

CANONICAL = frozenset((*Product.__dataclass_fields__, "price", "stock", "sku"))
_NESTED = ("title", "description", "category", "attributes", "variants", "price")
_WHOLE = ("id", "sku", "stock")
"""Whole numbers, that a table with gaps keeps as 12.0."""


def is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def column_names(path: Path) -> list[str]:
    """The top-level columns, as written."""
    with _opened(path) as file:
        return list(file.schema_arrow.names)


def read_products(path: Path, note: Note) -> Iterator[Row | Reject]:
    """Rows in the canonical form."""
    for number, values in _rows(path):
        fields = {name.lower(): _canonical(name.lower(), value) for name, value in values.items()}
        yield _sized(number, {name: value for name, value in fields.items() if value is not None})


def read_cells(path: Path, column: Callable[[str], str]) -> Iterator[Row | Reject]:
    """Rows whose cells are text, as a text table would have them; but a price that is a number
    stays one, since a text's last point may group thousands."""
    for number, values in _rows(path):
        fields = {}
        for name, value in values.items():
            known = column(name)
            is_price = "price" in known and isinstance(value, (float, Decimal))
            fields[known] = float(value) if is_price else _text(value)
        yield _sized(number, fields)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row's number from 1, and its values by column."""
    number = 0
    with _opened(path) as file:
        for batch in file.iter_batches(batch_size=_BATCH):
            for values in _exact(batch).to_pylist(maps_as_pydicts="lossy"):
                number += 1
                yield number, values


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, memory_map=True) as file:
            yield file
    except (pa.ArrowInvalid, OSError) as error:
        raise InvalidRecord(
            f"no Parquet file, or a damaged one ({str(error)[:200]})",
            where=str(path),
            hint="copy it again; nothing after this point was read",
        ) from None


def _exact(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Single-precision numbers as they were written: 19.99, and not 19.989999771118164."""
    import pyarrow as pa

    for at, field in enumerate(batch.schema):
        if pa.types.is_float32(field.type) or pa.types.is_float16(field.type):
            exact = batch.column(at).cast(pa.string()).cast(pa.float64())
            batch = batch.set_column(at, field.name, exact)
    return batch


def _sized(number: int, fields: Fields) -> Row | Reject:
    longest = max((len(v) for v in fields.values() if isinstance(v, str)), default=0)
    if longest > LARGEST_ROW:
        return Reject(number, "", "", "", f"a cell of more than {LARGEST_ROW:,} characters")
    return Row(number, fields)


def _canonical(name: str, value: Any) -> Any:
    if name in _NESTED and isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    value = _plain(value)
    if name == "variants" and isinstance(value, list):
        return [_whole_numbers(item) if isinstance(item, dict) else item for item in value]
    return _whole(value) if name in _WHOLE else value


def _whole_numbers(variant: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _whole(v) if name in _WHOLE else v for name, v in variant.items()}


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _plain(value: Any) -> Any:
    """As JSON would have it; what a struct leaves out is unknown."""
    match value:
        case dict():
            return {str(k): _plain(v) for k, v in value.items() if v is not None}
        case list() | tuple():
            return [_plain(item) for item in value]
        case float() | Decimal():
            return None if math.isnan(value) else float(value)
        case None | str() | bool() | int():
            return value
        case bytes():
            return value.decode("utf-8", "replace")
        case _:  # times
            return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _text(value: Any) -> str:
    """The cell of a text table: several values between commas, a struct's between colons."""
    match plain := _plain(value):
        case None:
            return ""
        case bool():
            return str(plain).lower()
        case dict():
            return ":".join(_text(item) for item in plain.values())
        case list():
            line = io.StringIO()
            csv.writer(line, lineterminator="").writerow([_text(item) for item in plain])
            return line.getvalue()
        case float():
            return json.dumps(_whole(plain))
        case _:
            return str(plain)
