"""Where are the products in JSON-LD? In a JSON file, in JSON lines, in the scripts of an HTML page.

A row is a thing that can be bought: ``node``, with the ``group`` of which it is a variant. Products
are looked for at any depth (``@graph``, lists, ``mainEntity``, ``itemOffered`` …), references by
``@id`` are followed within one file, line or page. What holds no product at all is rejected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeAlias

from shopkeeper.data.json_lines import DEEPEST, is_deeper, whole_text
from shopkeeper.data.layout import Head, Row
from shopkeeper.data.rejects import Reject
from shopkeeper.data.schema_org import identity
from shopkeeper.data.source import LARGEST_ROW, Note, read_head, read_lines, read_text
from shopkeeper.records import InvalidRecord

_KEY = re.compile(r'"@(?:type|graph|context)"\s*:')
_SCRIPT = "application/ld+json"
_PREFIX = re.compile(r"(?:https?://schema\.org/|schema:)")
_PRODUCTS = frozenset(
    ("Product", "ProductGroup", "IndividualProduct", "ProductModel", "SomeProducts", "Vehicle")
)
_FOLLOWED = (
    *("offers", "brand", "manufacturer", "image", "aggregateRating", "additionalProperty"),
    *("priceSpecification", "category"),
)
"""Properties whose references are followed."""
_BESIDE = ("isRelatedTo", "isSimilarTo", "isAccessoryOrSparePartFor", "review", "offers")
"""Properties of a product under which other products stand."""

Node: TypeAlias = dict[str, Any]


def fits(head: Head) -> bool:
    start = head.text.lstrip()
    if start.startswith("<"):
        is_page = start[:15].lower().startswith(("<!doctype html", "<html"))
        return is_page or _SCRIPT in start
    return start.startswith(("{", "[")) and _KEY.search(start) is not None


def read_nodes(path: Path, note: Note) -> Iterator[Row | Reject]:
    """The products of the file, each with the line it starts on, or its place in a JSON file."""
    head = read_head(path).lstrip()
    if head.startswith("<"):
        for number, text in _scripts(path, note):
            yield from _rows(number, text)
    elif _is_whole(head.split("\n", maxsplit=1)[0]):
        for line in read_lines(path, note):
            if isinstance(line, Reject):
                yield line
            elif line.text.strip():
                yield from _rows(line.number, line.text)
    else:
        found = list(_rows(1, whole_text(path, note)))
        if len(found) == 1 and isinstance(found[0], Reject):
            raise InvalidRecord(found[0].reason, where=str(path), expected="JSON-LD with products")
        for place, row in enumerate(found, start=1):
            yield replace(row, row=place) if isinstance(row, Reject) else Row(place, row.fields)


def _scripts(path: Path, note: Note) -> Iterator[tuple[int, str]]:
    """Line and text of each script of JSON-LD in a page."""
    reader = _ScriptReader()
    for piece in read_text(path, note):
        reader.feed(piece)
        yield from reader.taken()
    reader.close()
    yield from reader.taken()


class _ScriptReader(HTMLParser):
    """Gathers scripts of JSON-LD; of one that is too long, no more than it takes to see that."""

    def __init__(self) -> None:
        super().__init__()
        self._whole: list[tuple[int, str]] = []
        self._line = 0
        self._texts: list[str] | None = None

    def taken(self) -> list[tuple[int, str]]:
        whole, self._whole = self._whole, []
        return whole

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = (dict(attrs).get("type") or "").strip().lower()
        if tag == "script" and kind.split(";")[0] == _SCRIPT:
            self._line, self._texts = self.getpos()[0], []

    def handle_data(self, data: str) -> None:
        if self._texts is not None and sum(map(len, self._texts)) <= LARGEST_ROW:
            self._texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self._texts is not None:
            self._whole.append((self._line, "".join(self._texts)))
            self._texts = None


def _parsed(text: str) -> Any:
    """Line ends within texts are forgiven: pages have them. Raises ValueError."""
    bare = re.sub(r"^\s*(?:<!--|//<!\[CDATA\[)|(?:-->|//\]\]>)\s*$", "", text).strip()
    try:
        return json.loads(bare.rstrip(";"), strict=False)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _is_whole(line: str) -> bool:
    try:
        _parsed(line)
    except ValueError:
        return False
    return True


def _rows(number: int, text: str) -> Iterator[Row | Reject]:
    """The products in one JSON document."""
    try:
        document = _parsed(text)
    except ValueError as error:
        yield Reject(number, "", "", text, f"broken JSON: {error}")
        return
    if is_deeper(document, DEEPEST):
        yield Reject(number, "", "", "", f"nested deeper than {DEEPEST} levels")
        return
    items = _plain(document if isinstance(document, list) else [document])
    by_id = {
        node["@id"]: node
        for node in _nodes(items, lambda node: ())
        if len(node) > 1 and isinstance(node.get("@id"), str)
    }
    placed: set[int] = set()
    for item in items:
        products = list(_products(item))
        if not products:
            kinds = ", ".join(sorted(_types(item))) if isinstance(item, dict) else repr(item)
            yield Reject(number, "", "@type", kinds, "no Product in it")
        parents = [_followed(v, by_id) for n in products for v in _objects(n.get("isVariantOf"))]
        placed |= {id(parent) for parent in parents if "hasVariant" not in parent}
        for node in sorted(products, key=lambda node: "ProductGroup" not in _types(node)):
            if id(node) not in placed:
                for fields in _placed(node, by_id, placed):
                    yield Row(number, {"id": identity(fields), **fields})


def _placed(node: Node, by_id: Mapping[str, Node], placed: set[int]) -> Iterator[Node]:
    """What can be bought of a product, with its group; notes in `placed` which nodes it took."""
    placed.add(id(node))
    variants = [_followed(v, by_id) for v in _objects(node.get("hasVariant"))]
    group = _filled({k: v for k, v in node.items() if k != "hasVariant"}, by_id)
    if variants:
        for variant in variants:
            placed.add(id(variant))
            yield from _priced(_filled(variant, by_id), group)
        return
    parent = next((_followed(v, by_id) for v in _objects(node.get("isVariantOf"))), None)
    if parent is None and (known := node.get("inProductGroupWithID")):
        parent = {"productGroupID": known}
    if parent is not None:
        parent = _filled({k: v for k, v in parent.items() if k != "hasVariant"}, by_id)
        group.pop("isVariantOf", None)
        yield from _priced(group, parent)
    else:
        yield from _priced(group, None)


def _priced(node: Node, group: Node | None) -> Iterator[Node]:
    """The product itself; but where each of its offers has a sku of its own, one row an offer."""
    offers = _objects(node.get("offers"))
    inner = [o for offer in offers for o in _objects(offer.get("offers"))]
    for several in (offers, inner):
        skus = [str(offer["sku"]) for offer in several if offer.get("sku")]
        if group is None and len(skus) > 1 and len(set(skus)) == len(several):
            shared = {k: v for k, v in node.items() if k not in ("offers", "sku")}
            for offer in several:
                own = {k: offer[k] for k in ("sku", "name", "image") if k in offer}
                yield {"node": own | {"offers": offer}, "group": shared | {"sku": node.get("sku")}}
            return
    yield {"node": node, "group": group}


def _nodes(value: Any, skipped: Callable[[Node], Container[str]]) -> Iterator[Node]:
    """Every object in it, from the outside in, but not those under the keys it is to skip."""
    if isinstance(value, list):
        for item in value:
            yield from _nodes(item, skipped)
    elif isinstance(value, dict):
        yield value
        not_here = skipped(value)
        for key, inner in value.items():
            if key not in not_here:
                yield from _nodes(inner, skipped)


def _products(value: Any) -> Iterator[Node]:
    """What the document offers; not what it says a product is like, or offered as."""

    def skipped(node: Node) -> Container[str]:
        return _BESIDE if _types(node) & _PRODUCTS else ()

    return (node for node in _nodes(value, skipped) if _types(node) & _PRODUCTS)


def _types(node: Mapping[str, Any]) -> set[str]:
    return {_PREFIX.sub("", kind) for kind in _list(node.get("@type")) if isinstance(kind, str)}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _filled(node: Node, by_id: Mapping[str, Node]) -> Node:
    """The node with what its properties refer to, two steps deep: an offer has a price's terms."""
    filled = dict(node)
    for key in _FOLLOWED:
        if key in node:
            followed = [_followed(value, by_id) for value in _list(node[key])]
            filled[key] = [
                {k: _followed(v, by_id) if k in _FOLLOWED else v for k, v in value.items()}
                if isinstance(value, dict)
                else value
                for value in followed
            ]
    return filled


def _objects(value: Any) -> list[Node]:
    return [item for item in _list(value) if isinstance(item, dict)]


def _followed(value: Any, by_id: Mapping[str, Node]) -> Any:
    """The node that ``{"@id": …}`` refers to; anything else itself."""
    if isinstance(value, dict) and value.keys() <= {"@id", "@type"}:
        return by_id.get(str(value.get("@id", "")), value)
    return value


def _plain(value: Any) -> Any:
    """The same with the bare names of schema.org for keys, whatever prefix they were given."""
    if isinstance(value, dict):
        return {_PREFIX.sub("", key): _plain(inner) for key, inner in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
