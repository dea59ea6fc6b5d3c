"""A page over HTTP says what the shop said, to the last bit."""

from __future__ import annotations

import re
from dataclasses import replace

import orjson
import pytest
from corner_shop import CornerShop
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shopkeeper.records import (
    Hit,
    Part,
    Product,
    Query,
    SearchRequest,
    SearchResponse,
    Shopper,
    StageReport,
    total,
)
from shopkeeper.serve.answers import SearchAnswer
from shopkeeper.serve.pages import search_answer
from shopkeeper.serve.reply import Json


def test_a_page_carries_the_hit_the_variant_and_the_understanding(client: TestClient) -> None:
    answer = client.get("/v1/search", params={"q": "waterproof tent", "explain": True}).json()
    assert answer["total"] == 1
    [hit] = answer["hits"]
    assert (hit["rank"], hit["id"], hit["sku"]) == (1, "tent-2", "tent-2-s")
    assert hit["price"] == {"minor": 24900, "currency": "USD", "text": "$249.00"}
    assert hit["price_range"]["high"]["minor"] == 29900
    assert [variant["in_stock"] for variant in hit["variants"]] == [True, False]
    assert hit["category"] == ["Outdoor", "Tents"]
    assert hit["why"] == {"matched": ["title: waterproof", "title: tent"], "differs": "score"}
    assert hit["attributes"] is None
    assert answer["understanding"]["concepts"][1]["surface"] == "tent"
    assert answer["ext"]["ubi"]["query_id"] == answer["query_id"]


def test_filters_facets_sort_and_pages_reach_the_shop(client: TestClient) -> None:
    asked = {"filter": ["price:50..300", "-brand:Zed"], "facet": "brand", "attributes": True}
    answer = client.get("/v1/search", params=asked).json()
    assert [hit["id"] for hit in answer["hits"]] == ["tent-2"]
    assert answer["hits"][0]["attributes"]["waterproof_mm"] == 4000.0
    assert answer["facets"][0]["values"] == [{"value": "Acme", "count": 1, "selected": False}]
    cheap = client.get("/v1/search", params={"sort": "price", "size": 1, "page": 2}).json()
    assert (cheap["offset"], cheap["total"]) == (1, 4)
    assert [(hit["rank"], hit["id"]) for hit in cheap["hits"]] == [(2, "tent-1")]


@pytest.mark.parametrize(
    ("facet", "counted"), [(None, ["brand"]), ([""], []), (["price"], ["price"])]
)
def test_no_facet_parameter_asks_for_the_shops_own_choice(
    client: TestClient, facet: list[str] | None, counted: list[str]
) -> None:
    answer = client.get("/v1/search", params={} if facet is None else {"facet": facet}).json()
    assert [each["field"] for each in answer["facets"]] == counted


def test_get_and_post_ask_the_same(client: TestClient) -> None:
    asked = {"q": "tent", "filter": ["price:..100"], "sort": ["price:desc"], "size": 3}
    by_get = client.get("/v1/search", params=asked).json()
    by_post = client.post("/v1/search", json=asked).json()
    assert by_get["total"] == 1
    for answer in (by_get, by_post):
        del answer["query_id"], answer["ext"], answer["latency_ms"]
    assert by_get == by_post


def test_the_callers_ubi_block_names_the_query_and_the_shopper(
    client: TestClient, shop: CornerShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[SearchRequest] = []
    search = shop.search
    monkeypatch.setattr(
        shop, "search", lambda request, deadline: seen.append(request) or search(request)
    )
    ubi = {"query_id": "q-7", "client_id": "c-9", "user_query": "tent", "object_id_field": "id"}
    answer = client.post("/v1/search", json={"q": "tent", "ext": {"ubi": ubi}}).json()
    assert answer["query_id"] == answer["ext"]["ubi"]["query_id"] == "q-7"
    assert seen[0].shopper == Shopper("c-9", consent=False), "a yes is asked for"
    client.get("/v1/search", params={"session": "s-1", "consent": False})
    assert seen[1].shopper == Shopper("s-1", "s-1", consent=False)
    client.get("/v1/search", params={"shopper": "c-9", "consent": True})
    assert seen[2].shopper == Shopper("c-9", consent=True)
    assert seen[1].query == Query("", "en", "US")


def test_every_query_gets_its_own_id(client: TestClient) -> None:
    ids = {client.get("/v1/search").json()["query_id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(re.fullmatch(r"[0-9a-f-]{36}", each) for each in ids)


def test_the_page_is_in_the_locale_of_the_request(client: TestClient) -> None:
    answer = client.get("/v1/search", params={"q": "waterproof", "locale": "zh-Hans"}).json()
    assert answer["hits"][0]["title"] == "防水帐篷"


def test_a_degraded_stage_is_named(client: TestClient, shop: CornerShop) -> None:
    shop.stages = (StageReport("rank", "degraded", "late", 60.0),)
    answer = client.get("/v1/search", params={"q": "tent"}).json()
    assert answer["degraded"] == ["rank"]
    assert answer["stages"][1] == {
        "stage": "rank", "state": "degraded", "reason": "late", "latency_ms": 60.0
    }  # fmt: skip


def test_suggestions_carry_the_filter_a_click_sets(client: TestClient) -> None:
    answer = client.get("/v1/suggest", params={"q": "ac"}).json()
    [line] = answer["suggestions"]
    assert (line["text"], line["hits"], line["filter"]) == ("Acme", 2, "brand:Acme")
    assert client.get("/v1/search", params={"filter": line["filter"]}).json()["total"] == 2


def _page(parts: tuple[Part, ...], **changes: object) -> SearchResponse:
    product = Product.from_dict({"id": "p", "title": "<b>&</b>", "price": 1})
    response = SearchResponse(
        request=SearchRequest(Query("x"), "q"),
        hits=(Hit(product, "p", 1, parts),),
        total=1,
        facets=(),
        stages=(),
        generation="1",
    )
    return replace(response, **changes)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=9))
def test_parts_of_the_json_sum_to_its_score_bit_for_bit(values: list[float]) -> None:
    parts = tuple(Part(f"part {place}", value) for place, value in enumerate(values))
    [hit] = orjson.loads(Json(search_answer(_page(parts))).body)["hits"]
    score = 0.0
    for part in hit["parts"]:
        score += part["value"]
    assert hit["score"].hex() == score.hex() == total(parts).hex()


def test_the_answer_keeps_to_its_own_schema() -> None:
    body = Json(search_answer(_page((Part("lexical", 0.1),), fit=0.25))).body
    again = TypeAdapter(SearchAnswer).validate_json(body, strict=False)
    assert orjson.dumps(again) == body
    assert again.hits[0].parts == (Part("lexical", 0.1),)
