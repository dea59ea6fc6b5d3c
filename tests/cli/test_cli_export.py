"""Exports as commands: whole files, streams, and what comes back when they are taken in again."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from assemble.shops import rows, write_feed
from shopkeeper.records import Product
from shopkeeper.store import ShopFolder
from shopkeeper.store.sqlite import SqliteProducts


def kept(root: Path) -> dict[str, Product]:
    with SqliteProducts(ShopFolder(root).products) as products:
        return {product.id: product for product in products.all()}


def test_canonical_lines_are_taken_back_as_they_were(root, run, tmp_path):
    out = tmp_path / "all.jsonl.gz"
    code, data, err = run("export", "jsonl", "--shop", root, "--out", out)
    assert (code, data) == (0, "")
    assert "60 products" in err
    assert run("ingest", out, "--shop", tmp_path / "other", "--encoder", "none")[0] == 0
    assert kept(tmp_path / "other") == kept(root)
    assert len(kept(root)) == 60
    code, data, _ = run("export", "jsonl", "--shop", root)
    assert data == gzip.decompress(out.read_bytes()).decode()


@pytest.mark.parametrize("kind", ["tsv", "xml"])
def test_a_merchant_feed_is_taken_back(root, run, tmp_path, kind):
    out = tmp_path / "feed"
    code, data, err = run("export", "merchant", "--shop", root, "--out", out, "--format", kind)
    assert (code, data) == (0, "")
    assert "60 products, 60 items" in err
    assert "60 items without link, which Google asks for" in err
    assert run("ingest", out, "--shop", tmp_path / "other", "--encoder", "none")[0] == 0
    theirs, ours = kept(tmp_path / "other"), kept(root)
    assert theirs.keys() == ours.keys()
    for id, product in ours.items():
        assert (theirs[id].title, theirs[id].brand) == (product.title, product.brand)
        assert [(v.sku, v.price, v.stock) for v in theirs[id].variants] == [
            (v.sku, v.price, v.stock) for v in product.variants
        ]
        assert theirs[id].attributes["color"] == product.attributes["colour"]


def test_a_merchant_feed_on_stdout_is_only_the_feed(root, run):
    code, out, _ = run("export", "merchant", "--shop", root)
    header, *lines = out.splitlines()
    assert code == 0
    assert header.startswith("id\titem_group_id\ttitle\t")
    assert len(lines) == 60


def test_a_file_is_replaced_only_by_a_whole_one(root, run, tmp_path, monkeypatch):
    out = tmp_path / "feed.jsonl"
    out.write_text("the one before")

    def broken(self):
        yield Product.from_dict({"id": "a", "title": "A"})
        raise OSError("the disk is gone")

    monkeypatch.setattr(SqliteProducts, "all", broken)
    with pytest.raises(OSError, match="the disk is gone"):
        run("export", "jsonl", "--shop", root, "--out", out)
    assert out.read_text() == "the one before"
    assert [path.name for path in tmp_path.glob("*feed.jsonl*")] == ["feed.jsonl"]


@pytest.mark.parametrize("kind", ["merchant", "jsonl"])
def test_no_shop_no_file(run, tmp_path, kind):
    out = tmp_path / "out"
    code, data, err = run("export", kind, "--shop", tmp_path / "nowhere", "--out", out)
    assert (code, data) == (1, "")
    assert "no shop here" in err
    assert not out.exists()
    assert not (tmp_path / "nowhere").exists()


def test_where_nothing_can_be_written_it_says_so(root, run, tmp_path):
    code, _, err = run("export", "jsonl", "--shop", root, "--out", tmp_path / "no" / "file")
    assert code == 1
    assert "cannot write there: No such file or directory" in err


def test_a_reader_that_has_enough_is_no_error(tmp_path, run):
    """More than a pipe holds, into a head of one line."""
    many = write_feed(tmp_path / "goods.jsonl", rows(1_500))
    run("ingest", many, "--shop", tmp_path / "mine", "--encoder", "none")
    command = [sys.executable, "-c", "from shopkeeper.cli import main; main()"]
    with subprocess.Popen(
        [*command, "export", "jsonl", "--shop", str(tmp_path / "mine")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        assert json.loads(process.stdout.readline())["id"] == "p0"
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
