"""Several processes keep one shop fresh, and each piece of work is done once.

Locks of files hold between two shops of one process as they do between processes.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assemble.shops import ask, eventually, find, new_shop, product, rows
from contracts.real_stages import tiny_home
from shopkeeper.assemble import upkeep
from shopkeeper.assemble.shop import Shop
from shopkeeper.records.ports import Encode
from shopkeeper.stages.retrieve import Encoder
from shopkeeper.store import ShopFolder


class Counting:
    """Notes every text that is encoded."""

    def __init__(self, inner: Encode, texts: list[str]) -> None:
        self.inner, self.texts = inner, texts

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += texts
        return self.inner.encode(texts)


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The products' texts that any shop has encoded."""
    texts: list[str] = []
    real = upkeep.open_encoder

    def counting(*arguments: object) -> Encoder:
        encoder = real(*arguments)  # type: ignore[arg-type]
        return replace(encoder, products=Counting(encoder.products, texts))

    monkeypatch.setattr(upkeep, "open_encoder", counting)
    return texts


def is_whole(shop: Shop) -> bool:
    status, snapshot = shop.status(), shop.serving.live.snapshot
    return "dense" in status.artefacts and not status.jobs and snapshot.encoded == snapshot.products


def artefacts(root: Path, name: str) -> int:
    return len(list((ShopFolder(root).artefacts / name).glob("2*")))


def test_every_product_is_encoded_once_and_all_have_its_vector(tmp_path: Path, encoded) -> None:
    tiny = tiny_home()
    shutil.copytree(tiny / "encoders", tmp_path / "shop" / "encoders")
    root = new_shop(tmp_path / "shop", rows(41), encoder=str(tiny / "checkpoint"))
    with Shop(root) as one, Shop(root) as two, Shop(root) as three:
        shops = (one, two, three)
        for shop in shops:
            eventually(lambda shop=shop: is_whole(shop), 60)
        assert len(encoded) == len(set(encoded)) == 41
        assert artefacts(root, "dense") == 1
        two.catalogue.put(product(50, title="a sackbut for two"))
        for shop in shops:
            eventually(lambda shop=shop: "p50" in find(shop, "sackbut") and is_whole(shop), 60)
        assert len(encoded) == len(set(encoded)) == 42
        pages = [[(hit.product.id, hit.score) for hit in ask(s, "red sackbut").hits] for s in shops]
        assert pages[0] == pages[1] == pages[2] != []


def test_the_next_base_is_built_once_and_all_serve_it(tmp_path: Path) -> None:
    root = new_shop(tmp_path / "shop", rows(41), compact_at=10)
    with Shop(root) as one, Shop(root) as two:
        first = one.status().generation
        for number in range(100, 113):
            (one if number % 2 else two).catalogue.put(product(number))
        for shop in (one, two):
            eventually(lambda shop=shop: shop.status().generation != first, 60)
            eventually(lambda shop=shop: not shop.status().jobs, 60)
        assert one.status().generation == two.status().generation
        assert (one.written, two.written) == (0, 0)
        assert artefacts(root, "index") == 2
        assert one.status().products == two.status().products == 54
