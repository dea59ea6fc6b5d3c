"""How is a table cut into rows? Text between delimiters, or Parquet with the same columns."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from shopkeeper.data import parquet
from shopkeeper.data.layout import Row
from shopkeeper.data.rejects import Reject
from shopkeeper.data.source import LARGEST_ROW, Line, Note, read_lines
from shopkeeper.records import InvalidRecord

MOST_LINES = 1_000
"""Of one row; a quote that stays open longer was never meant to open."""

_DELIMITERS = (",", "\t", ";")


def split_header(line: str) -> tuple[str, list[str]]:
    """The delimiter that gives the most columns, and the column names."""
    delimiter = max(_DELIMITERS, key=line.count)
    return delimiter, [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]


def read_table(
    path: Path, note: Note, column: Callable[[str], str] = str
) -> Iterator[Row | Reject]:
    """Rows of a comma, semicolon or tab table, plain or gzip, whose first line names the columns.

    `column` maps the file's name of a column to the name in the row. A quoted cell may span lines;
    a quote that never closes costs its own line, not the rest of the file. A row of another length
    than the header is rejected, but for a tab table's missing last cells, which many exporters
    leave off when empty (repair ``padded``). A Parquet file's rows are those of such a table.
    """
    if parquet.is_parquet(path):
        yield from parquet.read_cells(path, column)
        return
    csv.field_size_limit(max(csv.field_size_limit(), LARGEST_ROW))  # process-wide: only ever raised
    lines = _Lines(read_lines(path, note))
    header = next((line for line in lines if isinstance(line, Line) and line.text.strip()), None)
    if header is None:
        raise InvalidRecord("the feed is empty", where=str(path), expected="a line of column names")
    delimiter, names = split_header(header.text)
    columns = [column(name) for name in names]
    if twice := next((name for name in columns if name and columns.count(name) > 1), None):
        raise InvalidRecord(f"column {twice!r} stands twice", where=str(path), expected="it once")
    for line in lines:
        if isinstance(line, Reject):
            yield line
        elif line.text.strip():
            yield _row(line, lines, delimiter, columns, note)


def _row(line: Line, lines: _Lines, delimiter: str, columns: list[str], note: Note) -> Row | Reject:
    cells, further = _cells(line, lines, delimiter)
    if 0 < len(cells) < len(columns) and delimiter == "\t" and not further:
        note("padded")
        cells += [""] * (len(columns) - len(cells))
    if len(cells) < len(columns) or any(cells[len(columns) :]):
        lines.give_back(further)
        reason = f"cells: {len(cells)}, columns in the header: {len(columns)}"
        if further or not cells:
            reason = "a quote opens or closes where it should not"
        return Reject(line.number, "", "", line.text, reason)
    fields = dict(zip(columns, cells, strict=False))
    fields.pop("", None)
    return Row(line.number, fields)


def _cells(line: Line, lines: _Lines, delimiter: str) -> tuple[list[str], list[Line]]:
    """The cells of the row that starts on `line`, and the further lines it takes while a quote is
    open. A quote within a quoted cell of a single line is taken as it stands; no cells when no row
    can be made of it.
    """
    if '"' not in line.text:
        return line.text.split(delimiter), []
    text, taken = line.text, list[Line]()
    while True:
        try:
            return next(csv.reader([text], delimiter=delimiter, strict=True)), taken
        except csv.Error as error:
            is_open = "unexpected end of data" in str(error)
        more = lines.until_quote(MOST_LINES - len(taken)) if is_open else []
        if not more:
            break
        taken += more
        text = "\n".join((text, *(further.text for further in more)))
    if is_open or taken:
        return [], taken
    try:
        return next(csv.reader([text], delimiter=delimiter)), []
    except csv.Error:  # a carriage return within the line
        return [], []


class _Lines:
    """Lines that can be given back."""

    def __init__(self, lines: Iterable[Line | Reject]) -> None:
        self._lines = iter(lines)
        self._returned: deque[Line | Reject] = deque()

    def __iter__(self) -> Iterator[Line | Reject]:
        return self

    def __next__(self) -> Line | Reject:
        return self._returned.popleft() if self._returned else next(self._lines)

    def until_quote(self, most: int) -> list[Line]:
        """Lines up to the next one with a quote in it; none if there is none among `most`."""
        taken: list[Line] = []
        while len(taken) < most and isinstance(line := next(self, None), Line):
            taken.append(line)
            if '"' in line.text:
                return taken
        self.give_back([*taken, line] if isinstance(line, Reject) else taken)
        return []

    def give_back(self, lines: Sequence[Line | Reject]) -> None:
        self._returned.extendleft(reversed(lines))
