"""The truth: what is written is read, in every thread and process, and numbered in order.

The contract of `Products`: every implementer runs it.
"""

from __future__ import annotations

import os
import random
import threading
import time
from dataclasses import replace

import pytest

from shopkeeper.records import (
    Money,
    Product,
    ShopkeeperError,
    Variant,
)
from shopkeeper.records.ports import Delete, Patch, Put, ReadProducts
from shopkeeper.store import Change, Products, VolatileState


@pytest.fixture
def products(open_store):
    with open_store(cached=7) as opened:
        yield opened


def state_of(product: Product) -> VolatileState:
    prices, stocks = zip(*((v.price, v.stock) for v in product.variants), strict=True)
    return VolatileState(product.popularity, prices, stocks)


def test_a_product_comes_back_as_it_went_in(products, make_product):
    product = make_product("p1")
    bare = Product(id="零", title={"zh": "x"}, variants=(Variant("s"),))
    written = products.write([Put(product), Put(bare)])
    assert (written.seq, written.accepted, written.refused) == (2, 2, ())
    assert products.read(["零", "nobody", "p1"]) == {"零": bare, "p1": product}
    assert list(products.all()) == [product, bare]
    assert list(products.read(["p1"])["p1"].title) == ["en", "zh-Hans"], "the shop's own order"
    assert isinstance(products, ReadProducts)
    assert isinstance(products, Products)


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
    wanted = replace(product, popularity=9.0)
    assert products.write([Put(wanted)]).seq == 2
    assert list(products.since(1)) == [Change(2, "p1", state_of(wanted))]


def test_since_gives_each_product_once_as_it_is_now(products, make_product):
    products.write([Put(make_product(name)) for name in ("a", "b", "c")])  # 1, 2, 3
    products.write([Patch("a", stock=9), Delete("b")])  # 4, 5
    # The body of a came with 1, so that is its place; b is a tombstone at 5.
    a, c = products.read(["a", "c"]).values()
    assert a.variants[0].stock == 9
    gone = Change(5, "b", None)
    assert list(products.since(0)) == [Change(1, "a", a), Change(3, "c", c), gone]
    assert (products.count_since(0), products.count_since(0, bodies_only=True)) == (3, 3)
    # Who has seen c has the body of a, and hears of its volatile fields alone.
    assert list(products.since(3)) == [Change(4, "a", state_of(a)), gone]
    assert products.count_since(3, bodies_only=True) == 1
    assert [c.seq for c in products.since(3, limit=1)] == [4]
    assert products.count_since(3) == 2
    assert list(products.since(5)) == []


def test_a_reader_that_stops_between_put_and_patch_still_hears_of_the_body(products, make_product):
    products.write([Put(make_product("a"))])
    products.write([Put(make_product("b"))])
    products.write([Patch("a", stock=9)])
    assert list(products.since(0, limit=1)) == [Change(1, "a", products.read(["a"])["a"])]


def test_a_deleted_product_that_returns_is_a_new_body(products, make_product):
    products.write([Put(make_product("a"))])
    products.write([Delete("a")])
    products.write([Put(make_product("a"))])
    assert list(products.since(1)) == [Change(3, "a", make_product("a"))]
    assert products.read(["a"]) == {"a": make_product("a")}


def test_a_snapshot_stays_as_it_was(products, make_product):
    products.write([Put(make_product(str(n))) for n in range(5)])
    with products.snapshot() as (seq, before):
        first = next(before)
        products.write([Delete("3"), Patch("4", stock=0), Put(make_product("5"))])
        assert seq == 5
        assert [first, *before] == [make_product(str(n)) for n in range(5)]
    assert [product.id for product in products.all()] == ["0", "1", "2", "4", "5"]


def test_the_cache_is_never_stale_though_another_process_writes(products, make_product, open_store):
    products.write([Put(make_product(str(n))) for n in range(11)])  # more than it remembers
    ids = [str(n) for n in range(11)]
    for stock in range(20):
        child = os.fork()
        if child == 0:
            with open_store() as other:
                other.write([Patch(str(stock % 11), stock=stock)])
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert products.read(ids)[str(stock % 11)].variants[0].stock == stock
        assert len(products.read(ids)) == 11


def test_two_processes_and_their_threads_write_at_once(open_store, make_product):
    def write_some(process):
        with open_store() as products:

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
    with open_store() as products:
        assert products.count == 2 * 3 * 10 * 2
        numbers = [change.seq for change in products.since(0)]
        assert numbers == list(range(1, 121)), "none twice, none left out"
        pairs = [change.product_id for change in products.since(0)]
        assert all(b == a + "'" for a, b in zip(pairs[::2], pairs[1::2], strict=True))


def test_a_follower_never_misses_what_several_write_at_once(products, open_store, make_product):
    """Each number is seen once and in order, whoever commits first."""
    writers, each = 4, 25
    writing = threading.Semaphore(0)

    def write(writer):
        try:
            with open_store() as own:
                for n in range(each):
                    name = f"{writer}-{n}"
                    own.write([Put(make_product(name)), Put(make_product(name + "'"))])
        finally:
            writing.release()

    threads = [threading.Thread(target=write, args=(k,)) for k in range(writers)]
    for thread in threads:
        thread.start()
    seen, looks, ended = [], 0, 0
    while True:
        ended += writing.acquire(blocking=False)
        is_last = ended == writers
        before = len(seen)
        seen += [change.seq for change in products.since(seen[-1] if seen else 0)]
        looks += len(seen) > before
        assert seen == list(range(1, len(seen) + 1))
        if is_last:
            break
    for thread in threads:
        thread.join()
    assert len(seen) == products.seq == 2 * writers * each
    assert looks > 3, "it followed while they wrote"


def test_a_reader_that_stops_early_holds_nothing(products, make_product):
    products.write([Put(make_product(str(n))) for n in range(5)])
    for _ in range(30):
        assert next(iter(products.since(0))).seq == 1
        assert next(products.all()).id == "0"
    products.write([Delete("0")])
    assert products.count == 4


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
