"""Probes, figures and status; and what the server does when it is full."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from corner_shop import CornerShop, Open
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from shopkeeper.records import Deadline, InvalidRequest, SearchRequest, SearchResponse, StageReport
from shopkeeper.serve import ServeSettings, Shop, app


def _figures(client: TestClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
    }


def _key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return f"shopkeeper_{name}", frozenset({"shop_id": "corner", **labels}.items())


def test_the_corner_shop_is_a_shop(shop: CornerShop) -> None:
    assert isinstance(shop, Shop)


def test_probes_tell_up_from_ready(client: TestClient, shop: CornerShop) -> None:
    assert client.get("/readyz").json() == {"state": "ready"}
    shop.ready = False
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["error"]["message"] == "the index is being opened"


def test_status_is_the_shops_own(client: TestClient) -> None:
    status = client.get("/v1/status").json()
    assert (status["name"], status["products"], status["ready"]) == ("Corner shop", 4, True)
    assert status["stages"] == {"rank": "off"}


def test_metrics_count_answers_stages_and_products(client: TestClient, shop: CornerShop) -> None:
    shop.stages = (StageReport("rank", "degraded", "late", 70.0),)
    for words in ("tent", "nothing at all"):
        client.get("/v1/search", params={"q": words})
    client.get("/v1/products/nope")
    client.get("/no/such/address")
    client.request("BREW", "/v1/search")
    figures = _figures(client)
    searches = _key("requests_total", route="/v1/search", method="GET", code="200")
    assert figures[searches] == 2
    assert figures[_key("request_seconds_count", route="/v1/search")] == 3
    missing = _key("requests_total", route="/v1/products/{id:path}", method="GET", code="404")
    assert figures[missing] == 1
    assert figures[_key("requests_total", route="other", method="GET", code="404")] == 1
    brewed = _key("requests_total", route="/v1/search", method="other", code="405")
    assert figures[brewed] == 1
    assert figures[_key("degraded_total", stage="rank")] == 2
    assert figures[_key("stage_seconds_sum", stage="rank", state="degraded")] == pytest.approx(0.14)
    assert figures[_key("stage_seconds_count", stage="retrieve", state="ok")] == 2
    assert figures[_key("empty_pages_total")] == 1
    assert figures[_key("index_products")] == 4
    assert figures[_key("ready")] == 1
    assert all(("shop_id", "corner") in labels for _, labels in figures)


def test_a_full_server_says_so_and_stays_observable(
    open_shop: Open, shop: CornerShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = open_shop(ServeSettings(readers=2, waiting=1))
    let_go, search = threading.Event(), shop.search
    inside = threading.Semaphore(0)

    def slow(request: SearchRequest, deadline: Deadline) -> SearchResponse:
        inside.release()
        assert let_go.wait(10)
        return search(request)

    monkeypatch.setattr(shop, "search", slow)
    with ThreadPoolExecutor(3) as callers:
        pages = [callers.submit(client.get, "/v1/search") for _ in range(3)]
        try:
            assert inside.acquire(timeout=5)
            assert inside.acquire(timeout=5)
            while _figures(client)[_key("pool_requests", pool="read")] < 3:
                pass
            refused = client.get("/v1/search")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert refused.json()["error"]["code"] == "overloaded"
            assert client.get("/readyz").status_code == 200
            assert client.delete("/v1/products/mug").status_code == 200
        finally:
            let_go.set()
        assert [page.result().status_code for page in pages] == [200] * 3
    assert client.get("/v1/search").status_code == 200
    assert _figures(client)[_key("pool_refused_total", pool="read", why="full")] == 1


@dataclass
class Held:
    """A shop in which searches stand still until they are let go; the deadlines it was given."""

    let_go: threading.Event = field(default_factory=threading.Event)
    inside: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    deadlines: dict[str, Deadline] = field(default_factory=dict)

    @contextmanager
    def searches(
        self, client: TestClient, *asked: dict[str, str | int]
    ) -> Iterator[list[Future[httpx.Response]]]:
        """Asks, one after the other, when the one before is inside; lets go at the end."""
        with ThreadPoolExecutor(len(asked)) as callers:
            try:
                pages = []
                for count, params in enumerate(asked, start=1):
                    pages.append(callers.submit(client.get, "/v1/search", params=params))
                    while _figures(client)[_key("pool_requests", pool="read")] < count:
                        assert not pages[-1].done(), pages[-1].result().text
                assert self.inside.acquire(timeout=5)
                yield pages
            finally:
                self.let_go.set()


@pytest.fixture
def held(shop: CornerShop, monkeypatch: pytest.MonkeyPatch) -> Held:
    held, search = Held(), shop.search

    def slow(request: SearchRequest, deadline: Deadline) -> SearchResponse:
        held.deadlines[request.query.text] = deadline
        held.inside.release()
        assert held.let_go.wait(10)
        return search(request)

    monkeypatch.setattr(shop, "search", slow)
    return held


def test_the_deadline_begins_when_the_request_comes(open_shop: Open, held: Held) -> None:
    client = open_shop(ServeSettings(readers=1))
    with held.searches(client, {"q": "tent"}, {"q": "mug", "timeout_ms": 30_000}) as pages:
        both_there = time.monotonic()
        assert set(held.deadlines) == {"tent"}  # the other one waits
    assert [page.result().status_code for page in pages] == [200] * 2
    assert held.deadlines["mug"].at <= both_there + 30
    assert held.deadlines["mug"].at > both_there + 30 - 10


def test_nobody_works_for_one_whose_time_went_by_in_line(open_shop: Open, held: Held) -> None:
    client = open_shop(ServeSettings(readers=1))
    asked = ({"q": "tent"}, {"q": "mug", "timeout_ms": 400}, {"q": "cup"})
    with held.searches(client, *asked) as pages:
        over = Deadline.after(400)
        while not over.is_over:
            pass
    answers = [page.result() for page in pages]
    assert [answer.status_code for answer in answers] == [200, 503, 200]
    assert answers[1].headers["retry-after"] == "1"
    assert answers[1].json()["error"]["code"] == "overloaded"
    assert set(held.deadlines) == {"tent", "cup"}
    assert _figures(client)[_key("pool_refused_total", pool="read", why="late")] == 1


def test_the_storefront_has_every_address_that_no_route_took(
    open_shop: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index.html").write_text("<h1>Corner shop</h1>")
    (tmp_path / "page.js").write_text("0")
    monkeypatch.setattr(app, "STOREFRONT", tmp_path)
    client = open_shop()
    assert client.get("/").text == "<h1>Corner shop</h1>"
    assert client.get("/page.js").headers["content-type"].startswith("text/javascript")
    assert client.get("/page.js").headers["content-security-policy"]
    for method, address in (("GET", "/nope.js"), ("POST", "/"), ("GET", "/v1/page.js")):
        answer = client.request(method, address)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert client.get("/v1/search").json()["total"] == 4


@pytest.mark.parametrize(
    "wrong",
    [{"port": 70_000}, {"readers": 0}, {"waiting": -1}, {"body_timeout_s": 0}, {"largest_bulk": 9}],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidRequest):
        ServeSettings(**wrong)  # type: ignore[arg-type]


def test_neither_the_room_nor_its_app_needs_torch() -> None:
    code = (
        "import sys, shopkeeper.serve\n"
        "assert 'fastapi' not in sys.modules\n"
        "import shopkeeper.serve.app\n"
        "assert 'fastapi' in sys.modules\n"
        "print({'torch', 'transformers', 'tantivy', 'faiss'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
