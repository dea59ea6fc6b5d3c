"""One address for three dialects of the same question."""

from __future__ import annotations

from typing import Any

import pytest
from corner_shop import CornerShop
from fastapi.testclient import TestClient

from shopkeeper.records import Product
from shopkeeper.records.rerank import OwnProduct

TEXTS = ["Enamel mug", "A green tent", "Beach tent, green"]


def rerank(client: TestClient, **body: Any) -> dict[str, Any]:
    answer = client.post("/v1/rerank", json={"query": "green tent", "documents": TEXTS, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def ranked(answer: dict[str, Any]) -> list[int]:
    return [result["index"] for result in answer["results"]]


def test_what_every_dialect_reads(client: TestClient) -> None:
    answer = rerank(client)
    assert ranked(answer) == [1, 2, 0]
    scores = [result["relevance_score"] for result in answer["results"]]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 1.0
    assert answer["model"] == "shopkeeper"
    assert answer["id"] != rerank(client)["id"]
    assert answer["meta"]["api_version"]["version"] == "1"
    assert answer["usage"]["total_tokens"] == answer["usage"]["prompt_tokens"] > 0
    assert [result["document"] for result in answer["results"]] == [None] * 3


@pytest.mark.parametrize(
    "said",
    [
        {"model": "rerank-v3.5", "top_n": 2, "max_tokens_per_doc": 4096},
        {"model": "rerank-english-v2.0", "top_n": 2, "return_documents": True,
         "max_chunks_per_doc": 10, "rank_fields": ["text"],
         "documents": [{"text": text} for text in TEXTS]},
        {"model": "jina-reranker-v2-base-multilingual", "top_n": 2, "return_documents": True,
         "truncation": True},
        {"model": "BAAI/bge-reranker-v2-m3", "top_n": 0, "truncate_prompt_tokens": 512,
         "priority": 0, "user": "me"},
    ],
    ids=["Cohere 2", "Cohere 1", "Jina", "vLLM"],
)  # fmt: skip
def test_each_dialect_is_understood(client: TestClient, said: dict[str, Any]) -> None:
    answer = rerank(client, **said)
    assert ranked(answer) == ([1, 2] if said["top_n"] else [1, 2, 0])
    for result in answer["results"]:
        expected = {"text": TEXTS[result["index"]], "id": None}
        assert result["document"] == (expected if said.get("return_documents") else None)


def test_texts_products_and_ids_may_be_mixed(client: TestClient, shop: CornerShop) -> None:
    documents = [
        "a tent",
        {"text": "a text with the caller's own id", "id": "x"},
        {"id": "tent-1"},
        {"id": "nobody"},
        {"title": "Tarp", "brand": "Acme", "text": "Keeps a tent dry.", "category": "A > B"},
        {"id": "mine", "title": {"en": "Pole"}, "description": "Of steel.",
         "attributes": {"length (cm)": 120}},
    ]  # fmt: skip
    answer = rerank(client, documents=documents, return_documents=True)
    assert answer["missing"] == [3]
    [request] = shop.reranked
    a_tent, text, own, nobody, tarp, pole = request.documents
    assert (a_tent, text) == ("a tent", "a text with the caller's own id")
    assert (own, nobody) == (OwnProduct("tent-1"), OwnProduct("nobody"))
    assert isinstance(tarp, Product)
    assert (tarp.description, tarp.category) == ({"en": "Keeps a tent dry."}, ("A", "B"))
    assert isinstance(pole, Product)
    assert (pole.id, pole.attributes) == ("mine", {"length (cm)": 120.0})
    by_index = {result["index"]: result["document"] for result in answer["results"]}
    assert by_index[2] == {"id": "tent-1", "text": "Beach tent. Zed"}
    assert by_index[3] == {"id": "nobody", "text": ""}
    assert by_index[5]["text"] == "Pole. Of steel."


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"documents": []}, "body.documents"),
        ({"documents": ["x"] * 1001}, "body.documents"),
        ({"documents": [5]}, "body.documents.0"),
        ({"documents": [{"txt": "tent"}]}, "body.documents.0"),
        ({"documents": [{"brand": "Acme"}]}, "body.documents.0"),
        ({"documents": [{"title": "a", "text": "b", "description": "c"}]}, "body.documents.0"),
        ({"query": ""}, "body.query"),
        ({"query": "t" * 513}, "body.query"),
        ({"top_n": -1}, "body.top_n"),
        ({"topn": 1}, "body.topn"),
        ({"return_documents": 1}, "body.return_documents"),
    ],
)
def test_what_no_dialect_knows_is_refused_by_its_place(
    client: TestClient, wrong: dict[str, Any], where: str
) -> None:
    body = {"query": "tent", "documents": ["a"], **wrong}
    answer = client.post("/v1/rerank", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["where"].startswith(where)


def test_a_product_that_cannot_be_one_is_named(client: TestClient) -> None:
    body = {"query": "tent", "documents": [{"title": "a", "attributes": {"price": 1}}]}
    answer = client.post("/v1/rerank", json=body)
    assert answer.status_code == 422
    assert "price" in answer.json()["error"]["message"]
