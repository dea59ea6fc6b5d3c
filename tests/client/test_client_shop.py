"""The client keeps to the server's contract: against the real application on a real socket."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from collections.abc import Iterator

import httpx
import orjson
import pytest

from serve.corner_shop import Live
from shopkeeper.client import AsyncShopClient, Refusal, ShopClient, Unreachable, calls, shop
from shopkeeper.records import Event, Money, Product
from shopkeeper.records.ports import Delete, Patch, Put
from shopkeeper.serve.app import ROUTES

MUG = Product.from_dict({"id": "m/1 %41?", "title": "Copper mug", "price": "12.00", "stock": 3})
OF_SERVERS = ("fastapi", "starlette", "uvicorn", "prometheus_client", "tantivy", "faiss")


@pytest.fixture(scope="module")
def client(server: Live) -> Iterator[ShopClient]:
    with ShopClient(server.address, key=server.key) as client:
        yield client


def test_a_page_is_records(client: ShopClient) -> None:
    page = client.search("tent", filter=["price:..100"], explain=True, query_id="mine", size=5)
    assert (page.query_id, page.total, page.size) == ("mine", 1, 5)
    [hit] = page.hits
    assert (hit.id, hit.rank, hit.price.text) == ("tent-1", 1, "$59.90")
    assert sum(part.value for part in hit.parts) == hit.score
    assert hit.why.matched == ("title: tent",)
    assert page.stages[0].stage == "retrieve"
    assert client.search(facet=[""]).facets == ()
    assert [h.id for h in client.search("tent", sort=["price:desc"]).hits] == ["tent-2", "tent-1"]


def test_suggestions_and_status(client: ShopClient) -> None:
    [line] = client.suggest("ac").suggestions
    assert (line.text, line.kind, line.filter) == ("Acme", "brand", "brand:Acme")
    status = client.status()
    assert (status.name, status.ready) == ("Corner shop", True)
    assert client.suggest("a&size=0").suggestions == ()  # what is typed is not read as more


def test_a_products_whole_life(client: ShopClient) -> None:
    assert client.get(MUG.id) is None
    first = client.put(MUG)
    assert client.get(MUG.id) == MUG
    client.patch(MUG.id, {"price": "9.50", "brand": "Mugly"})
    changed = client.get(MUG.id)
    assert changed is not None
    assert (changed.price, changed.brand) == (Money(950, "USD"), "Mugly")
    client.patch(MUG.id, {"brand": None})
    assert client.get(MUG.id).brand is None
    assert client.delete(MUG.id).seq > first.seq
    assert client.get(MUG.id) is None


def test_a_bulk_says_what_was_refused(client: ShopClient) -> None:
    writes = [
        Put(MUG),
        Patch(MUG.id, price=Money(700, "USD"), stock=0),
        Patch("nobody", stock=1),
        Delete(MUG.id),
    ]
    answer = client.bulk(writes)
    assert answer.accepted == 3
    assert [(line.line, line.error.code) for line in answer.refused] == [(3, "refused")]
    assert client.get(MUG.id) is None


def test_events_and_rerank(client: ShopClient) -> None:
    click = Event("click", 1_795_172_344_485, query_id="mine", product_id="tent-1", position=0)
    assert client.record([click, click]).accepted == 2
    answer = client.rerank("green tent", ["mug", "a tent", {"id": "tent-1"}], top_n=2)
    assert [result.index for result in answer.results] == [1, 2]
    assert (answer.model, answer.missing) == ("shopkeeper", ())


def test_a_refusal_is_in_the_servers_words(server: Live, client: ShopClient) -> None:
    with pytest.raises(Refusal, match="no field 'colr'") as wrong:
        client.search("tent", filter=["colr:red"])
    assert (wrong.value.status, wrong.value.code) == (422, "invalid_request")
    with ShopClient(server.address) as stranger, pytest.raises(Refusal, match="needs a key") as no:
        stranger.put(MUG)
    assert (no.value.status, no.value.code) == (401, "unauthorised")
    assert no.value.where == "Authorization"


def test_the_same_in_an_event_loop(server: Live) -> None:
    async def ask() -> tuple[list[str], Product | None]:
        async with AsyncShopClient(server.address, key=server.key) as client:
            pages = await asyncio.gather(*(client.search("tent") for _ in range(7)))
            await client.put(MUG)
            found = await client.get(MUG.id)
            await client.delete(MUG.id)
            with pytest.raises(Refusal):
                await client.patch("nobody", {"stock": 1})
            return [page.query_id for page in pages], found

    query_ids, found = asyncio.run(ask())
    assert (len(set(query_ids)), found) == (7, MUG)


def test_every_call_has_its_method_in_both() -> None:
    made = {
        name
        for name, call in inspect.getmembers(calls, inspect.isfunction)
        if call.__module__ == calls.__name__ and name[0] != "_" and name != "refusal"
    }
    assert len(made) == 11
    for kind in (ShopClient, AsyncShopClient):
        assert made <= set(vars(kind))


def test_a_programs_addresses_are_all_there() -> None:
    """Beside what operators and the storefront ask for."""
    others = {"/healthz", "/readyz", "/metrics", "/images/{id}.svg", "/v1/experiments"}
    others |= {"/v1/simulation", "/v1/simulation/truth"}
    there = {route.path.replace(":path", "") for route in ROUTES} - others
    made = [calls.search(), calls.suggest(), calls.rerank("q", ["d"]), calls.get("x")]
    made += [calls.bulk([]), calls.record([]), calls.status(), calls.forget("x")]
    asked = {call.path.partition("?")[0].replace("/x", "/{id}") for call in made}
    assert asked == there


# --- when it does not answer -------------------------------------------------------------------


class Desk:
    """Answers with these, the last one for good; counts how often it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


def busy(retry_after: str = "0") -> httpx.Response:
    error = {"code": "overloaded", "message": "too much", "where": "", "expected": "", "hint": ""}
    return httpx.Response(503, json={"error": error}, headers={"Retry-After": retry_after})


def client_at(desk: Desk) -> ShopClient:
    return ShopClient("http://shop.test", transport=httpx.MockTransport(desk), retries=2)


def written() -> httpx.Response:
    return httpx.Response(200, content=orjson.dumps({"seq": 1, "accepted": 1}))


def test_a_busy_server_is_asked_again_for_what_changes_nothing() -> None:
    found = httpx.Response(200, content=orjson.dumps(MUG.to_dict()))
    desk = Desk(busy(), busy(), found)
    assert client_at(desk).get(MUG.id) == MUG
    assert desk.asked == 3
    desk = Desk(busy())
    with pytest.raises(Refusal, match="too much") as refused:
        client_at(desk).get(MUG.id)
    assert (refused.value.status, desk.asked) == (503, 3)


def test_a_write_is_never_sent_twice() -> None:
    desk = Desk(busy(), written())
    with pytest.raises(Refusal, match="too much"):
        client_at(desk).put(MUG)
    assert desk.asked == 1


def test_it_waits_as_long_as_it_is_told_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(shop.time, "sleep", slept.append)
    with pytest.raises(Refusal):
        client_at(Desk(busy("2"), busy("3600"), busy("1"))).status()
    assert slept == [2, shop.LONGEST_WAIT_S]
    desk = Desk(busy("tomorrow"))
    with pytest.raises(Refusal):
        client_at(desk).status()
    assert desk.asked == 1


@pytest.mark.parametrize(
    "wrong",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("too slow"),
        httpx.Response(200, text="<html>a captive portal</html>"),
        httpx.Response(200, json={"another": "API"}),
    ],
    ids=["nobody there", "too slow", "no JSON", "no shop"],
)
def test_what_is_no_answer_says_where_it_was_sought(wrong: httpx.Response | Exception) -> None:
    with pytest.raises(Unreachable, match=r"http://shop\.test/v1/status"):
        client_at(Desk(wrong)).status()


def test_an_error_that_is_not_the_shops_is_still_told() -> None:
    proxy = httpx.Response(502, text="<h1>Bad gateway</h1>")
    with pytest.raises(Refusal, match="HTTP 502: <h1>Bad gateway") as error:
        client_at(Desk(proxy)).status()
    assert error.value.code == "http_502"
    with pytest.raises(Refusal):  # of a proxy: it does not mean that the product is not there
        client_at(Desk(httpx.Response(404, text="nothing"))).get("p1")


def test_it_needs_nothing_that_a_server_needs() -> None:
    code = "import sys, shopkeeper.client; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(done.stdout.split())
    assert "shopkeeper.client.shop" in loaded
    assert not loaded & set(OF_SERVERS)
