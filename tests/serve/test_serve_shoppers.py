"""A shopper is forgotten over HTTP."""

from __future__ import annotations

from corner_shop import CornerShop
from fastapi.testclient import TestClient

from shopkeeper.serve.examples import EVENT


def test_a_shopper_is_forgotten_and_comes_back_as_a_new_one(
    client: TestClient, shop: CornerShop
) -> None:
    for who in ("ann", "bob"):
        client.post("/v1/events", json={**EVENT, "client_id": who, "consent": True})
    answer = client.delete("/v1/shoppers/ann")
    assert answer.status_code == 200
    assert answer.json()["events"] == 1
    assert answer.headers["Cache-Control"] == "no-store"
    assert [event.shopper_id for event in shop.events] == ["bob"]
    assert client.delete("/v1/shoppers/ann").json()["events"] == 0
    client.post("/v1/events", json={**EVENT, "client_id": "ann", "consent": True})
    assert [event.shopper_id for event in shop.events] == ["bob", "ann"]


def test_any_id_can_be_named(client: TestClient, shop: CornerShop) -> None:
    client.post("/v1/events", json={**EVENT, "client_id": "a/b ü", "consent": True})
    assert client.delete("/v1/shoppers/a%2Fb%20%C3%BC").json()["events"] == 1
    assert client.delete(f"/v1/shoppers/{'x' * 129}").status_code == 422
    assert client.get("/v1/shoppers/ann").status_code == 405
