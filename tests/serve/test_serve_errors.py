"""Whatever goes wrong is said in one shape."""

from __future__ import annotations

from typing import Any

import pytest
from corner_shop import CornerShop, Open
from fastapi.testclient import TestClient

from shopkeeper.records import (
    Busy,
    CorruptArtefact,
    InvalidRecord,
    InvalidRequest,
    NoSpace,
    NotFound,
    Refused,
    ShopkeeperError,
)
from shopkeeper.serve import ServeSettings
from shopkeeper.serve.admission import Overloaded


def _error(answer: Any) -> dict[str, str]:
    assert answer.headers["content-type"] == "application/json"
    assert answer.json().keys() == {"error"}
    error: dict[str, str] = answer.json()["error"]
    assert error.keys() == {"code", "message", "where", "expected", "hint"}
    assert error["message"]
    return error


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InvalidRequest("w", where="f", expected="e", hint="h"), 422, "invalid_request"),
        (InvalidRecord("w", where="f", expected="e", hint="h"), 422, "invalid_record"),
        (NotFound("w", where="f", expected="e", hint="h"), 404, "not_found"),
        (Refused("w", where="f", expected="e", hint="h"), 409, "refused"),
        (NoSpace("w", where="f", expected="e", hint="h"), 507, "no_space"),
        (Busy("w", where="f", expected="e", hint="h"), 503, "busy"),
        (CorruptArtefact("w", where="f", expected="e", hint="h"), 503, "corrupt_artefact"),
        (ShopkeeperError("w", where="f", expected="e", hint="h"), 409, "shopkeeper_error"),
    ],
)
def test_every_error_of_the_shop_has_its_status(
    client: TestClient,
    shop: CornerShop,
    monkeypatch: pytest.MonkeyPatch,
    error: ShopkeeperError,
    status: int,
    code: str,
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(shop, "search", fail)
    answer = client.get("/v1/search")
    assert answer.status_code == status
    assert _error(answer) == {
        "code": code, "message": "w", "where": "f", "expected": "e", "hint": "h"
    }  # fmt: skip
    assert ("retry-after" in answer.headers) == (status == 503)


def test_an_overloaded_shop_says_when_to_come_back(
    client: TestClient, shop: CornerShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise Overloaded("72 requests are under way")

    monkeypatch.setattr(shop, "search", fail)
    answer = client.get("/v1/search")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert _error(answer)["code"] == "overloaded"


def test_a_bug_is_logged_and_tells_nothing(
    client: TestClient,
    shop: CornerShop,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(shop, "search", fail)
    answer = client.get("/v1/search")
    assert answer.status_code == 500
    assert _error(answer)["code"] == "bug"
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "secret inside" in caplog.text


@pytest.mark.parametrize(
    ("method", "address", "sent", "status", "code"),
    [
        ("GET", "/v1/nope", {}, 404, "not_found"),
        ("POST", "/nope", {}, 404, "not_found"),
        ("GET", "/v1/search?size=201", {}, 422, "invalid_request"),
        ("GET", "/v1/search?colour=red", {}, 422, "invalid_request"),
        ("GET", "/v1/search?page=0", {}, 422, "invalid_request"),
        ("GET", "/v1/search?filter=brand", {}, 422, "invalid_request"),
        ("GET", "/v1/search?filter=nope:x", {}, 422, "invalid_request"),
        ("GET", "/v1/search?q=" + 513 * "x", {}, 422, "invalid_request"),
        ("GET", "/v1/suggest?size=0", {}, 422, "invalid_request"),
        ("DELETE", "/v1/search", {}, 405, "method_not_allowed"),
        ("POST", "/v1/search", {"content": b"{"}, 422, "invalid_request"),
        ("POST", "/v1/search", {"content": b'{"q": NaN}'}, 422, "invalid_request"),
        ("POST", "/v1/search", {"content": b'{"q": "\\ud800"}'}, 422, "invalid_request"),
        ("POST", "/v1/search", {"content": b'{"q": "\xff"}'}, 422, "invalid_request"),
        ("POST", "/v1/search", {"content": b"9" * 5000}, 422, "invalid_request"),
        ("POST", "/v1/search", {"content": b"x" * (1 << 20) + b"x"}, 413, "too_large"),
        ("POST", "/v1/search", {"headers": {"Content-Length": "9" * 5_000}}, 413, "too_large"),
        ("GET", "/v1/search", {"headers": {"X-Long": "x" * 20_000}}, 431, "headers_too_large"),
    ],
)
def test_every_wrong_request_gets_the_one_shape(
    client: TestClient, method: str, address: str, sent: dict[str, Any], status: int, code: str
) -> None:
    headers = {"Content-Type": "application/json", **sent.get("headers", {})}
    answer = client.request(method, address, **{**sent, "headers": headers})
    assert answer.status_code == status
    assert _error(answer)["code"] == code


def test_a_wrong_method_is_told_the_right_ones(client: TestClient) -> None:
    assert client.delete("/v1/search").headers["allow"] == "GET, POST"
    assert client.post("/v1/products/mug").headers["allow"] == "DELETE, GET, PATCH, PUT"


def test_a_body_without_declared_length_is_bounded_too(open_shop: Open) -> None:
    client = open_shop(ServeSettings(largest_body=1_000))
    chunks = (b" " * 300 for _ in range(4))
    answer = client.post("/v1/search", content=chunks, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert _error(answer)["expected"] == "at most 1,000 bytes"


def test_what_a_caller_sends_comes_back_as_data_only(client: TestClient) -> None:
    script = "<script>alert(1)</script>"
    for address in (f"/v1/{script}", f"/v1/products/{script}", f"/v1/search?filter={script}"):
        answer = client.get(address)
        assert answer.status_code in (404, 422)
        _error(answer)
        assert answer.headers["x-content-type-options"] == "nosniff"
    page = client.get("/v1/search", params={"q": "cup"})
    assert page.json()["hits"][0]["title"] == "Cup <script>alert(1)</script> & co"
    assert page.headers["content-type"] == "application/json"


def test_safety_headers_stand_on_every_answer(client: TestClient) -> None:
    for address in ("/", "/v1/search", "/v1/nope", "/healthz", "/images/mug.svg", "/openapi.json"):
        headers = client.get(address).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "img-src 'self' https:;" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers
