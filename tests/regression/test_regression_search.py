"""The regression queries over a whole shop, by words alone: what must be found is on the page."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.assemble.ingest import ensure_shop, ingest
from shopkeeper.assemble.settings import ShopSettings
from shopkeeper.assemble.shop import Shop
from shopkeeper.records import Query, SearchRequest

HERE = Path(__file__).parent
CASES = [json.loads(line) for line in (HERE / "queries.jsonl").read_text("utf-8").splitlines()]
PAGE = 10


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    root = tmp_path_factory.mktemp("regression") / "shop"
    ensure_shop(root, ShopSettings(encoder="none", timeout_ms=20_000.0))
    ingest(root, HERE / "catalogue.jsonl")
    with Shop(root, is_serving=False) as shop:
        yield shop


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']}: {case['query']}")
def test_what_must_be_found_is_on_the_first_page(shop: Shop, case: dict[str, Any]) -> None:
    assert len(case["must"]) <= PAGE
    query = Query(case["query"], case["locale"], shop.market)
    response = shop.search(SearchRequest(query, query_id="q", size=PAGE))
    assert response.degraded == ()
    found = [hit.product.id for hit in response.hits]
    missed = set(case["must"]) - set(found)
    assert not missed, (found, case.get("note"))
    named = {*case["must"], *case.get("must_not_lead", ())}
    assert next(id for id in found if id in named) in case["must"], (found, case.get("note"))
