"""A shop forgets: over its whole folder, in its suggestions, and by itself in time."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from assemble.shops import ask, eventually, new_shop, rows
from shopkeeper.assemble.build import INDEX, build_index
from shopkeeper.assemble.people import retain_logs
from shopkeeper.assemble.shop import Shop
from shopkeeper.records import CLICK, Event, Shopper
from shopkeeper.store import (
    EVENTS,
    SERVE_LOG,
    Registry,
    ShopFolder,
    open_artefact,
    personal_key,
    read_log,
    write_log,
)
from shopkeeper.store.sqlite import SqliteKeyValue

ANN = "ann-5e3b2a1c9d"
DAY_MS = 86_400_000


@pytest.fixture
def root(tmp_path):
    return new_shop(tmp_path / "shop", rows(30), suggest_shoppers=2)


def holding(root: Path, text: str) -> list[str]:
    files = [path for path in root.rglob("*") if path.is_file()]
    return [str(path) for path in files if text.encode() in path.read_bytes()]


def shop_as(shop: Shop, shopper: str, words: str) -> None:
    """Search, and open the first hit."""
    query_id = f"{shopper} {words}"
    page = ask(shop, words, shopper=Shopper(shopper, f"s-{shopper}", consent=True))
    shop.record([Event(CLICK, 1, shopper, f"s-{shopper}", query_id, page.hits[0].product.id)])


def test_after_it_no_byte_of_the_id_is_in_the_folder(root):
    folder = ShopFolder(root)
    store = SqliteKeyValue(folder.keyvalue, "shop")
    store.put_many({personal_key(ANN, "hints"): ANN.encode()})
    with Shop(root) as shop:
        for words in ("red tent", "boot"):
            shop_as(shop, ANN, words)
            shop_as(shop, "bob-84266fdb", words)
        done = shop.forget(ANN)
        # Answered is done, also for what had not been written yet, and while the shop is open.
        assert (done.pages, done.events, done.entries) == (2, 2, 1)
        assert holding(root, ANN) == []
        shop_as(shop, ANN, "lamp")
        eventually(lambda: any(row.shopper_id == ANN for row in read_log(folder.logs, SERVE_LOG)))
        assert shop.forget(ANN).pages == 1
    store.close()
    assert holding(root, ANN) == []
    assert {row.shopper_id for row in read_log(folder.logs, SERVE_LOG)} == {"bob-84266fdb"}
    assert len(list(read_log(folder.logs, EVENTS))) == 2


def test_the_next_generation_counts_without_them(root, make_asked):
    folder = ShopFolder(root)
    make_asked(root, "boot green", (ANN, "bob"))
    version = build_index(root)
    counted = open_artefact(folder.artefacts / INDEX / version)
    assert counted.lineage[1:] == (f"serve-log@{DAY_MS}",)
    lines = root / "artefacts" / INDEX / version / "suggestions" / "suggestions.json"
    assert b"boot green" in lines.read_bytes()
    with Shop(root, is_serving=False) as shop:
        assert shop.forget(ANN).artefacts == (f"{INDEX}@{version}",)
    version = build_index(root)
    lines = root / "artefacts" / INDEX / version / "suggestions" / "suggestions.json"
    assert b"boot green" not in lines.read_bytes()


@pytest.fixture
def make_asked():
    """Each shopper asks and opens something, on two days."""

    def made(root: Path, words: str, shoppers: tuple[str, ...]) -> None:
        folder = ShopFolder(root)
        with Shop(root, is_serving=False) as shop:
            ask(shop, words)
        [row] = read_log(folder.logs, SERVE_LOG)
        for path in folder.logs.glob("serve-*"):
            path.unlink()
        pages, events = [], []
        for day in (0, 1):
            for shopper in shoppers:
                fields = {"query_id": f"{shopper} {day}", "timestamp_ms": day * DAY_MS}
                pages.append((day * DAY_MS, replace(row, shopper_id=shopper, **fields)))
                event = Event(CLICK, day * DAY_MS, shopper, query_id=fields["query_id"])
                events.append((day * DAY_MS, event))
        write_log(folder.logs, SERVE_LOG, pages)
        write_log(folder.logs, EVENTS, events)

    return made


def test_a_rebuilt_index_says_which_log_it_counted(root):
    version = Registry(ShopFolder(root)).live(INDEX)
    manifest = open_artefact(root / "artefacts" / INDEX / str(version))
    assert all(not line.startswith("serve-log@") for line in manifest.lineage), "there was none"


def test_a_server_lets_old_logs_go(root):
    folder = ShopFolder(root)
    now_ms = int(time.time() * 1000)
    old = (now_ms - 401 * DAY_MS, Event(CLICK, 1))
    write_log(folder.logs, EVENTS, [old, (now_ms - 399 * DAY_MS, Event(CLICK, 2))])
    with Shop(root):
        eventually(lambda: len(list(read_log(folder.logs, EVENTS))) == 1)
    assert [event.timestamp_ms for event in read_log(folder.logs, EVENTS)] == [2]
    assert retain_logs(root) == []


TYPED = "red tent for ann@example.com, 4111 1111 1111 1111"


def test_what_is_personal_in_a_query_is_not_written(root):
    folder = ShopFolder(root)
    with Shop(root) as shop:
        clauses = ("brand:Acme|ann@example.com", "id:2125551234")
        page = ask(shop, TYPED, *clauses, shopper=Shopper("ann", consent=True))
        assert page.request.query.text == TYPED, "it is searched as typed"
        noted = {"user_query": TYPED, "message": "call +49 170 1234567", "flag": True}
        shop.record([Event(CLICK, 1, query_id="q", attributes=noted)])
    [row] = read_log(folder.logs, SERVE_LOG)
    assert row.query_text == "red tent for [email], [card]"
    assert row.filters == ("brand:Acme|[email]", "id:2125551234")
    [event] = read_log(folder.logs, EVENTS)
    assert event.attributes == {
        "user_query": "red tent for [email], [card]",
        "message": "call [phone]",
        "flag": True,
    }
    for text in ("ann@example.com", "4111", "1234567"):
        assert holding(root / "logs", text) == []


def test_without_consent_nobody_is_in_the_log(root):
    with Shop(root) as shop:
        ask(shop, "tent", shopper=Shopper("ann-1", "session-1"))
    assert len(list(read_log(ShopFolder(root).logs, SERVE_LOG))) == 1
    assert holding(root, "ann-1") == holding(root, "session-1") == []
