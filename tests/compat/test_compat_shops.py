"""What an earlier Shopkeeper wrote opens; what a later one wrote is refused, with what to do."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from assemble.shops import ask, find, new_shop, product, rows
from compat.write_old_shops import HERE, WRITTEN_AT
from shopkeeper.assemble.build import build_index
from shopkeeper.assemble.serving import open_serving, roll_back
from shopkeeper.assemble.settings import load_settings
from shopkeeper.assemble.shop import Shop
from shopkeeper.index.generation import FORMAT
from shopkeeper.online.nothing import OnePlaceEncode
from shopkeeper.records import Refused
from shopkeeper.stages.retrieve import Encoder
from shopkeeper.store import (
    EVENTS,
    SERVE_LOG,
    ArtefactWriter,
    Registry,
    ShopFolder,
    Vectors,
    check_shop,
    open_artefact,
    read_log,
)
from shopkeeper.store.sealed import seal, unseal
from shopkeeper.store.sqlite import SqliteKeyValue

ENCODE = OnePlaceEncode()
ENCODER = Encoder("of an old shop", 7, "f" * 64, ENCODE, ENCODE, ENCODE)


@pytest.fixture(params=WRITTEN_AT)
def old(request, tmp_path) -> Path:
    """The folder of an old shop, unpacked."""
    shutil.unpack_archive(HERE / f"{request.param}.tar.gz", tmp_path)
    return tmp_path / request.param


def has_rules(root: Path) -> bool:
    return ShopFolder(root).rules.exists()


def test_every_format_there_was_has_a_shop():
    formats = set()
    for name in WRITTEN_AT:
        with tarfile.open(HERE / f"{name}.tar.gz") as packed:
            (manifest,) = (
                m for m in packed.getnames() if "/index/" in m and m.endswith("/manifest.json")
            )
            formats.add(json.load(packed.extractfile(manifest))["config"]["format"])
    assert formats >= {*range(1, FORMAT)}, "the last format but one needs a shop in WRITTEN_AT"


def test_an_old_shop_opens_and_finds_its_products(old):
    assert [f for f in check_shop(old) if f.severity == "error"] == []
    tents = ["p1", "p2", "p3"] if has_rules(old) else ["p1", "p2", "p3", "p4"]
    with Shop(old) as shop:
        assert find(shop, "tent") == set(tents)  # p4 was recalled, p5 is gone
        assert find(shop, "kettle number6") == {"p6"}  # written when the index was there already
        assert find(shop, "", "price:1234..1234") == {"p2"}
        assert find(shop, "tent", "brand:Acme", "colour:red", "weight (kg):2..3") == set(tents)
        if has_rules(old):
            assert ask(shop, "tent").hits[0].product.id == "p3"  # pinned
        shop.catalogue.put(product(100, title="orange kettle"))
        assert find(shop, "kettle") == {"p6", "p100"}
    assert [f for f in check_shop(old) if f.severity == "error"] == []


def test_old_logs_values_and_vectors_are_read(old):
    folder = ShopFolder(old)
    (event,) = read_log(folder.logs, EVENTS)
    assert (event.action, event.product_id, event.position) == ("click", "p1", 0)
    (shown,) = read_log(folder.logs, SERVE_LOG)
    assert (shown.query_text, shown.domain, shown.candidates[0].scores) == (
        "tent", "search", {"lexical": 0.5},
    )  # fmt: skip
    values = SqliteKeyValue(folder.keyvalue, "old")
    assert values.get_many(["greeting"]) == {"greeting": b"hello"}
    values.close()
    live = open_artefact(folder.artefacts / "index" / Registry(folder).live("index"))
    keys = [row.tobytes() for row in np.load(live.file("text_keys.npy"))]
    found, matrix = Vectors(folder.vectors, "f" * 64, 7).get_many(keys)
    assert found.all()
    np.testing.assert_array_equal(matrix, np.eye(7, dtype=np.float32)[:5])


def test_old_vectors_serve_an_index_that_is_still_read_and_join_a_new_one(old):
    folder = ShopFolder(old)
    vectors = Vectors(folder.vectors, ENCODER.fingerprint, ENCODER.dimension)
    live = open_artefact(folder.artefacts / "index" / Registry(folder).live("index"))
    is_read = live.config["format"] == FORMAT
    # Builds the index anew, unless this version reads it.
    with Shop(old, is_serving=False) as shop:
        serving = open_serving(old, load_settings(old), shop.products, ENCODER, vectors)
    assert (serving.dense_version is not None) == is_read
    assert serving.live.snapshot.encoded == (5 if is_read else 4)


def test_an_index_that_no_server_reads_is_not_rolled_back_to(old):
    before = Registry(ShopFolder(old)).live("index")
    config = open_artefact(ShopFolder(old).artefacts / "index" / before).config
    live = build_index(old)
    if config["format"] == FORMAT:
        assert roll_back(old, "index") == before
    else:
        with pytest.raises(Refused, match=f"{before}: built in another format.*shopkeeper build"):
            roll_back(old, "index")
        assert Registry(ShopFolder(old)).live("index") == live


# --- a newer one ---------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path):
    return new_shop(tmp_path / "shop", rows(30))


def test_a_newer_database_is_refused(root):
    with closing(sqlite3.connect(ShopFolder(root).products)) as connection:
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(Refused, match=r"products.db: format 2 of a newer.*1\. Update Shopkeeper"):
        Shop(root)


def test_a_newer_registry_is_refused(root):
    path = ShopFolder(root).registry
    seal(path, {**unseal(path, 1), "format": 2})
    with pytest.raises(Refused, match=r"registry.json: format 2 of a newer.*Update Shopkeeper"):
        Shop(root)


def test_a_newer_manifest_is_refused(root):
    folder = ShopFolder(root)
    path = folder.artefacts / "index" / Registry(folder).live("index") / "manifest.json"
    seal(path, {**unseal(path, 1), "format": 2})
    with pytest.raises(Refused, match=r"manifest.json: format 2 of a newer.*Update Shopkeeper"):
        Shop(root)


def test_a_newer_index_is_neither_served_nor_overwritten_but_on_demand(root):
    folder = ShopFolder(root)
    live = open_artefact(folder.artefacts / "index" / Registry(folder).live("index"))
    with Shop(root, is_serving=False) as shop:
        newer_config = {**live.config, "format": FORMAT + 1}
        with ArtefactWriter(folder.artefacts, "index", config=newer_config) as writer:
            pass
        newer = Registry(folder).promote("index", writer.artefact.version).live
        with pytest.raises(Refused, match=f"format {FORMAT + 1} of a newer"):
            Shop(root)
        with pytest.raises(Refused, match=f"index@{newer}.*Update.*shopkeeper build --shop"):
            shop.follow_registry()
        assert len(find(shop, "tent")) == 10  # what served goes on
        assert Registry(folder).live("index") == newer
        build_index(root)
    with Shop(root, is_serving=False) as shop:
        assert len(find(shop, "tent")) == 10


def test_newer_vectors_are_refused_and_the_words_serve(root):
    vectors = ShopFolder(root).vectors
    Vectors(vectors, "f" * 64, 7)
    seal(vectors / ("f" * 64) / "about.json", {"format": 2, "dimension": 7})
    with pytest.raises(Refused, match=r"about.json: format 2 of a newer.*Update Shopkeeper"):
        Vectors(vectors, "f" * 64, 7)


def test_newer_lines_of_a_log_are_named_and_keep_no_index_from_being_built(root, caplog):
    line = ShopFolder(root).logs / "serve-2026-11-20-000001.jsonl"
    line.parent.mkdir(exist_ok=True)
    line.write_text('{"format": 2, "words": "tent"}\nno JSON at all\n')
    with pytest.raises(Refused, match=r"serve-.*:1: a log line of a newer.*Update Shopkeeper"):
        list(read_log(line.parent, SERVE_LOG))
    version = build_index(root)
    assert "2 lines of the logs are left out" in caplog.text
    with Shop(root, is_serving=False) as shop:
        assert shop.status().generation == version


def test_newer_rules_are_refused(root):
    ShopFolder(root).rules.write_text('{"format": 2, "revision": 0, "rules": []}')
    with pytest.raises(Refused, match=r"rules.json: format 2; expected 1. Update Shopkeeper"):
        Shop(root)
