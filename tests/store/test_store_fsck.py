"""fsck finds what is wrong, says what to do, and changes nothing."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from shopkeeper.records import Event
from shopkeeper.records.ports import Put
from shopkeeper.store import (
    EVENTS,
    ArtefactWriter,
    Log,
    Registry,
    ShopFolder,
    Vectors,
    check_shop,
    text_key,
)
from shopkeeper.store.sqlite import SqliteProducts


@pytest.fixture
def shop(tmp_path, make_product):
    folder = ShopFolder(tmp_path)
    with SqliteProducts(folder.products) as products:
        products.write([Put(make_product(f"p{n}")) for n in range(50)])
    with ArtefactWriter(folder.artefacts, "index", config={}) as writer:
        (writer.folder / "data").write_bytes(b"x" * 100)
    Registry(folder).promote("index", writer.artefact.version)
    log = Log(folder.logs, EVENTS)
    for n in range(3):
        log.append(Event("click", n))
    log.close()
    Vectors(folder.vectors, "e", 5).put_many([text_key("a")], np.ones((1, 5), np.float32))
    return folder


def change(path, old: bytes, new: bytes) -> None:
    raw = path.read_bytes()
    assert old in raw
    path.write_bytes(raw.replace(old, new, 1))


def test_a_whole_shop_has_no_findings(shop):
    assert check_shop(shop.root) == []


def test_a_folder_that_is_no_shop(tmp_path):
    (finding,) = check_shop(tmp_path)
    assert (finding.severity, finding.what) == ("error", "there are no products")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("harm", "severity", "where", "what"),
    [
        (
            lambda shop: change(shop.products, b'"Tent"', b'"Tint"'),
            "error",
            "products.db",
            "differs from what was written",
        ),
        (
            lambda shop: shop.products.write_bytes(b"x" * 5000),
            "error",
            "products.db",
            "not a database",
        ),
        (
            lambda shop: change(next(shop.artefacts.glob("index/2*/data")), b"x", b"y"),
            "error",
            "data",
            "the bytes differ",
        ),
        (
            lambda shop: change(shop.registry, b'"live"', b'"life"'),
            "error",
            "registry.json",
            "differs from what was written",
        ),
        (
            lambda shop: shutil.rmtree(next(shop.artefacts.glob("index/2*"))),
            "error",
            "registry.json: index",
            "is live, and is not on the disk",
        ),
        (
            lambda shop: change(next(shop.logs.iterdir()), b'"click"', b"click"),
            "error",
            "events-",
            "not a row of the log",
        ),
        (
            lambda shop: change(shop.vectors / "e" / "rows.f32", b"\x80", b"\x81"),
            "warning",
            "vectors/e",
            "1 vectors have changed",
        ),
        (
            lambda shop: (shop.artefacts / "index" / ".0123").mkdir(),
            "warning",
            ".0123",
            "its writer has died",
        ),
    ],
)
def test_each_harm_is_found(shop, harm, severity, where, what):
    harm(shop)
    (finding,) = check_shop(shop.root)
    assert finding.severity == severity
    assert where in finding.where
    assert what in finding.what
    assert finding.hint


def test_a_log_that_a_crash_cut_is_whole(shop):
    path = next(shop.logs.iterdir())
    path.write_bytes(path.read_bytes()[:-5])
    assert check_shop(shop.root) == []
