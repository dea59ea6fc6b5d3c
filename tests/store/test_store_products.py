"""The truth: what is written is read, in every thread and process, and numbered in order."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from dataclasses import replace

import pytest

from shopkeeper.records import (
    CorruptArtefact,
    Money,
    Product,
    Refused,
    ShopkeeperError,
    Variant,
)
from shopkeeper.records.ports import Delete, Patch, Put, ReadProducts
from shopkeeper.store import Products


@pytest.fixture
def products(tmp_path):
    with Products(tmp_path / "products.db", cached=7) as opened:
        yield opened


def test_a_product_comes_back_as_it_went_in(products, make_product):
    product = make_product("p1")
    bare = Product(id="零", title={"zh": "x"}, variants=(Variant("s"),))
    written = products.write([Put(product), Put(bare)])
    assert (written.seq, written.accepted, written.refused) == (2, 2, ())
    assert products.read(["零", "nobody", "p1"]) == {"零": bare, "p1": product}
    assert list(products.all()) == [product, bare]
    assert list(products.read(["p1"])["p1"].title) == ["en", "zh-Hans"], "the shop's own order"
    assert isinstance(products, ReadProducts)


def test_a_patch_changes_what_it_names(products, make_product):
    product = make_product("p1", cents=1000, stock=5)
    products.write([Put(product)])
    products.write([Patch("p1", sku="p1-l", price=Money(900, "USD"), stock=3)])
    products.write([Patch("p1", popularity=2.0), Patch("p1", stock=1)])
    small, large = product.variants
    assert products.read(["p1"])["p1"] == replace(
        product,
        popularity=2.0,
        variants=(replace(small, stock=1), replace(large, price=Money(900, "USD"), stock=1)),
    )


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (Patch("nobody", stock=1), "no such product"),
        (Patch("gone", stock=1), "no such product"),
        (Patch("p1", sku="nobody", stock=1), "no sku 'nobody'"),
        (Patch("p1", stock=-1), "stock -1"),
        (Patch("p1", stock=2**31), "stock 2147483648"),
        (Patch("p1", popularity=float("nan")), "popularity nan"),
        (Patch("p1", popularity=-0.1), "popularity -0.1"),
        (Patch("p1", sku="p1-l", price=Money(5, "EUR")), "price in EUR"),
        (Put(Product(id="\ud800", title={"en": "x"}, variants=(Variant("s"),))), "UTF-8"),
        (Patch("p1\x00", stock=1), "no such product"),
        (Patch("\ud800", stock=1), "no such product"),
    ],
)
def test_what_cannot_be_is_refused_and_the_rest_is_written(products, make_product, write, reason):
    products.write([Put(make_product("p1")), Put(make_product("gone")), Delete("gone")])
    seq = products.seq
    written = products.write([Put(make_product("before")), write, Put(make_product("after"))])
    assert (written.seq, written.accepted) == (seq + 2, 2)
    ((index, why),) = written.refused
    assert index == 1
    assert reason in why
    assert products.read(["p1"])["p1"] == make_product("p1")
    assert products.count == 3


def test_within_a_batch_the_order_counts(products, make_product):
    written = products.write(
        [
            Patch("p1", stock=1),  # too early
            Put(make_product("p1")),
            Patch("p1", stock=2),
            Put(make_product("p2")),
            Delete("p2"),
            Patch("p2", stock=3),  # too late
            Delete("never was"),
        ]
    )
    assert [index for index, _ in written.refused] == [0, 5]
    assert (written.seq, written.accepted) == (1, 5)
    assert products.read(["p1"])["p1"].variants[1].stock == 2
    assert products.count == 1


def test_a_put_that_changes_nothing_takes_no_number(products, make_product):
    product = make_product("p1")
    products.write([Put(product)])
    reordered = replace(product, title=dict(reversed(product.title.items())))
    assert products.write([Put(reordered), Delete("p1"), Put(product)]).seq == 1
    assert products.write([Put(replace(product, popularity=9.0))]).seq == 2
    (change,) = products.since(1)
    assert change.volatile_only


def test_since_gives_each_product_once_as_it_is_now(products, make_product):
    products.write([Put(make_product(name)) for name in ("a", "b", "c")])  # 1, 2, 3
    products.write([Patch("a", stock=9), Delete("b")])  # 4, 5
    # The body of a came with 1, so that is its place; b is a tombstone at 5.
    assert [(c.seq, c.product_id, c.volatile_only) for c in products.since(0)] == [
        (1, "a", False),
        (3, "c", False),
        (5, "b", False),
    ]
    by_id = {c.product_id: c.product for c in products.since(0)}
    assert by_id["b"] is None
    assert by_id["a"].variants[0].stock == 9
    assert products.count_since(0) == 3
    assert [(c.seq, c.product_id, c.volatile_only) for c in products.since(3)] == [
        (4, "a", True),
        (5, "b", False),
    ]
    assert [c.seq for c in products.since(3, limit=1)] == [4]
    assert products.count_since(3) == 2
    assert list(products.since(5)) == []


def test_a_reader_that_stops_between_put_and_patch_still_hears_of_the_body(products, make_product):
    products.write([Put(make_product("a"))])
    products.write([Put(make_product("b"))])
    products.write([Patch("a", stock=9)])
    (first,) = products.since(0, limit=1)
    assert (first.product_id, first.volatile_only) == ("a", False)


def test_a_deleted_product_that_returns_is_a_new_body(products, make_product):
    products.write([Put(make_product("a"))])
    products.write([Delete("a")])
    products.write([Put(make_product("a"))])
    assert [(c.seq, c.volatile_only) for c in products.since(1)] == [(3, False)]
    assert products.read(["a"]) == {"a": make_product("a")}


def test_a_snapshot_stays_as_it_was(products, make_product):
    products.write([Put(make_product(str(n))) for n in range(5)])
    with products.snapshot() as (seq, before):
        first = next(before)
        products.write([Delete("3"), Patch("4", stock=0), Put(make_product("5"))])
        assert seq == 5
        assert [first, *before] == [make_product(str(n)) for n in range(5)]
    assert [product.id for product in products.all()] == ["0", "1", "2", "4", "5"]


def test_the_cache_is_never_stale_though_another_process_writes(products, make_product, tmp_path):
    products.write([Put(make_product(str(n))) for n in range(11)])  # more than it remembers
    ids = [str(n) for n in range(11)]
    for stock in range(20):
        child = os.fork()
        if child == 0:
            with Products(tmp_path / "products.db") as other:
                other.write([Patch(str(stock % 11), stock=stock)])
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert products.read(ids)[str(stock % 11)].variants[0].stock == stock
        assert len(products.read(ids)) == 11


def test_two_processes_and_their_threads_write_at_once(tmp_path, make_product):
    path = tmp_path / "products.db"

    def write_some(process):
        with Products(path) as products:

            def work(thread):
                for n in range(10):
                    name = f"{process}-{thread}-{n}"
                    products.write([Put(make_product(name)), Put(make_product(name + "'"))])

            threads = [threading.Thread(target=work, args=(k,)) for k in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    children = []
    for process in range(2):
        child = os.fork()
        if child == 0:
            write_some(process)
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    with Products(path) as products:
        assert products.count == 2 * 3 * 10 * 2
        numbers = [change.seq for change in products.since(0)]
        assert numbers == list(range(1, 121)), "none twice, none left out"
        pairs = [change.product_id for change in products.since(0)]
        assert all(b == a + "'" for a, b in zip(pairs[::2], pairs[1::2], strict=True))


def test_a_file_of_a_newer_format_or_another_program_is_refused(tmp_path):
    path = tmp_path / "products.db"
    Products(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(Refused, match=r"format 2 of a newer Shopkeeper.*Update Shopkeeper"):
        Products(path)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    with pytest.raises(Refused, match="another program"):
        Products(other)


FORMAT_1 = """
    CREATE TABLE products (
        ordinal INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, digest BLOB, body BLOB
    );
    CREATE TABLE states (
        ordinal INTEGER PRIMARY KEY REFERENCES products,
        seq INTEGER NOT NULL UNIQUE, body_seq INTEGER NOT NULL, volatile BLOB
    );
    CREATE INDEX states_by_body_seq ON states (body_seq);
    INSERT INTO products VALUES
        (1, 'gone', NULL, NULL),
        (2, 'p', x'161614cd53cef4b63f81252015379035', CAST(
            '{"id":"p","title":{"en":"Tent"},"brand":"Acme",' ||
            '"variants":[{"sku":"s","options":{"size":"S"}}]}' AS BLOB));
    INSERT INTO states VALUES
        (1, 4, 4, NULL), (2, 3, 1, CAST('[0.5,[["s",1999,"USD",5]]]' AS BLOB));
    PRAGMA application_id = 0x53686F70;
    PRAGMA user_version = 1;
"""


def test_format_1_is_still_read(tmp_path):
    connection = sqlite3.connect(tmp_path / "products.db")
    connection.executescript(FORMAT_1)
    connection.close()
    variant = Variant("s", {"size": "S"}, Money(1999, "USD"), 5)
    product = Product("p", {"en": "Tent"}, (variant,), brand="Acme", popularity=0.5)
    with Products(tmp_path / "products.db") as products:
        assert products.damage() == []
        assert list(products.all()) == [product]
        assert [(c.seq, c.product) for c in products.since(0)] == [(1, product), (4, None)]
        assert products.write([Put(product)]).seq == 4, "the same to the digest"


def test_damage_is_found_and_said(tmp_path, make_product):
    path = tmp_path / "products.db"
    with Products(path) as products:
        products.write([Put(make_product(str(n))) for n in range(300)])
        assert products.damage() == []
    whole = path.read_bytes()
    place = whole.rindex(b'"Tent"')
    path.write_bytes(whole[:place] + b'"Tint"' + whole[place + 6 :])
    with Products(path) as products:
        (line,) = products.damage()
        assert "differs from what was written" in line
    path.write_bytes(whole[:40] + b"junk" * 1000 + whole[4040:])
    with pytest.raises(CorruptArtefact, match=r"products\.db"):
        Products(path)
    path.write_bytes(b"not a database, but long enough to be looked at as one" * 100)
    with pytest.raises(CorruptArtefact, match=r"products\.db"):
        Products(path)


def test_after_close_it_says_so(products, make_product):
    rows = products.since(0)
    products.close()
    with pytest.raises(ShopkeeperError, match="after close"):
        next(rows)


def test_patches_are_fast(products, make_product):
    """Batches of 1,000 onto 5,000 products; the best batch, by this thread's own time.

    What other threads, processes and the disk do is theirs; `shopkeeper bench speed` goes by the
    clock.
    """
    count, batches = 5000, 10
    products.ingest((make_product(str(n)) for n in range(count)), "merge")
    pick = random.Random(3)
    loads = [
        [Patch(str(pick.randrange(count)), stock=pick.randrange(1000)) for _ in range(1000)]
        for _ in range(batches)
    ]
    seconds = []
    for load in loads:
        begin = time.thread_time()
        products.write(load)
        seconds.append(time.thread_time() - begin)

    final = {patch.product_id: patch.stock for load in loads for patch in load}
    assert all(p.variants[1].stock == final[p.id] for p in products.read(list(final)).values())
    assert 1000 / min(seconds) > 10_000
