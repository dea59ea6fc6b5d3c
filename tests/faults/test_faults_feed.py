"""A corrupt feed changes nothing, and its message says what is wrong with it and what to do."""

from __future__ import annotations

import gzip
import json
import random
import re
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from assemble.shops import find, new_shop, rows
from shopkeeper.assemble.ingest import ingest
from shopkeeper.assemble.shop import Shop
from shopkeeper.cli.app import app
from shopkeeper.records import InvalidRecord, Refused
from shopkeeper.store import ShopFolder
from shopkeeper.store.sqlite import SqliteProducts

GOOD = "".join(json.dumps(r) + "\n" for r in rows(60)).encode()
PACKED = gzip.compress(GOOD)
CHEAP = "".join(
    json.dumps(r if n % 10 == 0 else {**r, "price": "cheap"}) + "\n" for n, r in enumerate(rows(60))
).encode()

CORRUPT = {
    "a gzip that breaks off": (PACKED[: len(PACKED) // 2], r"breaks off or is damaged.*Copy it"),
    "a gzip with wrong bytes": (PACKED[:200] + bytes(9) + PACKED[209:], r"damaged.*Copy it"),
    "garbage": (random.Random(0).randbytes(5000), r"is binary; expected text"),
    "zeros": (bytes(5000), r"is binary; expected text"),
    "nothing": (b"", r"is empty; expected at least one product"),
    "half of it, to the middle of a letter": (
        GOOD[: len(GOOD) // 2] + "é".encode()[:1],
        r"would vanish; 1 of its 31 rows were rejected.*whole",
    ),
    "other columns": (b"nummer;bezeichnung\n1;Zelt\n2;Topf\n", r"a format that nobody knows.*id"),
    "nine rejects of ten": (
        CHEAP,
        r"54 of the shop's 60 .* would vanish; 54 of its 60 rows .* mostly for their price \(.*rej",
    ),
    "no products": (b'{"a": 1}\n' * 40, r"none of 40 rows is a product"),
    "a page that says the login ran out": (
        b"<!DOCTYPE html><html>log in</html>",
        r"no product in the feed",
    ),
}


@pytest.mark.parametrize("name", CORRUPT)
def test_a_corrupt_feed_changes_nothing_and_says_what_to_do(tmp_path, name):
    root = new_shop(tmp_path / "shop", rows(60))
    content, message = CORRUPT[name]
    (tmp_path / "feed").write_bytes(content)
    with (
        SqliteProducts(ShopFolder(root).products) as products,
        Shop(root, is_serving=False) as shop,
    ):
        before, generation = list(products.all()), shop.status().generation
        with pytest.raises((InvalidRecord, Refused)) as raised:
            ingest(root, tmp_path / "feed")
        assert re.search(message, str(raised.value)), raised.value
        shop.follow_registry()
        assert list(products.all()) == before
        assert shop.status().generation == generation
        assert len(find(shop, "tent")) == 20


def taken_in(feed: Path) -> Result:
    """By the command line, into a shop beside the feed."""
    shop = str(feed.with_name("s"))
    return CliRunner().invoke(app, ["ingest", str(feed), "--shop", shop, "--encoder", "none"])


def test_a_first_feed_of_which_most_is_rejected_is_taken_with_a_warning(tmp_path):
    (tmp_path / "feed.jsonl").write_bytes(CHEAP)
    done = taken_in(tmp_path / "feed.jsonl")
    assert done.exit_code == 0, done.output
    assert "by field: price 54" in done.output
    assert "WARNING: most of the feed was rejected" in done.output


def test_a_first_feed_that_fails_leaves_no_shop_behind_and_the_whole_one_makes_it(tmp_path):
    feed = tmp_path / "feed.gz"
    feed.write_bytes(PACKED[:300])
    assert taken_in(feed).exit_code == 1
    assert not (tmp_path / "s" / "shop.toml").exists()
    feed.write_bytes(PACKED)
    assert taken_in(feed).exit_code == 0
    with Shop(tmp_path / "s", is_serving=False) as shop:
        assert len(find(shop, "tent")) == 20
