"""Several processes, a damaged registry, a way back: who serves what, and who says so?"""

from __future__ import annotations

import shutil
import threading
import time

import pytest
from typer.testing import CliRunner

from assemble.shops import ask, eventually, find, new_shop, product, rows, take_in
from faults.encoders import encoder
from shopkeeper.assemble.build import build_index
from shopkeeper.assemble.serving import roll_back
from shopkeeper.assemble.shop import Shop
from shopkeeper.cli.app import main
from shopkeeper.records import CorruptArtefact, InvalidRequest, NotFound, Refused
from shopkeeper.records.ports import Put
from shopkeeper.store import Registry, ShopFolder, check_shop, versions


@pytest.fixture
def root(tmp_path):
    return new_shop(tmp_path / "shop", rows(60))


def kettles(first, count):
    return [
        Put(product(n, title=f"kettle number{n}", category="")) for n in range(first, first + count)
    ]


def test_two_servers_make_one_build_and_both_change_to_it(tmp_path):
    root = new_shop(tmp_path / "shop", rows(60), compact_at=5)
    with Shop(root) as one, Shop(root) as other:
        before = one.status().generation
        one.catalogue.bulk(kettles(100, 3))
        other.catalogue.bulk(kettles(200, 4))
        eventually(lambda: one.status().generation == other.status().generation != before)
        eventually(lambda: not one.status().jobs and not other.status().jobs)
        for shop in (one, other):
            assert shop.written == 0
            assert len(find(shop, "kettle")) == 7
            assert shop.status().message == "words alone: no encoder is set"
        assert len(versions(ShopFolder(root).artefacts, "index")) == 2


@pytest.mark.parametrize("damage", [b"", b"\0" * 700, b'{"format": 1}\n'])
def test_a_damaged_registry_is_named_and_a_build_begins_it_anew(root, damage, caplog):
    registry = ShopFolder(root).registry
    with Shop(root) as shop:
        generation = shop.status().generation
        registry.write_bytes(damage)
        eventually(lambda: f"shopkeeper build --shop {root}" in shop.status().message)
        assert (shop.status().generation, ask(shop, "tent").total) == (generation, 20)
        with pytest.raises(CorruptArtefact, match="begin anew: shopkeeper build --shop"):
            Shop(root)
        version = build_index(root)
        eventually(lambda: shop.status().generation == version)
        eventually(lambda: "registry" not in shop.status().message)
        assert ask(shop, "tent").total == 20
    assert registry.with_name("registry.json.damaged").read_bytes() == damage
    assert check_shop(root) == []


def test_an_index_without_products_is_refused_and_not_taken_for_an_empty_shop(root):
    folder = ShopFolder(root)
    for file in root.glob("products.db*"):
        file.unlink()
    for _ in range(2):  # the look has made no file that the next one would take for the products
        with pytest.raises(NotFound, match=r"no products\. Restore them from a copy, or ingest"):
            Shop(root)
    assert not folder.products.exists()
    take_in(root, rows(30))
    with Shop(root) as shop:
        assert len(find(shop, "tent")) == 10


def test_an_older_copy_of_the_products_gets_an_index_of_its_own(root, tmp_path):
    folder = ShopFolder(root)
    shutil.copy(folder.products, tmp_path / "older.db")
    with Shop(root) as shop:
        shop.catalogue.bulk(kettles(100, 9))
        build_index(root)
    shutil.copy(tmp_path / "older.db", folder.products)
    with Shop(root) as shop:
        assert (ask(shop, "kettle").total, ask(shop, "tent").total) == (0, 20)
        shop.catalogue.bulk(kettles(200, 3))
        assert len(find(shop, "kettle")) == 3


def test_rolling_back_under_load_shows_every_page_whole(root):
    first = Registry(ShopFolder(root)).live("index")
    second = build_index(root)
    pages, ends = [], threading.Event()
    with Shop(root) as shop:

        def search():
            while not ends.is_set():
                pages.append(ask(shop, "tent"))

        shoppers = [threading.Thread(target=search) for _ in range(2)]
        for shopper in shoppers:
            shopper.start()
        shop.catalogue.bulk(kettles(100, 3))
        for expected in (first, second, first):
            if expected == second:
                Registry(ShopFolder(root)).promote("index", second)
            else:
                assert roll_back(root, "index") == expected
            eventually(lambda expected=expected: shop.status().generation == expected)
            assert len(find(shop, "kettle")) == 3  # the products are never rolled back
            time.sleep(0.05)
        ends.set()
        for shopper in shoppers:
            shopper.join()
    assert {page.generation for page in pages} == {first, second}
    assert {(page.total, page.degraded) for page in pages} == {(20, ())}


def test_going_back_further_than_there_is_says_so(root, capsys, monkeypatch):
    with pytest.raises(InvalidRequest, match=r"nothing served before index@.*shopkeeper build"):
        roll_back(root, "index")
    monkeypatch.setattr("sys.argv", ["shopkeeper", "rollback", "dense", "--shop", str(root)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "no artefact 'dense'; expected index" in " ".join(capsys.readouterr().err.split())


def test_vectors_are_rolled_back_only_to_those_of_the_live_index(tmp_path, monkeypatch):
    root = new_shop(tmp_path / "shop", rows(30), encoder="default")
    of = encoder(16, "a")
    monkeypatch.setattr("shopkeeper.assemble.upkeep.open_encoder", lambda *_: of)
    with Shop(root) as shop:
        eventually(lambda: "dense" in shop.status().artefacts)
        first = shop.status().artefacts["dense"]
        shop.publish_dense(shop.serving, of, shop.serving.vectors)
        second = shop.status().artefacts["dense"]
        assert second != first
        assert roll_back(root, "dense") == first
        eventually(lambda: shop.status().artefacts.get("dense") == first)
        assert [r.state for r in ask(shop, "tent").stages if r.stage.endswith("dense")] == ["ok"]

        build_index(root)
        eventually(lambda: shop.status().artefacts.get("dense", first) not in (first, second))
        with pytest.raises(Refused, match=r"vectors of index@.*does not serve.*rollback index"):
            roll_back(root, "dense")


def test_the_command_says_what_serves_now(root):
    from shopkeeper.cli.app import app

    first = Registry(ShopFolder(root)).live("index")
    build_index(root)
    done = CliRunner().invoke(app, ["rollback", "index", "--shop", str(root)])
    assert (done.exit_code, f"index@{first} is live" in done.output) == (0, True)
