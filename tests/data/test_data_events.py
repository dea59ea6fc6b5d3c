"""UBI 1.3.0 events: the schema's own words, there and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.data import Reject, event_from_ubi, event_to_ubi, read_events, write_events
from shopkeeper.records import CLICK, PURCHASE, Event, InvalidRecord, NotFound

UBI_CLICK: dict[str, Any] = {
    "application": "storefront",
    "action_name": "click",
    "query_id": "00112233-4455-6677-8899-aabbccddeeff",
    "session_id": "s-1",
    "client_id": "shopper-1",
    "user_id": "account-9",
    "timestamp": "2026-01-31T12:00:00.250+01:00",
    "message_type": "CLICK",
    "message": "clicked on the third",
    "event_attributes": {
        "object": {"object_id": "tent-2", "object_id_field": "product_id", "sku": "tent-2-green"},
        "position": {"ordinal": 3, "xy": {"x": 10.5, "y": 4}},
        "device": "phone",
        "trail": ["home", "tents"],
        "dwell": None,
    },
}

# 2026-01-31T11:00:00Z: 56 years, 14 leap days and 30 days after 1970 are 20,484 days;
# 20,484 × 86,400 s + 11 × 3,600 s = 1,769,857,200 s
CLICK_MS = 1_769_857_200_250


def test_a_click() -> None:
    assert event_from_ubi(UBI_CLICK) == Event(
        action=CLICK,
        timestamp_ms=CLICK_MS,
        shopper_id="shopper-1",
        session_id="s-1",
        query_id="00112233-4455-6677-8899-aabbccddeeff",
        product_id="tent-2",
        sku="tent-2-green",
        position=2,
        attributes={
            "application": "storefront",
            "user_id": "account-9",
            "message_type": "CLICK",
            "message": "clicked on the third",
            "position.xy.x": 10.5,
            "position.xy.y": 4.0,
            "device": "phone",
            "trail": '["home","tents"]',
        },
    )


def test_a_purchase_is_written_in_the_words_of_ubi() -> None:
    event = Event(PURCHASE, CLICK_MS, "shopper-1", sku="s-9", attributes={"message": "thanks"})
    assert event_to_ubi(event) == {
        "action_name": "purchase",
        "timestamp": "2026-01-31T11:00:00.250Z",
        "client_id": "shopper-1",
        "message": "thanks",
        "event_attributes": {"object": {"object_id": "s-9", "object_id_field": "sku"}},
    }


@pytest.mark.parametrize(
    ("timestamp", "milliseconds"),
    [
        ("1970-01-01T00:00:01Z", 1_000),
        ("1970-01-01T00:00:01.0019", 1_001),
        ("1969-12-31T23:59:59.999Z", -1),
        (1_500, 1_500),
    ],
)
def test_timestamps(timestamp: object, milliseconds: int) -> None:
    event = event_from_ubi({"action_name": "view", "timestamp": timestamp})
    assert event.timestamp_ms == milliseconds


def test_identifiers() -> None:
    """A signed-in shopper without a client_id, an id that is a number, another field's name."""
    event = event_from_ubi(
        {
            "action_name": "view",
            "timestamp": 0,
            "user_id": "account-9",
            "client_id": "",
            "event_attributes": {"object": {"object_id": 978, "object_id_field": "isbn"}},
            "page_id": "/books",
        }
    )
    assert (event.shopper_id, event.product_id, event.sku) == ("account-9", "978", None)
    assert event.attributes == {"page_id": "/books"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"action_name": None}, "no action_name"),
        ({"action_name": "x" * 101}, "at most 100 characters"),
        ({"timestamp": None}, "timestamp None"),
        ({"timestamp": "yesterday"}, "timestamp 'yesterday'"),
        ({"timestamp": True}, "timestamp True"),
        ({"timestamp": 10**20}, "timestamp 1000"),
        ({"query_id": ["a"]}, "query_id"),
        ({"message": "x" * 1025}, "message of 1,025 characters"),
        ({"event_attributes": "none"}, "event_attributes 'none'"),
        ({"event_attributes": {"object": {"sku": "a"}}}, "no object_id"),
        ({"event_attributes": {"position": {"ordinal": 0}}}, "1 for the first result"),
        ({"event_attributes": {"position": {"ordinal": 1.5}}}, "1 for the first result"),
        ({"event_attributes": {"message": "here too"}}, "message stands twice"),
    ],
)
def test_what_is_no_event(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRecord, match=message):
        event_from_ubi({**UBI_CLICK, **change})


def test_what_cannot_be_written() -> None:
    with pytest.raises(InvalidRecord, match="attribute 'position'"):
        event_to_ubi(Event(CLICK, 0, attributes={"position": 3.0}))
    with pytest.raises(InvalidRecord, match="timestamp_ms"):
        event_to_ubi(Event(CLICK, 10**20))


names = st.text("abcz_", min_size=1, max_size=8).filter(lambda name: name != "user_id")
texts = st.text(min_size=1, max_size=20)
events = st.builds(
    Event,
    action=st.sampled_from(("click", "impression", "my_own")),
    timestamp_ms=st.integers(-(10**12), 10**13),
    shopper_id=st.none() | texts,
    session_id=st.none() | texts,
    query_id=st.none() | texts,
    product_id=st.none() | texts,
    sku=st.none() | texts,
    position=st.none() | st.integers(0, 500),
    attributes=st.dictionaries(
        names, texts | st.booleans() | st.floats(allow_nan=False, allow_infinity=False), max_size=4
    ),
)


@given(st.lists(events, max_size=4))
def test_events_come_back(written: list[Event]) -> None:
    as_json = json.loads(json.dumps([event_to_ubi(event) for event in written]))
    assert [event_from_ubi(data) for data in as_json] == written


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    some = [Event(CLICK, 1, "a", position=0), Event(PURCHASE, 2, "b", product_id="p")]
    assert write_events(path, some) == 2
    assert list(read_events(path)) == some
    with path.open("a") as file:
        file.write('\n{"action_name": "click"}\n[1]\n{torn\n')
    rejects: list[Reject] = []
    assert list(read_events(path, on_reject=rejects.append)) == some
    assert [reject.row for reject in rejects] == [4, 5, 6]
    assert "timestamp None" in rejects[0].reason
    with pytest.raises(InvalidRecord, match=r"events.jsonl:4: timestamp"):
        list(read_events(path))
    with pytest.raises(NotFound):
        list(read_events(tmp_path / "none.jsonl"))
