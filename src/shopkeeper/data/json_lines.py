"""JSON lines, or one JSON list, of products in the form of `Product.from_dict`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from shopkeeper.data.layout import Canonical, Defaults, Fields, Row
from shopkeeper.data.rejects import Reject
from shopkeeper.data.source import Note, read_head, read_lines, read_text
from shopkeeper.records import InvalidRecord

LARGEST_LIST = 512 * 2**20
"""Characters. A JSON list is held in memory whole, JSON lines never are."""

DEEPEST = 100
"""Levels of nesting; a product has five. Far more would exhaust Python's stack."""


def product(rows: Sequence[Fields], defaults: Defaults) -> Canonical:
    return dict(rows[0])


def read_json(path: Path, note: Note) -> Iterator[Row | Reject]:
    """The objects of a file of JSON lines, or of one JSON list; blank lines are no rows."""
    if _is_list(read_head(path)):
        yield from _list_items(path, note)
        return
    for line in read_lines(path, note):
        if isinstance(line, Reject):
            yield line
        elif line.text.strip():
            yield _row(line.number, line.text)


def first_object(head: str) -> Fields | None:
    """The first object of the list or of the lines that `head` starts; None if it is neither.

    A list is trusted to hold objects, and its first is looked at only if it stands on one line.
    """
    text = head.lstrip()
    for start in text.removeprefix("[").splitlines()[:20]:
        try:
            found = orjson.loads(start.strip().rstrip(",]"))
        except orjson.JSONDecodeError:
            continue
        if isinstance(found, dict) and found:
            return found
    return {} if text.startswith("[") else None


def _is_list(head: str) -> bool:
    """A ``[`` starts the list, unless its line is whole and others follow: then it is a row."""
    first, *others = head.strip().split("\n", maxsplit=1)
    return first.startswith("[") and not (others and _is_json(first))


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _row(number: int, text: str) -> Row | Reject:
    try:
        fields = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Reject(number, "", "", text, f"broken JSON: {error}")
    return _checked(number, fields)


def whole_text(path: Path, note: Note) -> str:
    """The file's text; InvalidRecord when it is over `LARGEST_LIST`."""
    texts, length = list[str](), 0
    for text in read_text(path, note):
        texts.append(text)
        length += len(text)
        if length > LARGEST_LIST:
            raise InvalidRecord(
                f"one JSON document of more than {LARGEST_LIST:,} characters",
                where=str(path),
                expected="JSON lines",
                hint="jq -c '.[]' makes them of a list",
            )
    return "".join(texts)


def _list_items(path: Path, note: Note) -> Iterator[Row | Reject]:
    try:
        items = orjson.loads(whole_text(path, note))
    except orjson.JSONDecodeError as error:
        raise InvalidRecord(f"broken JSON: {error}", where=str(path), expected="a list") from None
    for number, item in enumerate(items, start=1):
        yield _checked(number, item)


def _checked(number: int, value: Any) -> Row | Reject:
    if is_deeper(value, DEEPEST):
        return Reject(number, "", "", "", f"nested deeper than {DEEPEST} levels")
    if not isinstance(value, dict):
        return Reject(number, "", "", repr(value), "no JSON object")
    return Row(number, value)


def is_deeper(value: Any, most: int) -> bool:
    """Whether there are more than so many levels of objects and lists in it."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(most):
        inner = (item.values() if isinstance(item, dict) else item for item in level)
        level = [v for values in inner for v in values if isinstance(v, (dict, list))]
        if not level:
            return False
    return True
