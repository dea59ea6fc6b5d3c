"""The dense leg joins a shop that already serves by words, and follows what is written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assemble.shops import ask, eventually, find, new_shop, product, rows, take_in
from contracts.real_stages import tiny_home
from shopkeeper.assemble.shop import Shop
from shopkeeper.records import SearchResponse
from shopkeeper.store import Registry, ShopFolder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    tiny = tiny_home()
    shutil.copytree(tiny / "encoders", tmp_path / "shop" / "encoders")
    return new_shop(tmp_path / "shop", rows(40), encoder=str(tiny / "checkpoint"))


def dense(response: SearchResponse) -> tuple[str, str]:
    [(state, reason)] = [(r.state, r.reason) for r in response.stages if r.stage.endswith("dense")]
    return state, reason


def is_whole(shop: Shop) -> bool:
    """Every product, the newest included, is compared by its meaning."""
    status = shop.status()
    snapshot = shop.serving.live.snapshot
    return "dense" in status.artefacts and not status.jobs and snapshot.encoded == snapshot.products


def test_meaning_joins_while_words_serve(root):
    with Shop(root) as shop:
        assert ask(shop, "red tent").total > 0  # at once, whatever the encoder does
        eventually(lambda: is_whole(shop))
        found = ask(shop, "red tent")
        assert dense(found) == ("ok", "")
        assert {part.name for hit in found.hits for part in hit.parts} >= {"lexical", "dense"}
        assert all(hit.score == sum(part.value for part in hit.parts) for hit in found.hits)
        assert {"index", "dense", "encoder"} == found.artefacts.keys()

        shop.catalogue.put(product(1, id="late", title="waterproof lamp for two people"))
        assert find(shop, "waterproof") >= {"late"}
        eventually(lambda: is_whole(shop))
        [late] = [hit for hit in ask(shop, "waterproof lamp").hits if hit.product.id == "late"]
        assert "dense" in {part.name for part in late.parts}

        first = shop.status().artefacts["dense"]
        take_in(root, rows(43))
        eventually(lambda: shop.status().artefacts.get("dense") not in (None, first))
        eventually(lambda: is_whole(shop))
        assert shop.status().products == 43
        expected = ask(shop, "red tent").hits
    with Shop(root, is_serving=False) as shop:  # what is known already is used
        found = ask(shop, "red tent")
        assert dense(found) == ("ok", "")
        assert [(h.product.id, h.score) for h in found.hits] == [
            (h.product.id, h.score) for h in expected
        ]


def test_damaged_vectors_are_made_again(root):
    with Shop(root) as shop:
        eventually(lambda: is_whole(shop))
    version = Registry(ShopFolder(root)).live("dense")
    damaged = ShopFolder(root).artefacts / "dense" / version / "vectors.npy"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\x55")
    with Shop(root) as shop:
        eventually(lambda: is_whole(shop))
        assert shop.status().artefacts["dense"] > version
        assert dense(ask(shop, "red tent")) == ("ok", "")


@pytest.mark.parametrize(
    ("spec", "said"),
    [("./no/such/folder", "no such folder"), ("checkpoint", "modules.json")],
)
def test_without_its_encoder_a_shop_serves_words_and_says_so(tmp_path, monkeypatch, spec, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkpoint").mkdir()
    root = new_shop(tmp_path / "shop", rows(40), encoder=spec)
    with Shop(root) as shop:
        eventually(lambda: shop.status().message)
        assert shop.status().message.startswith("words alone: ")
        assert said in shop.status().message
        assert shop.status().jobs == ()
        found = ask(shop, "red tent")
        assert dense(found) == ("off", "no encoder")
        assert found.total > 0
