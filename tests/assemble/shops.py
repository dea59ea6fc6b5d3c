"""Real shops in temporary folders: made from rows, asked, and watched."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from shopkeeper.assemble.ingest import IngestReport, ensure_shop, ingest
from shopkeeper.assemble.settings import ShopSettings
from shopkeeper.assemble.shop import Shop
from shopkeeper.records import (
    Product,
    Query,
    SearchRequest,
    SearchResponse,
    parse_clause,
    parse_sort,
)

Row = Mapping[str, Any]

COLOURS = ("red", "green", "blue")
BRANDS = ("Acme", "Zed", "Nord", "Orla", "Faro")
KINDS = (("tent", "Outdoor > Tents"), ("boot", "Outdoor > Boots"), ("lamp", "Home > Lamps"))


def row(number: int, **changes: Any) -> dict[str, Any]:
    """Product p<number>: what it has follows from its number, and is spread over all fields."""
    kind, category = KINDS[number % 3]
    return {
        "id": f"p{number}",
        "title": f"{COLOURS[number % 3]} {kind} model {number}",
        "brand": BRANDS[number % 5],
        "category": category,
        "price": f"{10 + number % 89}.00",
        "stock": number % 7,
        "attributes": {"colour": COLOURS[number % 3], "weight (kg)": float(number % 11)},
        **changes,
    }


def rows(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [row(number) for number in range(start, start + count)]


def product(number: int, **changes: Any) -> Product:
    return Product.from_dict(row(number, **changes))


def write_feed(path: Path, feed: Iterable[Row]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in feed), "utf-8")
    return path


def take_in(root: Path, feed: Iterable[Row], **how: Any) -> IngestReport:
    return ingest(root, write_feed(root / "feed.jsonl", feed), **how)


def new_shop(root: Path, feed: Iterable[Row], **settings: Any) -> Path:
    """A folder with these products, indexed; by words alone unless the settings say otherwise."""
    ensure_shop(root, ShopSettings(**{"encoder": "none", "timeout_ms": 20_000.0, **settings}))
    take_in(root, feed)
    return root


def ask(
    shop: Shop, text: str = "", *clauses: str, sort: tuple[str, ...] = (), **request: Any
) -> SearchResponse:
    return shop.search(
        SearchRequest(
            Query(text, shop.locale, shop.market),
            query_id="q",
            filters=tuple(map(parse_clause, clauses)),
            sort=tuple(map(parse_sort, sort)),
            **{"size": 200, **request},
        )
    )


def ids(response: SearchResponse) -> list[str]:
    assert response.degraded == ()
    return [hit.product.id for hit in response.hits]


def find(shop: Shop, text: str = "", *clauses: str, **request: Any) -> set[str]:
    return set(ids(ask(shop, text, *clauses, **request)))


def counts(response: SearchResponse, field: str) -> dict[str, int]:
    """Count by value of one facet."""
    return {v.value: v.count for f in response.facets if f.field == field for v in f.values}


def eventually(is_so: Callable[[], object], within_s: float = 20.0) -> float:
    """Wait until it is so; the seconds that took. Fails when it does not become so in time."""
    started = time.monotonic()
    while not is_so():
        assert time.monotonic() - started < within_s, f"not so after {within_s:g} s"
        time.sleep(0.01)
    return time.monotonic() - started
