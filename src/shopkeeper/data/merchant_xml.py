"""Google Merchant's XML: RSS 2.0 and Atom, item by item.

Each item is cut out of the text and parsed by itself, so that a broken one costs itself only, and
the document's prologue is never parsed: no DTD, no entity of a feed's own (an item that uses one
is rejected). Namespace prefixes are not resolved: of ``g:title`` and ``title`` the first counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

from shopkeeper.data.layout import Fields, Row
from shopkeeper.data.merchant import SEVERAL
from shopkeeper.data.rejects import Reject
from shopkeeper.data.source import LARGEST_ROW, Note, read_text
from shopkeeper.records import InvalidRecord

_START = re.compile(r"<(item|entry)(?=[\s>])|<!--|<!\[CDATA\[")
_END = re.compile(r"</(?:rss|feed|rdf:RDF)\s*>")
_LONGEST_START = 16
"""Characters that `_START` and `_END` may need to see."""


def read_items(path: Path, note: Note) -> Iterator[Row | Reject]:
    """The items of an RSS or Atom file. One that breaks off before its end is an error."""
    for number, xml in _cut(path, note):
        try:
            yield Row(number, _fields(xml))
        except expat.ExpatError as error:
            yield Reject(number, "", "", xml, f"broken XML: {error}")


def _cut(path: Path, note: Note) -> Iterator[tuple[int, str]]:
    """Line number and text of each item, of which one is held at a time."""
    rest, number, is_closed, start = "", 1, False, None
    for piece in read_text(path, note):
        rest += piece
        at = 0
        while start := _START.search(rest, at):
            closing = {"<!--": "-->", "<![CDATA[": "]]>"}.get(start[0], f"</{start[1]}>")
            end = rest.find(closing, start.end())
            if end < 0:
                break
            number += rest.count("\n", at, start.start())
            if start[1]:
                yield number, rest[start.start() : end + len(closing)]
            at = end + len(closing)
            number += rest.count("\n", start.start(), at)
        is_closed = is_closed or _END.search(rest, at) is not None
        keep = start.start() if start else max(at, len(rest) - _LONGEST_START)
        number += rest.count("\n", at, keep)
        rest = rest[keep:]
        if len(rest) > LARGEST_ROW:
            raise InvalidRecord("an item that does not end", where=f"{path}:{number}")
    if start or not is_closed:
        raise InvalidRecord(
            "the XML breaks off",
            where=f"{path}:{number}",
            expected="</rss> or </feed> at the end",
            hint="copy the file again",
        )


def _fields(xml: str) -> Fields:
    """The item's elements by local name; an element with elements in it becomes a mapping."""
    fields: dict[str, Any] = {}
    open_elements: list[tuple[str, dict[str, str], list[str]]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        open_elements.append((name.rpartition(":")[2], {}, []))
        if "href" in attributes:  # Atom's <link href="…"/>
            open_elements[-1][2].append(attributes["href"])

    def data(text: str) -> None:
        open_elements[-1][2].append(text)

    def end(_: str) -> None:
        name, children, texts = open_elements.pop()
        text = "".join(texts).strip()
        match len(open_elements):
            case 1 if name in SEVERAL:
                fields.setdefault(name, []).append(children or text)
            case 1 if text:
                fields.setdefault(name, text)
            case 2:
                open_elements[-1][1].setdefault(name, text)

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = data
    parser.Parse(xml, True)
    if "description" not in fields:
        fields["description"] = fields.pop("summary", None) or fields.pop("content", None)
    return fields
