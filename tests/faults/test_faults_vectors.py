"""Whatever becomes of encoder and vectors, the words serve and writes are taken."""

from __future__ import annotations

import random
import shutil
from contextlib import contextmanager

import numpy as np
import pytest

from assemble.shops import ask, eventually, find, new_shop, product, rows
from faults.encoders import Hashed, encoder
from shopkeeper.assemble.shop import Shop
from shopkeeper.store import ShopFolder, check_shop

PRODUCTS = 30


@pytest.fixture
def root(tmp_path):
    return new_shop(tmp_path / "shop", rows(PRODUCTS), encoder="default")


@pytest.fixture
def opened(root, monkeypatch):
    """Opens the shop with the encoder of a dimension and a letter, and waits for its vectors."""

    @contextmanager
    def with_encoder(of, is_whole=True):
        monkeypatch.setattr("shopkeeper.assemble.upkeep.open_encoder", lambda *_: of)
        with Shop(root) as shop:
            assert len(find(shop, "tent")) == 10  # from the first moment
            if is_whole:
                eventually(lambda: encoded(shop) == PRODUCTS and not shop.status().jobs)
                eventually(lambda: "dense" in shop.status().artefacts)
            yield shop

    return with_encoder


def encoded(shop):
    return shop.serving.live.snapshot.encoded


def dense_state(shop):
    [state] = [r.state for r in ask(shop, "tent").stages if r.stage.endswith("dense")]
    return state


def test_another_encoder_makes_its_own_vectors(opened):
    with opened(encoder(16, "a")) as shop:
        first = shop.status().artefacts["dense"]
        assert dense_state(shop) == "ok"
    with opened(encoder(5, "b")) as shop:
        assert shop.status().artefacts["dense"] != first
        assert shop.status().artefacts["encoder"].startswith("b")
        assert dense_state(shop) == "ok"
    with opened(encoder(16, "a")) as shop:  # back: its vectors are still there
        assert dense_state(shop) == "ok"


def test_another_dimension_under_the_same_fingerprint_is_refused_and_the_words_serve(opened):
    with opened(encoder(16, "a")):
        pass
    with opened(encoder(5, "a"), is_whole=False) as shop:
        eventually(lambda: "words alone: " in shop.status().message)
        assert "vectors of 16 numbers; expected 5" in shop.status().message
        assert "another fingerprint" in shop.status().message
        assert len(find(shop, "tent")) == 10


def test_an_encoder_that_changes_its_dimension_under_way_costs_its_leg_alone(opened):
    hashed = Hashed(16)
    with opened(encoder(16, "a", hashed)) as shop:
        hashed.dimension = 5
        answer = ask(shop, "boot")
        assert {hit.product.id for hit in answer.hits} >= {f"p{n}" for n in range(1, 30, 3)}
        assert answer.degraded == ("retrieve.dense",)
        shop.catalogue.put(product(100, title="orange kettle"))
        assert "p100" in {hit.product.id for hit in ask(shop, "kettle").hits}
        hashed.dimension = 16
        eventually(lambda: ask(shop, "boot").degraded == (), 30.0)


def test_wrong_bytes_in_the_cache_are_made_again(opened, root):
    with opened(encoder(16, "a")):
        pass
    (home,) = ShopFolder(root).vectors.iterdir()
    chance = random.Random(5)
    damaged = bytearray((home / "rows.f32").read_bytes())
    for _ in range(40):
        damaged[chance.randrange(len(damaged))] ^= 0x10
    (home / "rows.f32").write_bytes(damaged)
    (home / "about.json").write_bytes(b'{"dim')
    assert {f.severity for f in check_shop(root)} == {"warning"}
    shutil.rmtree(ShopFolder(root).artefacts / "dense")
    (ShopFolder(root).artefacts / "dense").mkdir()
    with opened(encoder(16, "a")) as shop:
        snapshot = shop.serving.live.snapshot
        index = snapshot.views[0].dense
        np.testing.assert_allclose(np.linalg.norm(index.vectors, axis=1), 1, atol=1e-4)
        assert dense_state(shop) == "ok"


def test_writes_are_taken_though_the_cache_is_gone(opened, root):
    with opened(encoder(16, "a")) as shop:
        shutil.rmtree(ShopFolder(root).vectors)
        written = shop.catalogue.put(product(100, title="orange kettle"))
        assert written.accepted == 1
        assert "p100" in {hit.product.id for hit in ask(shop, "kettle").hits}
