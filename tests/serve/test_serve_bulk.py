"""A bulk is read as it comes, and every line of it is accounted for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest
from corner_shop import CornerShop
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.serve import bulk
from shopkeeper.serve.bulk import PART_LINES

BULK = "/v1/products/_bulk"
LINES = {"Content-Type": "application/x-ndjson"}


def _put(product_id: str) -> bytes:
    return orjson.dumps({"put": {"id": product_id, "title": f"Thing {product_id}"}})


def test_good_lines_are_written_and_bad_ones_named(client: TestClient, shop: CornerShop) -> None:
    body = b"\n".join(
        (
            _put("a"),  # 1
            b"{not json",
            b"",
            b'{"patch": {"id": "mug", "price": "8.00", "stock": 2}}',  # 4
            b'{"patch": {"id": "nope", "stock": 2}}',
            b'{"put": {"id": "b"}}',
            b'{"delete": {"id": "tent-1"}}',  # 7
            b'{"move": {"id": "mug"}}',
            b'{"put": {"id": "c", "title": "C"}, "delete": {"id": "c"}}',
            b'{"patch": {"id": "mug", "title": "Cup"}}',
            b'{"delete": {"id": "mug", "sku": "mug"}}',
            b"[]\r",
        )
    )
    answer = client.post(BULK, content=body, headers=LINES).json()
    assert (answer["seq"], answer["accepted"]) == (7, 3)  # 4 products were there before
    assert [line["line"] for line in answer["refused"]] == [2, 5, 6, 8, 9, 10, 11, 12]
    codes = {line["line"]: line["error"]["code"] for line in answer["refused"]}
    assert codes.pop(5) == "refused"
    assert set(codes.values()) == {"invalid_record"}
    assert {"a", "mug", "tent-2", "a/b c"} == set(shop.catalogue.products)
    assert str(shop.catalogue.products["mug"].price) == "$8.00"


def test_a_long_bulk_is_written_in_parts(client: TestClient, shop: CornerShop) -> None:
    count = 2 * PART_LINES + 3
    body = b"\n".join(_put(f"p{number}") for number in range(count))
    answer = client.post(BULK, content=body, headers=LINES).json()
    assert (answer["accepted"], answer["refused"]) == (count, [])
    assert shop.catalogue.calls == ["bulk"] * 3
    assert len(shop.catalogue.products) == count + 4


def test_an_empty_bulk_writes_nothing(client: TestClient, shop: CornerShop) -> None:
    answer = client.post(BULK, content=b"\n\n", headers=LINES)
    assert answer.json() == {"seq": None, "accepted": 0, "refused": []}
    assert shop.catalogue.calls == []


def test_an_endless_line_is_refused_where_it_stands(
    client: TestClient, shop: CornerShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "LARGEST_LINE", 100)
    body = _put("a") + b"\n" + b"x" * 101
    answer = client.post(BULK, content=body, headers=LINES)
    assert answer.status_code == 413
    assert answer.json()["error"]["where"] == "line 2"


def test_too_many_lines_are_refused_after_full_parts(
    client: TestClient, shop: CornerShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST_LINES", 5)
    monkeypatch.setattr(bulk, "PART_LINES", 2)
    full = b"\n".join(_put(f"q{number}") for number in range(5)) + b"\n"
    assert client.post(BULK, content=full, headers=LINES).json()["accepted"] == 5
    body = b"\n".join(_put(f"p{number}") for number in range(7))
    answer = client.post(BULK, content=body, headers=LINES)
    assert answer.status_code == 413
    assert answer.json()["error"]["where"] == "line 6"
    assert {"p0", "p1", "p2", "p3"} < set(shop.catalogue.products)
    assert "p5" not in shop.catalogue.products


@given(st.lists(st.binary(max_size=9), max_size=7), st.data())
def test_lines_do_not_depend_on_the_chunks(lines: list[bytes], data: st.DataObject) -> None:
    body = b"\n".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=5)))
    ends = [*cuts, len(body)]
    chunks = [body[start:end] for start, end in zip([0, *cuts], ends, strict=True)]

    async def stream() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def collect() -> list[tuple[int, bytes]]:
        return [line async for line in bulk._lines(stream())]

    expected = [
        (number, text) for number, text in enumerate(body.split(b"\n"), start=1) if text.strip()
    ]
    assert asyncio.run(collect()) == expected
