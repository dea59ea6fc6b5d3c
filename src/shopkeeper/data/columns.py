"""Which columns of a table are meant? A strict reader: what is not whole is an error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from shopkeeper.data.rejects import Reject
from shopkeeper.data.source import Note, read_lines
from shopkeeper.data.tables import read_table
from shopkeeper.records import InvalidRecord, NotFound

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Cells(NamedTuple):
    """The cells asked for, in the order asked for, and the line that they start on."""

    row: int
    values: tuple[str, ...]


def read_columns(
    path: Path, columns: Sequence[str], *, blank: Sequence[str] = ()
) -> Iterator[Cells]:
    """The named columns of a table with a header: comma, tab or semicolon, plain or gzip.

    Args:
        columns: what is read; no other column is looked at.
        blank: those of them that may be empty. A cell's outer spaces go.

    Raises:
        NotFound: there is no such file.
        InvalidRecord: a column is missing, a row is not whole or lacks a cell, a byte is not in
            the file's encoding, or there is no row at all.
    """
    row = None
    for row in read_table(_there(path), _refuse(path)):
        if isinstance(row, Reject):
            raise InvalidRecord(row.reason, where=f"{path}:{row.row}")
        if missing := [name for name in columns if name not in row.fields]:
            raise InvalidRecord(
                f"no column {', '.join(missing)}", where=f"{path}:1", expected=", ".join(columns)
            )
        values = tuple(row.fields[name].strip() for name in columns)
        for name, value in zip(columns, values, strict=True):
            if not value and name not in blank:
                raise InvalidRecord(f"no {name}", where=f"{path}:{row.number}")
        yield Cells(row.number, values)
    if row is None:
        raise InvalidRecord("no row", where=str(path), expected=", ".join(columns))


def read_whole_lines(path: Path) -> Iterator[tuple[int, str]]:
    """(number from 1, text) of every line with something on it, plain or gzip; errors as above."""
    for line in read_lines(_there(path), _refuse(path)):
        if isinstance(line, Reject):
            raise InvalidRecord(line.reason, where=f"{path}:{line.row}")
        if line.text.strip():
            yield line.number, line.text


def _there(path: Path) -> Path:
    """The path itself, if it is a file."""
    if not path.is_file():
        raise NotFound("no such file", where=str(path), hint="check the folder of the data")
    return path


def _refuse(path: Path) -> Note:
    """What a feed's reader would repair is an error here: a figure must not rest on it."""

    def note(kind: str) -> None:
        raise InvalidRecord(f"needs a repair: {kind}", where=str(path), expected="whole UTF-8 rows")

    return note


def milliseconds(text: str, *, where: str) -> int:
    """An ISO 8601 time as milliseconds since 1970; UTC where it names no zone."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidRecord(f"time {text!r:.60}", where=where, expected="ISO 8601") from None
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    return round((time - _EPOCH).total_seconds() * 1000)
