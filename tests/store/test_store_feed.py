"""A whole feed: what differs is written, what is the same is left alone, live writes go on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shopkeeper.records import Busy, InvalidRecord, Money, Product, Refused
from shopkeeper.records.ports import Delete, Patch, Put
from shopkeeper.store import Ingested, VolatileState


@pytest.fixture
def products(open_store):
    with open_store() as opened:
        yield opened


@pytest.fixture
def feed(make_product):
    return [make_product(f"p{n}") for n in range(10)]


def test_only_what_differs_takes_a_number(products, feed, make_product):
    assert products.ingest(feed, "replace") == Ingested(10, 0, 0, 0, seq=10)
    dearer = replace(feed[1], variants=(replace(feed[1].variants[0], price=Money(5, "USD")),))
    second = [
        feed[3],
        make_product("p2", title="Larger tent"),
        make_product("p1", cents=2500),
        *feed[4:],
        make_product("new"),
        feed[3],
    ]
    # p0 is lacking: 1 of 10. p1 changes its price, p2 its title, "new" is new: 4 numbers.
    assert products.ingest(second, "replace") == Ingested(1, 2, 7, 1, seq=14)
    assert [(c.seq, c.product_id, type(c.now)) for c in products.since(10)] == [
        (11, "p2", Product),
        (12, "p1", VolatileState),
        (13, "new", Product),
        (14, "p0", type(None)),
    ]
    assert products.read(["p0"]) == {}
    assert products.ingest(second, "replace") == Ingested(0, 0, 10, 0, seq=14)
    assert products.ingest([dearer], "merge").changed == 1, "a variant less is another body"
    assert products.read(["p1"])["p1"] == dearer
    assert products.damage() == []


def test_merge_keeps_what_the_feed_lacks(products, feed, make_product):
    products.ingest(feed, "replace")
    assert products.ingest([make_product("new")], "merge") == Ingested(1, 0, 0, 0, seq=11)
    assert products.count == 11


def test_of_two_with_one_id_the_later_counts(products, make_product):
    done = products.ingest([make_product("a", title="x"), make_product("a", title="y")], "replace")
    assert done == Ingested(1, 0, 0, 0, seq=1)
    assert products.read(["a"])["a"].title["en"] == "y"


def test_replace_refuses_to_lose_more_than_a_fifth(products, feed):
    products.ingest(feed, "replace")
    with pytest.raises(Refused, match=r"3 of the shop's 10 products .* 20%.*--force"):
        products.ingest(feed[3:], "replace")
    assert (products.count, products.seq) == (10, 10)
    assert products.ingest(feed[2:], "replace").removed == 2
    assert products.ingest(feed[-1:], "replace", force=True).removed == 7
    assert [product.id for product in products.all()] == ["p9"]


@pytest.mark.parametrize("force", [False, True])
def test_an_empty_feed_is_an_error(products, feed, force):
    products.ingest(feed, "replace")
    with pytest.raises(InvalidRecord, match="no product"):
        products.ingest([], "replace", force=force)
    assert products.count == 10


def test_an_error_of_the_feed_passes_and_changes_nothing(products, feed):
    def broken():
        yield feed[0]
        raise InvalidRecord("row 2 is torn")

    with pytest.raises(InvalidRecord, match="row 2"):
        products.ingest(broken(), "merge")
    assert (products.count, products.seq) == (0, 0)
    assert products.ingest(feed, "merge").added == 10, "nothing is locked any more"


def test_live_writes_go_on_and_are_newer_than_the_feed(products, feed, make_product, open_store):
    products.ingest(feed, "replace")
    live = make_product("p2", title="Put live")
    new_feed = [make_product(f"p{n}", title="Fed", cents=700, stock=0) for n in range(9)]

    def slowly():
        yield from new_feed[:5]
        # In the middle of reading, another connection, as of another process:
        with open_store() as other:
            other.write(
                [
                    Patch("p1", sku="p1-s", stock=77),
                    Put(live),
                    Delete("p3"),
                    Put(make_product("only live")),
                    Patch("p9", stock=1),
                ]
            )
        assert products.read(["p1"])["p1"].variants[0].stock == 77, "not held back"
        with pytest.raises(Busy, match="ingest"):
            products.ingest(feed, "merge")
        yield from new_feed[5:]

    done = products.ingest(slowly(), "replace")
    assert done == Ingested(added=0, changed=7, unchanged=2, removed=1, seq=23)
    now = {product.id: product for product in products.all()}
    assert now["p0"] == new_feed[0]
    assert now["p1"].title["en"] == "Fed", "the body is the feed's"
    assert now["p1"].variants[0].stock == 77, "price and stock are the newer"
    assert now["p1"].variants[0].price == feed[1].variants[0].price
    assert now["p2"] == live
    assert "p3" not in now, "deleted after the feed was made"
    assert "only live" in now
    assert "p9" not in now, "a patch does not make a product that the feed lacks"


def test_a_live_patch_survives_when_the_feed_changes_the_variants(products, make_product):
    old = make_product("a", stock=5)
    products.write([Put(old)])
    third = replace(old.variants[0], sku="a-xl", stock=3)
    fed = replace(old, variants=(third, old.variants[0]))

    def slowly():
        yield fed
        products.write([Patch("a", stock=9, popularity=4.0)])

    products.ingest(slowly(), "replace")
    assert products.read(["a"])["a"] == replace(
        fed, popularity=4.0, variants=(third, replace(old.variants[0], stock=9))
    )


def test_progress_is_told(products, make_product):
    heard = []
    products.ingest((make_product(str(n)) for n in range(2300)), "merge", progress=heard.append)
    assert heard == [1000, 2000, 2300]
