"""A shop as a program on the other end of the network sees it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from assemble.shops import eventually, new_shop, row, rows
from shopkeeper.assemble.shop import Shop
from shopkeeper.store import EVENTS, SERVE_LOG, ShopFolder, read_log

GOODS = 211
LINES = {"Content-Type": "application/x-ndjson"}
WOODS = ("alder", "birch", "cedar", "ebony", "walnut", "mahogany")
"""A word for each turn; none is a misspelling of another."""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return new_shop(tmp_path_factory.mktemp("http") / "shop", rows(GOODS), name="Corner")


@pytest.fixture(scope="module")
def client(root, serve):
    return serve(root)


def search(client: httpx.Client, q: str = "", **parameters: object) -> dict:
    reply = client.get("/v1/search", params={"q": q, "size": 200, **parameters})
    assert reply.status_code == 200, reply.text
    answer = reply.json()
    assert answer["degraded"] == []
    return answer


def pages_of_one_generation(client: httpx.Client, q: str) -> list[dict]:
    """Both pages of a result set. Equal scores stand in another order in the next generation."""
    while True:
        pages = [search(client, q, page=number) for number in (1, 2)]
        if pages[0]["generation"] == pages[1]["generation"]:
            return pages


def found(answer: dict) -> list[str]:
    return [hit["id"] for hit in answer["hits"]]


def counts(answer: dict, field: str) -> dict[str, int]:
    [facet] = [facet for facet in answer["facets"] if facet["field"] == field]
    return {value["value"]: value["count"] for value in facet["values"]}


# --- what is asked -----------------------------------------------------------------------------


def test_parts_sum_to_the_score_bit_for_bit_through_json(client):
    hits = 0
    for q in ("red tent", "boot model 7", "blue lmap acme", ""):
        for hit in search(client, q, explain=True)["hits"]:
            total = 0.0
            for part in hit["parts"]:
                total += part["value"]
            assert total.hex() == hit["score"].hex()
            hits += 1
    assert hits > 200


def brute(kept: Callable[[dict], bool], field: Callable[[dict], Iterable[str]]) -> dict[str, int]:
    return dict(Counter(value for r in rows(GOODS) if kept(r) for value in field(r)))


def test_facets_equal_brute_force_over_the_feed(client):
    def levels(r: dict) -> list[str]:
        return ["Outdoor", r["category"]] if "Outdoor" in r["category"] else ["Home", r["category"]]

    def is_red(r: dict) -> bool:
        return r["attributes"]["colour"] == "red"

    def is_cheap(r: dict) -> bool:
        return float(r["price"]) <= 50

    def is_acme(r: dict) -> bool:
        return r["brand"] in ("Acme", "Zed")

    every = search(client, facet=["brand", "category", "colour"], size=0)
    assert every["total"] == GOODS
    assert counts(every, "brand") == brute(lambda r: True, lambda r: [r["brand"]])
    assert counts(every, "category") == brute(lambda r: True, levels)

    filters = ["brand:Acme|Zed", "price:..50"]
    some = search(client, "red", filter=filters, facet=["brand", "category", "price"])
    expected = {r["id"] for r in rows(GOODS) if is_red(r) and is_cheap(r) and is_acme(r)}
    assert set(found(some)) == expected
    assert some["total"] == len(expected) > 0
    assert counts(some, "category") == brute(
        lambda r: is_red(r) and is_cheap(r) and is_acme(r), levels
    )
    # Multi-select: the brands are counted as if no brand were chosen.
    assert counts(some, "brand") == brute(
        lambda r: is_red(r) and is_cheap(r), lambda r: [r["brand"]]
    )
    [price] = [facet for facet in some["facets"] if facet["field"] == "price"]
    prices = [float(r["price"]) for r in rows(GOODS) if is_red(r) and is_acme(r)]
    assert (price["low"], price["high"]) == (min(prices), max(prices))


def test_pages_are_disjoint_and_complete(client):
    pages = [search(client, "tent", page=n, size=13) for n in range(1, 8)]
    ranks = [hit["rank"] for page in pages for hit in page["hits"]]
    ids = [i for page in pages for i in found(page)]
    assert ids == found(search(client, "tent"))
    assert ranks == list(range(1, len(set(ids)) + 1))
    assert {page["total"] for page in pages} == {len(ids)}


def test_sorting_is_that_of_the_feed(client):
    ordered = search(client, "tent", sort="price:desc")
    prices = [hit["price"]["minor"] for hit in ordered["hits"]]
    assert len(prices) > 50
    assert prices == sorted(prices, reverse=True)
    assert set(found(ordered)) == set(found(search(client, "tent")))


def test_a_wrong_field_is_the_callers_mistake_and_is_corrected(client):
    reply = client.get("/v1/search", params={"q": "tent", "filter": "brnd:Acme"})
    assert reply.status_code in (400, 422)
    assert "'brand'" in reply.json()["error"]["hint"]


def test_suggestions_find_what_they_say(client):
    answer = client.get("/v1/suggest", params={"q": "ten"}).json()
    assert answer["degraded"] == []
    assert answer["suggestions"]
    for line in answer["suggestions"]:
        filters = [line["filter"]] if line["filter"] else []
        said = "" if filters else line["text"]
        assert search(client, said, filter=filters)["total"] >= line["hits"] > 0


def test_the_shop_says_how_it_is(client):
    assert client.get("/healthz").json() == {"state": "up"}
    assert client.get("/readyz").json() == {"state": "ready"}
    status = client.get("/v1/status").json()
    assert (status["name"], status["products"], status["ready"]) == ("Corner", GOODS, True)
    metrics = client.get("/metrics").text
    assert f'shopkeeper_index_products{{shop_id="shop"}} {GOODS}.0' in metrics
    assert "<!doctype html>" in client.get("/").text.lower()
    assert client.get("/openapi.json").json()["openapi"].startswith("3.1")


# --- what is written ---------------------------------------------------------------------------


@pytest.fixture
def own(tmp_path, serve):
    """A shop for one test, that it may change."""
    return serve(new_shop(tmp_path / "shop", rows(60), compact_at=300))


def test_a_products_whole_life(own):
    mug = {"title": "enamel mug", "price": "9.50", "stock": 3, "brand": "Mugly"}
    assert own.put("/v1/products/m/1", json=mug).json()["accepted"] == 1
    assert found(search(own, "enamel mug", filter="brand:Mugly")) == ["m/1"]
    assert own.patch("/v1/products/m/1", json={"price": "777.00"}).status_code == 200
    assert found(search(own, sort="price:desc"))[0] == "m/1"
    assert own.patch("/v1/products/m/1", json={"title": "copper mug"}).status_code == 200
    assert found(search(own, "copper")) == ["m/1"]
    whole = own.get("/v1/products/m/1").json()
    assert whole["variants"][0]["price"] == {"minor": 77_700, "currency": "USD"}
    assert own.delete("/v1/products/m/1").status_code == 200
    assert own.get("/v1/products/m/1").status_code == 404
    assert search(own, "copper")["total"] == 0


def test_a_bulk_names_the_lines_that_are_wrong(own):
    lines = [
        {"put": row(100, title="violet kettle")},
        {"patch": {"id": "p100", "stock": 0}},
        {"patch": {"id": "nobody", "stock": 0}},
        {"delete": {"id": "p0"}},
        {"put": row(101, price={"minor": 100, "currency": "EUR"})},
    ]
    body = "\n".join(json.dumps(line) for line in lines) + "\n{half a li"
    answer = own.post("/v1/products/_bulk", content=body, headers=LINES)
    assert answer.status_code == 200, answer.text
    assert answer.json()["accepted"] == 3
    assert [line["line"] for line in answer.json()["refused"]] == [3, 5, 6]
    assert found(search(own, "violet kettle", filter="in_stock:false")) == ["p100"]
    assert "p0" not in found(search(own))


def test_what_happened_is_written_down(own, tmp_path):
    asked = {"q": "tent", "ext": {"ubi": {"query_id": "my-query", "client_id": "somebody"}}}
    page = own.post("/v1/search", json=asked).json()
    assert page["ext"]["ubi"]["query_id"] == "my-query"
    click = {
        "action_name": "click",
        "timestamp": "2026-11-20T10:00:00Z",
        "query_id": "my-query",
        "event_attributes": {"object": {"object_id": page["hits"][1]["id"]}},
    }
    assert own.post("/v1/events", json=[click]).json() == {"accepted": 1}
    logs = ShopFolder(tmp_path / "shop").logs

    def rows_of(codec):
        return [r for r in read_log(logs, codec) if r.query_id == "my-query"]

    eventually(lambda: rows_of(EVENTS) and rows_of(SERVE_LOG))
    [shown], [done] = rows_of(SERVE_LOG), rows_of(EVENTS)
    exposed = [c.product_id for c in shown.candidates if c.exposed]
    assert exposed == [hit["id"] for hit in page["hits"]]
    assert done.product_id == exposed[1]


def test_twenty_writers_and_readers_at_once(own):
    """Each writer owns its products; at the end the shop has what each of them wrote last."""
    first = own.get("/v1/status").json()["generation"]
    refusals: list[int] = []

    def ask_until_taken(call: Callable[[], httpx.Response]) -> httpx.Response:
        while True:
            reply = call()
            assert reply.status_code < 500 or reply.status_code == 503, reply.text
            if reply.status_code != 503:
                return reply
            refusals.append(1)
            time.sleep(0.05)

    def write(writer: int) -> dict[str, int]:
        last = {}
        with httpx.Client(base_url=own.base_url, timeout=30) as client:
            for turn in range(len(WOODS)):
                goods = [f"w{writer}-{turn % 3}-{n}" for n in range(5)]
                lines = [
                    {"put": {"id": i, "title": f"kettle {WOODS[turn]}", "price": turn + 1}}
                    for i in goods
                ]
                lines += [{"delete": {"id": goods[0]}}, {"patch": {"id": goods[1], "stock": turn}}]
                body = "\n".join(json.dumps(line) for line in lines)
                reply = ask_until_taken(
                    lambda body=body: client.post("/v1/products/_bulk", content=body, headers=LINES)
                )
                assert reply.json()["accepted"] == 7
                last |= dict.fromkeys(goods[1:], turn)
                mine = ask_until_taken(
                    lambda goods=goods: client.get(
                        "/v1/search", params={"filter": "id:" + "|".join(goods)}
                    )
                )
                assert set(found(mine.json())) == set(goods[1:])  # read what one has written
        return last

    stop = threading.Event()

    def read() -> int:
        asked = 0
        with httpx.Client(base_url=own.base_url, timeout=30) as client:
            while not stop.is_set():
                reply = ask_until_taken(
                    lambda: client.get("/v1/search", params={"q": "kettle", "facet": ["brand"]})
                )
                answer = reply.json()
                assert len(answer["hits"]) <= min(answer["total"], 24)
                asked += 1
        return asked

    with ThreadPoolExecutor(24) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        written = list(pool.map(write, range(20)))
        stop.set()
        assert all(reader.result() > 0 for reader in readers)
    expected = {i: turn for last in written for i, turn in last.items()}
    assert len(expected) == 20 * 3 * 4
    # More was written than compact_at: the next base takes it in, and nothing changes by that.
    eventually(lambda: own.get("/v1/status").json()["generation"] != first, 60.0)
    pages = pages_of_one_generation(own, "kettle")
    hits = [hit for page in pages for hit in page["hits"]]
    assert {h["id"]: h["price"]["minor"] // 100 - 1 for h in hits} == expected
    for turn in range(3, 6):
        ids = {i for i, last in expected.items() if last == turn}
        assert set(found(search(own, WOODS[turn]))) == ids
    assert search(own, "kettle")["total"] == len(expected)


# --- the whole command -------------------------------------------------------------------------


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_server_starts_says_where_it_is_and_ends_cleanly(tmp_path, end):
    root = new_shop(tmp_path / "shop", rows(60))
    command = "from shopkeeper.cli import main; main()"
    arguments = [sys.executable, "-c", command, "serve", "--shop", str(root), "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        arguments, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        said = ""
        while "http://" not in said:
            line = server.stderr.readline()
            assert line, said
            said += line
        url = said[said.index("http://") :].split("/   ")[0]
        eventually(lambda: _answers(url))
        page = httpx.get(f"{url}/v1/search", params={"q": "red tent"}).json()
        assert page["total"] == 20
        started = time.monotonic()
        server.send_signal(end)
        out, err = server.communicate(timeout=20)
        assert time.monotonic() - started < 5
    assert server.returncode == 0
    assert out == ""
    assert "Traceback" not in said + err
    logged = list(read_log(ShopFolder(root).logs, SERVE_LOG))
    assert [r.query_text for r in logged] == ["red tent"]
    with Shop(root) as shop:
        assert shop.status().products == 60


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False
