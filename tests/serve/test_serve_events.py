"""Events in OpenSearch's UBI shape become records."""

from __future__ import annotations

from typing import Any

import pytest
from corner_shop import CornerShop
from fastapi.testclient import TestClient

from shopkeeper.records import CLICK, PURCHASE, Event
from shopkeeper.serve.examples import EVENT


def test_a_click_on_a_hit_joins_its_search(client: TestClient, shop: CornerShop) -> None:
    page = client.get("/v1/search", params={"q": "tent", "shopper": "c-9"}).json()
    event = {**EVENT, "query_id": page["query_id"], "client_id": "c-9"}
    answer = client.post("/v1/events", json=event)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
    [click] = shop.events
    assert (click.action, click.query_id, click.shopper_id) == (CLICK, page["query_id"], "c-9")
    assert (click.product_id, click.position) == ("tent-2", 0)
    assert click.timestamp_ms == 1_795_168_800_000  # date -u -d 2026-11-20T10:00:00Z +%s


def test_without_consent_an_event_joins_its_page_and_names_nobody(
    client: TestClient, shop: CornerShop
) -> None:
    told = {
        "object": {"object_id": "tent-2", "note": "for ann"},
        "position": {"ordinal": 2, "xy": {"x": 10.5}, "of": "ann"},
        "email": "ann@example.com",
        "customer_number": 4711,
    }
    named = {"user_id": "ann", "message": "ann here", "application": "storefront"}
    event = {**EVENT, **named, "event_attributes": told}
    unasked = {name: value for name, value in event.items() if name != "consent"}
    for sent in (unasked, {**event, "consent": False}):
        assert client.post("/v1/events", json=sent).status_code == 202
        kept = shop.events.pop()
        assert kept == Event(
            CLICK,
            kept.timestamp_ms,
            query_id=EVENT["query_id"],
            product_id="tent-2",
            position=1,
            attributes={"application": "storefront", "position.xy.x": 10.5},
        )
    assert client.post("/v1/events", json={**event, "consent": "yes"}).status_code == 422
    client.post("/v1/events", json={**event, "consent": True})
    assert (shop.events[0].shopper_id, shop.events[0].attributes["user_id"]) == (
        EVENT["client_id"],
        "ann",
    )


def test_a_list_is_taken_whole_or_not_at_all(client: TestClient, shop: CornerShop) -> None:
    several = [EVENT, {**EVENT, "action_name": PURCHASE}]
    assert client.post("/v1/events", json=several).json() == {"accepted": 2}
    assert [event.action for event in shop.events] == [CLICK, PURCHASE]
    answer = client.post("/v1/events", json=[*several, {"action_name": "click"}])
    assert answer.status_code == 422
    assert answer.json()["error"]["where"] == "body.events.2.timestamp"
    assert len(shop.events) == 2


@pytest.mark.parametrize(
    "wrong", [{"timestamp": "yesterday"}, {"action_name": ""}, {"query_id": "x" * 101}]
)
def test_what_is_no_event_is_refused(client: TestClient, wrong: dict[str, Any]) -> None:
    answer = client.post("/v1/events", json={**EVENT, **wrong})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_too_many_events_at_once_are_refused(client: TestClient, shop: CornerShop) -> None:
    assert client.post("/v1/events", json=[EVENT] * 1_001).status_code == 422
    assert client.post("/v1/events", json=[EVENT] * 1_000).json() == {"accepted": 1_000}
    assert len(shop.events) == 1_000
