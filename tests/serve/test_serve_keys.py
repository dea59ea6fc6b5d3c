"""Who may write, and under which name the server answers."""

from __future__ import annotations

import pytest
from corner_shop import CornerShop, Open

from shopkeeper.records import InvalidRequest
from shopkeeper.serve import ServeSettings, is_loopback, keys_from_environment
from shopkeeper.serve.examples import EVENT
from shopkeeper.serve.keys import is_key

KEY, OTHER = "k" * 16, "o" * 20
OPEN, KEYED = ServeSettings(), ServeSettings(api_keys=(OTHER, KEY))
PUBLIC, PUBLIC_KEYED = ServeSettings(host="0.0.0.0"), ServeSettings(host="0.0.0.0", api_keys=(KEY,))

WRITES = (
    ("PUT", "/v1/products/new", {"json": {"title": "x"}}),
    ("PATCH", "/v1/products/mug", {"json": {"stock": 3}}),
    ("DELETE", "/v1/products/tent-1", {}),
    (
        "POST",
        "/v1/products/_bulk",
        {
            "content": b'{"delete": {"id": "tent-2"}}',
            "headers": {"Content-Type": "application/jsonl"},
        },
    ),
    ("POST", "/v1/events", {"json": EVENT}),
    ("DELETE", "/v1/shoppers/nobody", {}),
)


@pytest.mark.parametrize(
    ("settings", "key", "status"),
    [
        (OPEN, None, "2xx"),
        (OPEN, "whatever", "2xx"),
        (KEYED, None, "401"),
        (KEYED, "wrong" * 4, "401"),
        (KEYED, KEY[:-1], "401"),
        (KEYED, KEY, "2xx"),
        (KEYED, OTHER, "2xx"),
        (PUBLIC, None, "401"),
        (PUBLIC, KEY, "401"),
        (PUBLIC_KEYED, None, "401"),
        (PUBLIC_KEYED, KEY, "2xx"),
    ],
)
def test_who_may_write(
    open_shop: Open, shop: CornerShop, settings: ServeSettings, key: str | None, status: str
) -> None:
    client = open_shop(settings)
    before, events = dict(shop.catalogue.products), len(shop.events)
    for method, address, body in WRITES:
        headers = {**body.get("headers", {}), **({"Authorization": f"Bearer {key}"} if key else {})}
        answer = client.request(method, address, **{**body, "headers": headers})
        if status == "401":
            assert answer.status_code == 401, address
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert answer.json()["error"]["code"] == "unauthorised"
        else:
            assert answer.is_success, (address, answer.text)
    wrote = (shop.catalogue.products != before, len(shop.events) > events)
    assert wrote == ((False, False) if status == "401" else (True, True))


@pytest.mark.parametrize("settings", [OPEN, KEYED, PUBLIC, PUBLIC_KEYED])
def test_reading_needs_no_key(open_shop: Open, settings: ServeSettings) -> None:
    client = open_shop(settings)
    for address in ("/v1/search", "/v1/suggest", "/v1/products/mug", "/v1/status", "/readyz"):
        assert client.get(address).status_code == 200


def test_events_can_be_opened_alone(open_shop: Open, shop: CornerShop) -> None:
    client = open_shop(ServeSettings(host="0.0.0.0", open_events=True))
    assert client.post("/v1/events", json=EVENT).status_code == 202
    assert client.delete("/v1/products/mug").status_code == 401
    foreign = client.post("/v1/events", json=EVENT, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert len(shop.events) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://127.0.0.1:9000"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_a_page_of_another_site_may_not_write(
    open_shop: Open, shop: CornerShop, headers: dict[str, str], status: int
) -> None:
    answer = open_shop(OPEN).delete("/v1/products/mug", headers=headers)
    assert answer.status_code == status
    assert ("mug" in shop.catalogue.products) == (status == 403)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_form_of_another_site_is_no_json(open_shop: Open, shop: CornerShop, kind: str) -> None:
    client = open_shop(OPEN)
    for method, address, _ in WRITES:
        if method != "DELETE":
            body = b'{"title": "x"}'
            answer = client.request(method, address, content=body, headers={"Content-Type": kind})
            assert answer.status_code == 415, address
    assert shop.catalogue.calls == shop.events == []


@pytest.mark.parametrize(
    ("settings", "host", "status"),
    [
        (OPEN, "127.0.0.1:8000", 200),
        (OPEN, "localhost", 200),
        (OPEN, "shop.localhost:8000", 200),
        (OPEN, "[::1]", 200),
        (OPEN, "[::1]:8000", 200),
        (OPEN, "evil.example", 403),
        (OPEN, "localhost.evil.example:8000", 403),
        (OPEN, "[", 403),
        (PUBLIC, "evil.example", 200),
        (ServeSettings(host="0.0.0.0", host_names=("shop.example",)), "shop.example:80", 200),
        (ServeSettings(host="0.0.0.0", host_names=("shop.example",)), "evil.example", 403),
        (ServeSettings(host_names=("dev.example",)), "dev.example", 200),
    ],
)
def test_names_the_server_answers_to(
    open_shop: Open, settings: ServeSettings, host: str, status: int
) -> None:
    for address in ("/v1/search", "/healthz"):
        assert open_shop(settings).get(address, headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.4", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_what_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) == expected


def test_keys_come_from_the_environment_and_out_of_no_repr() -> None:
    keys = keys_from_environment({"SHOPKEEPER_API_KEY": f" {KEY} ,{OTHER},"})
    assert keys == (KEY, OTHER)
    assert keys_from_environment({}) == ()
    assert KEY not in repr(ServeSettings(api_keys=keys))
    with pytest.raises(InvalidRequest, match="16 or more") as error:
        ServeSettings(api_keys=("hunter2",))
    assert "hunter2" not in str(error.value)


def test_any_of_the_keys_is_right_and_nothing_else() -> None:
    assert is_key(KEY, (OTHER, KEY))
    assert is_key(OTHER, (OTHER, KEY))
    for wrong in ("", KEY[:-1], KEY + "k", "ключ"):
        assert not is_key(wrong, (OTHER, KEY))
    assert not is_key("", ())
