"""A shop whose truth is in PostgreSQL: fed, served, changed, followed, and killed on both sides."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

from assemble.shops import ask, eventually, find, ids, new_shop, product, row, rows, take_in
from servers.postgres import ENCODED, PASSWORD
from shopkeeper.assemble.copying import copy_products
from shopkeeper.assemble.settings import load_settings, save_settings
from shopkeeper.assemble.shop import Shop
from shopkeeper.cli import main
from shopkeeper.records import InvalidRequest, Money, Refused, Unavailable
from shopkeeper.records.ports import Patch, Put
from shopkeeper.store import ShopFolder, check_shop, open_products

GOODS = 60
LINES = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def settings(postgres, shop_id, monkeypatch):
    """What the shop's settings say: its own id, and the database without the password."""
    monkeypatch.setenv("SHOP_PASSWORD", PASSWORD)
    return {"shop_id": shop_id, "products": postgres.address.replace(ENCODED, "${SHOP_PASSWORD}")}


@pytest.fixture
def root(tmp_path, settings):
    return new_shop(tmp_path / "shop", rows(GOODS), **settings)


def search(client: httpx.Client, q: str = "", **parameters: object) -> dict:
    reply = client.get("/v1/search", params={"q": q, "size": 200, **parameters})
    assert reply.status_code == 200, reply.text
    return reply.json()


def found(answer: dict) -> list[str]:
    assert answer["degraded"] == []
    return [hit["id"] for hit in answer["hits"]]


def test_a_shop_is_fed_served_changed_and_compacted(tmp_path, settings, serve):
    root = new_shop(tmp_path / "shop", rows(GOODS), compact_at=40, **settings)
    assert not ShopFolder(root).products.exists()
    client = serve(root)
    assert len(found(search(client, "red tent"))) == 20
    first = client.get("/v1/status").json()["generation"]

    assert client.patch("/v1/products/p0", json={"price": "999.00", "stock": 3}).is_success
    assert found(search(client, filter="price:998..")) == ["p0"]
    assert client.put("/v1/products/k", json={"title": "copper kettle"}).is_success
    assert found(search(client, "kettle")) == ["k"]
    assert client.delete("/v1/products/p3").is_success

    lines = [{"put": row(n, title=f"violet mug {n}")} for n in range(100, 150)]
    body = "\n".join(map(json.dumps, lines))
    answer = client.post("/v1/products/_bulk", content=body, headers=LINES).json()
    assert (answer["accepted"], answer["refused"]) == (50, [])
    eventually(lambda: client.get("/v1/status").json()["generation"] != first, 60.0)
    assert len(found(search(client, "violet mug"))) == 50
    assert found(search(client, filter="price:998..")) == ["p0"]
    assert search(client)["total"] == GOODS + 50
    assert check_shop(root, settings["shop_id"], settings["products"]) == []


def test_another_machine_follows_and_is_followed(tmp_path, root, settings):
    """Two folders, one truth: each builds its own index, and hears of what the other writes."""
    save_settings(tmp_path / "second", load_settings(root))
    with Shop(root) as one, Shop(tmp_path / "second") as two:
        assert ids(ask(two, "red tent")) == ids(ask(one, "red tent"))
        one.catalogue.bulk([Put(product(1, id="theirs", title="orange kettle"))])
        eventually(lambda: find(two, "orange kettle") == {"theirs"}, 20.0)
        two.catalogue.patch(Patch("theirs", price=Money(77_700, "USD")))
        eventually(lambda: find(one, "", "price:776..") == {"theirs"}, 20.0)
        # A feed that one of them takes in reaches the other.
        take_in(tmp_path / "second", rows(GOODS + 5))
        eventually(lambda: ask(one).total == ask(two).total == GOODS + 5, 30.0)
        assert find(one, "orange kettle") == set()


def test_an_index_of_another_store_is_built_anew(root, settings, postgres):
    """Another store counts its changes anew: what was applied of the one says nothing of it."""
    with Shop(root, is_serving=False) as shop:
        generation = shop.status().generation
    elsewhere = postgres.new_database(f"moved_{settings['shop_id'].replace('-', '_')}")
    done = copy_products(root, elsewhere)
    assert (done.added, done.removed) == (GOODS, 0)
    assert copy_products(root, elsewhere).unchanged == GOODS
    with pytest.raises(InvalidRequest, match="stands on this store already"):
        copy_products(root, settings["products"])
    for address in (elsewhere, "sqlite"):
        if address == "sqlite":
            assert copy_products(root, "sqlite").added == GOODS
        written = load_settings(root)
        text = (root / "shop.toml").read_text().replace(written.products, address)
        (root / "shop.toml").write_text(text)
        with Shop(root, is_serving=False) as shop:
            assert shop.status().generation != generation
            generation = shop.status().generation
            assert len(find(shop, "red tent")) == 20
            shop.catalogue.put(product(1, id="new", title="orange kettle"))
            assert find(shop, "kettle") == {"new"}
            shop.catalogue.delete("new")


def test_a_copy_does_not_empty_a_store_by_mistake(root, settings, postgres):
    elsewhere = postgres.new_database(f"full_{settings['shop_id'].replace('-', '_')}")
    with open_products(ShopFolder(root), settings["shop_id"], elsewhere) as other:
        other.ingest([product(n) for n in range(1000, 1100)], "replace")
    with pytest.raises(Refused, match="100 of the shop's 100 products"):
        copy_products(root, elsewhere)
    assert copy_products(root, elsewhere, force=True).removed == 100


def test_a_database_that_went_back_is_noticed(root, postgres, settings):
    with Shop(root) as shop:
        shop.catalogue.put(product(1, id="w", title="orange kettle"))
        with postgres.connect() as connection, connection.transaction():
            # As an older copy of it would be.
            for table in ("states", "products"):
                connection.execute(
                    f"DELETE FROM shopkeeper.{table} WHERE shop = (SELECT shop FROM"
                    " shopkeeper.shops WHERE shop_id = %s) AND ordinal = (SELECT max(ordinal)"
                    " FROM shopkeeper.products)",
                    (settings["shop_id"],),
                )
            connection.execute(
                "UPDATE shopkeeper.shops SET seq = seq - 1 WHERE shop_id = %s",
                (settings["shop_id"],),
            )
        eventually(lambda: "an older copy, at change 60" in shop.status().message)
        assert find(shop, "orange kettle") == set(), "gone from the truth, and so from the page"
    with Shop(root) as shop:
        assert ask(shop).total == GOODS


# --- death -------------------------------------------------------------------------------------


@contextmanager
def command_that_serves(root):
    """The server as a process of its own, and a client to it."""
    arguments = ["serve", "--shop", str(root), "--port", "0"]
    command = [sys.executable, "-c", "from shopkeeper.cli import main; main()", *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        try:
            said = ""
            while "http://" not in said:
                line = server.stderr.readline()
                assert line, said
                said += line
            address = said[said.index("http://") :].split("/   ")[0]
            with httpx.Client(base_url=address, timeout=30) as client:
                eventually(lambda: _is_ready(client))
                yield server, client
        finally:
            server.kill()


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_what_a_killed_server_acknowledged_is_found(root, settings):
    with command_that_serves(root) as (server, client):
        for n in range(20):
            assert client.put(f"/v1/products/w{n}", json={"title": f"kettle {n}"}).is_success
        server.send_signal(signal.SIGKILL)
        server.wait()
    with Shop(root) as shop:
        assert find(shop, "kettle") == {f"w{n}" for n in range(20)}
    assert check_shop(root, settings["shop_id"], settings["products"]) == []


def test_a_killed_backend_is_declared_and_heals(root, postgres):
    with Shop(root) as shop:
        shop.catalogue.put(product(1, id="w", title="orange kettle"))
        with postgres.connect() as connection:
            (pid,) = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name LIKE %s LIMIT 1",
                (f"process {os.getpid()} %",),
            ).fetchone()
        postgres.kill(pid)
        pages = []

        def is_whole() -> bool:
            pages.append(ask(shop, "orange kettle"))
            return [hit.product.id for hit in pages[-1].hits] == ["w"]

        eventually(is_whole, 60.0)
        assert all(page.degraded == ("hydrate",) for page in pages[:-1])
        eventually(lambda: _takes(shop, Patch("w", stock=4)), 60.0)
        eventually(lambda: shop.trouble == "", 60.0)


def _takes(shop: Shop, patch: Patch) -> bool:
    try:
        return shop.catalogue.patch(patch).accepted == 1
    except Unavailable:
        return False


def test_while_postgres_is_away_the_shop_says_so_and_heals(root, postgres, serve):
    client = serve(root)
    assert len(found(search(client, "red tent"))) == 20
    postgres.stop()
    try:
        page = search(client, "red tent", facet=["brand"])
        assert page["degraded"] == ["hydrate"]
        assert page["hits"] == []
        assert page["total"] == 20, "the index knows"
        assert page["facets"]
        [reason] = [stage["reason"] for stage in page["stages"] if stage["stage"] == "hydrate"]
        assert "Unavailable" in reason
        assert reason.endswith("the page is empty")
        assert client.get("/v1/suggest", params={"q": "ten"}).json()["suggestions"]
        for refused in (
            client.get("/v1/products/p0"),
            client.put("/v1/products/w", json={"title": "kettle"}),
            client.patch("/v1/products/p0", json={"stock": 1}),
        ):
            assert refused.status_code == 503, refused.text
            assert int(refused.headers["Retry-After"]) >= 1
            assert refused.json()["error"]["code"] == "unavailable"
            assert PASSWORD not in refused.text + page["stages"].__repr__()
        assert client.get("/healthz").is_success
        eventually(lambda: "postgresql://" in client.get("/v1/status").json()["message"])
    finally:
        postgres.start()
    eventually(lambda: search(client, "red tent")["degraded"] == [], 60.0)
    assert len(found(search(client, "red tent"))) == 20
    assert client.put("/v1/products/w", json={"title": "kettle"}).is_success
    assert found(search(client, "kettle")) == ["w"]
    eventually(lambda: "postgresql://" not in client.get("/v1/status").json()["message"], 70.0)


def test_a_shop_does_not_open_without_its_truth(root, postgres, settings, monkeypatch, capsys):
    postgres.stop()
    try:
        with pytest.raises(Unavailable, match="Look whether it runs"):
            Shop(root)
        [finding] = check_shop(root, settings["shop_id"], settings["products"])
        assert (finding.severity, finding.hint[:4]) == ("error", "look")
        monkeypatch.setattr(sys, "argv", ["shopkeeper", "search", "tent", "--shop", str(root)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 1
        said = capsys.readouterr().err
        assert said.startswith("shopkeeper: postgresql://127.0.0.1:")
        assert PASSWORD not in said
    finally:
        postgres.start()
    with Shop(root) as shop:
        assert len(find(shop, "red tent")) == 20
