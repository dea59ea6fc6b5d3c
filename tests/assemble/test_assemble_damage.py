"""A single wrong bit in any file of an artefact is found before it is served."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from assemble.shops import ask, eventually, new_shop, rows
from shopkeeper.assemble.build import build_index
from shopkeeper.assemble.encoding import publish_dense
from shopkeeper.assemble.serving import open_serving
from shopkeeper.assemble.settings import load_settings
from shopkeeper.assemble.shop import Shop
from shopkeeper.index.dense import DenseConfig, DenseIndex
from shopkeeper.online.nothing import OnePlaceEncode
from shopkeeper.records import CorruptArtefact
from shopkeeper.stages.retrieve import Encoder
from shopkeeper.store import Registry, ShopFolder, Vectors, check_shop
from shopkeeper.store.sqlite import SqliteProducts

ENCODER = Encoder("of a test", 7, "f" * 64, OnePlaceEncode(), OnePlaceEncode(), OnePlaceEncode())


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A shop with an index and vectors."""
    root = new_shop(tmp_path_factory.mktemp("damage") / "shop", rows(60))
    random_vectors = np.random.default_rng(0).normal(size=(60, 7)).astype(np.float32)
    random_vectors /= np.linalg.norm(random_vectors, axis=1, keepdims=True)
    dense = DenseIndex.build(random_vectors, np.arange(60), DenseConfig())
    publish_dense(root, dense, live_folder(root, "index").name, ENCODER.fingerprint)
    return root


def live_folder(root: Path, name: str) -> Path:
    version = Registry(ShopFolder(root)).live(name)
    return ShopFolder(root).artefacts / name / version


def flip_a_bit(path: Path, chance: random.Random) -> bytes:
    """Flip it in place; what the file was."""
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
    path.write_bytes(damaged)
    return whole


def files_of(root: Path, name: str) -> list[Path]:
    files = [path for path in live_folder(root, name).rglob("*") if path.is_file()]
    assert len(files) > 2
    return [path for path in files if path.stat().st_size]


def errors(root: Path) -> list[str]:
    return [f"{f.where} {f.hint}" for f in check_shop(root) if f.severity == "error"]


def test_the_index_is_not_opened_with_a_wrong_bit_anywhere(root):
    chance = random.Random(1)
    assert errors(root) == []
    for path in files_of(root, "index"):
        whole = flip_a_bit(path, chance)
        with pytest.raises(CorruptArtefact, match=r"[Rr]oll back|[Rr]estore") as raised:
            Shop(root)
        assert str(path) in str(raised.value)
        [found] = errors(root)
        assert str(path) in found
        path.write_bytes(whole)
    with Shop(root) as shop:
        assert ask(shop, "tent").total == 20


def test_vectors_with_a_wrong_bit_are_not_served(root):
    chance, settings = random.Random(2), load_settings(root)
    products = SqliteProducts(ShopFolder(root).products)
    vectors = Vectors(ShopFolder(root).vectors, ENCODER.fingerprint, ENCODER.dimension)

    def dense_version() -> str | None:
        return open_serving(root, settings, products, ENCODER, vectors).dense_version

    assert dense_version() == live_folder(root, "dense").name
    for path in files_of(root, "dense"):
        whole = flip_a_bit(path, chance)
        assert dense_version() is None
        [found] = errors(root)
        assert str(path) in found
        path.write_bytes(whole)
    assert dense_version() is not None
    products.close()


def test_a_serving_shop_goes_on_and_says_what_is_wrong_with_the_next_generation(tmp_path):
    root = new_shop(tmp_path / "shop", rows(60))
    with Shop(root) as shop:
        before = shop.status()
        with shop._changing:  # the keeper looks after the damage is done
            build_index(root)
            damaged = live_folder(root, "index") / "text_keys.npy"
            whole = flip_a_bit(damaged, random.Random(3))
        eventually(lambda: str(damaged) in shop.status().message)
        assert shop.status().generation == before.generation
        assert ask(shop, "tent").total == 20
        shop.catalogue.delete("p0")  # a red tent
        assert ask(shop, "tent").total == 19

        damaged.write_bytes(whole)
        version = build_index(root)
        eventually(lambda: shop.status().generation == version)
        eventually(lambda: shop.status().message == before.message)
        assert ask(shop, "tent").total == 19


def test_a_damaged_registry_is_named_and_survived(tmp_path):
    root = new_shop(tmp_path / "shop", rows(60))
    with Shop(root) as shop:
        flip_a_bit(ShopFolder(root).registry, random.Random(4))
        eventually(lambda: "registry" in shop.status().message)
        assert ask(shop, "tent").total == 20
    with pytest.raises(CorruptArtefact, match="registry"):
        Shop(root)
    assert "registry" in errors(root)[0]
