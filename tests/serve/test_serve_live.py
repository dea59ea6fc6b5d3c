"""The real server, over a real socket: what no in-process client can show."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import orjson
from corner_shop import Live

from shopkeeper.records import Part, total


def _send(live: Live, *chunks: bytes) -> bytes:
    """What comes back when these bytes are sent and the connection is then left open."""
    url = urlsplit(live.address)
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        for chunk in chunks:
            connection.sendall(chunk)
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
        return answer


def test_many_searches_at_once_over_keep_alive_connections(live: Live) -> None:
    with httpx.Client(base_url=live.address) as client, ThreadPoolExecutor(8) as callers:
        pages = list(callers.map(lambda _: client.get("/v1/search?q=tent"), range(64)))
    assert {page.status_code for page in pages} == {200}
    assert len({page.json()["query_id"] for page in pages}) == 64
    assert "server" not in pages[0].headers


def test_the_score_of_every_hit_is_the_sum_of_its_parts(live: Live) -> None:
    page = orjson.loads(httpx.get(f"{live.address}/v1/search?q=acme%20waterproof").content)
    [hit] = page["hits"]
    parts = tuple(Part(**part) for part in hit["parts"])
    assert len(parts) == 2
    assert total(parts).hex() == hit["score"].hex()


def test_an_endless_head_is_cut_off(live: Live) -> None:
    """Left open, it would time out. What is still unread when the server closes makes the kernel
    reset the connection, and the answer may be lost with that."""
    head = (b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ", b"x" * 70_000)
    try:
        answer = _send(live, *head)
    except ConnectionError:
        return
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_a_body_that_stops_coming_is_answered_and_the_connection_closed(live: Live) -> None:
    head = (
        b"POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    )
    answer = _send(live, head, b'{"q": ')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"too_slow"' in answer


def test_a_declared_body_that_is_too_large_is_refused_before_it_is_sent(live: Live) -> None:
    head = (
        b"PUT /v1/products/x HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: application/json\r\nContent-Length: 20000000\r\n\r\n"
    )
    answer = _send(live, head)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_bulk_streams_in_and_can_be_searched(live: Live) -> None:
    def lines():
        for number in range(1_200):
            yield orjson.dumps({"put": {"id": f"s{number}", "title": "Streamed lamp"}}) + b"\n"

    headers = {"Authorization": f"Bearer {live.key}", "Content-Type": "application/x-ndjson"}
    with httpx.Client(base_url=live.address, headers=headers) as client:
        answer = client.post("/v1/products/_bulk", content=lines())
        assert answer.json()["accepted"] == 1_200
        page = client.get("/v1/search", params={"q": "streamed", "size": 200, "offset": 1_150})
        assert page.json()["total"] == 1_200
        assert [hit["rank"] for hit in page.json()["hits"]] == list(range(1_151, 1_201))
        gone = b"\n".join(orjson.dumps({"delete": {"id": f"s{n}"}}) for n in range(1_200))
        assert client.post("/v1/products/_bulk", content=gone).json()["accepted"] == 1_200
