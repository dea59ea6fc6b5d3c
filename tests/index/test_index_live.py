"""A batch of changes becomes visible whole or not at all; a hit names the variant that decided."""

from __future__ import annotations

from pathlib import Path

import brute_shop
import pytest

from shopkeeper.index.dense import DenseIndex
from shopkeeper.index.fusion import ReciprocalRank
from shopkeeper.index.generation import build_segment, open_segment
from shopkeeper.index.live import LiveIndex
from shopkeeper.index.matching import Reading
from shopkeeper.index.ordering import OrderConfig
from shopkeeper.index.retrieval import RetrievalConfig, retrieve
from shopkeeper.index.snapshot import Segment, Snapshot
from shopkeeper.records import (
    Alternative,
    AnyOf,
    Concept,
    Constraint,
    CorruptArtefact,
    Money,
    Product,
    Query,
    RetrieveRequest,
    Understanding,
    parse_sort,
)
from shopkeeper.store import Change, VolatileState


def product(product_id: str, **fields: object) -> Product:
    return Product.from_dict({"id": product_id, "title": product_id, **fields})


def repriced(price: str) -> VolatileState:
    """Of a product with one variant."""
    return VolatileState(None, (Money.parse(price, "USD"),), (None,))


class Vectors:
    """No vectors; reading them fails once `good` segments have been read."""

    good = 100

    def __call__(self, segment: Segment) -> DenseIndex | None:
        if not self.good:
            raise OSError("disk")
        self.good -= 1
        return None


def open_shop(folder: Path, products: list[Product], vectors: Vectors | None = None) -> LiveIndex:
    folder = folder / "base"
    folder.mkdir()
    build_segment(folder, products, brute_shop.analyse, "en")
    return LiveIndex(
        open_segment(folder),
        "g",
        0,
        analyse=brute_shop.analyse,
        locale="en",
        currency="USD",
        dense_of=vectors or Vectors(),
    )


def page(
    snapshot: Snapshot, sort: str = "", wish: AnyOf | None = None, facets: tuple[str, ...] = ()
) -> list[tuple[str, str]]:
    wishes = (Constraint(wish, "?", 1.0),) if wish else ()
    request = RetrieveRequest(
        Understanding(Query("q"), "q", (), constraints=wishes),
        sort=(parse_sort(sort),) if sort else (),
        facets=facets,
    )
    found = retrieve(snapshot, request, [Reading(())], list, RetrievalConfig())
    return [(c.product_id, c.sku) for c in found.head]


def ids(snapshot: Snapshot) -> list[str]:
    return sorted(product_id for product_id, _ in page(snapshot))


def test_a_failed_batch_leaves_no_trace(tmp_path: Path) -> None:
    vectors = Vectors()
    live = open_shop(tmp_path, [product("x")], vectors)
    before = live.apply([Change(1, "a", product("a", price="1"))])
    for good, attempt in ((0, product("b")), (1, product("b", price="3"))):
        vectors.good = good  # then the new segment fails, or the one that joins it with another
        with pytest.raises(OSError, match="disk"):
            live.apply([Change(2, "b", attempt), Change(3, "a", repriced("9"))])
        assert live.snapshot is before
        assert live.delta_products == 1
    vectors.good = 100
    live.apply([Change(2, "b", product("b"))])
    live.apply([Change(3, "a", repriced("2"))])
    after = live.apply([Change(4, "c", product("c"))])
    assert ids(after) == ["a", "b", "c", "x"]
    assert page(after, "price")[0][0] == "a"


def test_a_patched_product_is_joined_in_its_newest_state(tmp_path: Path) -> None:
    live = open_shop(tmp_path, [product("x", price="5")])
    live.apply([Change(1, "a", product("a", price="1"))])
    live.apply([Change(2, "a", repriced("9"))])
    joined = live.apply([Change(3, "b", product("b", price="7"))])
    assert [list(view.columns.ids) for view in joined.views] == [["x"], ["a", "b"]]
    assert [product_id for product_id, _ in page(joined, "price")] == ["x", "b", "a"]


def test_a_new_body_survives_a_patch_in_the_same_batch(tmp_path: Path) -> None:
    live = open_shop(tmp_path, [product("x", title="old")])
    new = Change(1, "x", product("x", title="new"))
    snapshot = live.apply([Change(0, "x", repriced("3")), new, Change(2, "x", repriced("5"))])
    assert live.is_new("new")
    assert ids(snapshot) == ["x"]
    assert snapshot.views[1].volatile.price.tolist() == [500]


def test_a_volatile_state_of_a_product_that_is_not_here_is_an_error(tmp_path: Path) -> None:
    live = open_shop(tmp_path, [product("x", price="5"), product("y")])
    live.apply([Change(1, "y", None)])
    before = live.snapshot
    for missing in ("y", "z"):
        with pytest.raises(CorruptArtefact, match=f"lacks product {missing}"):
            live.apply([Change(2, "x", repriced("9")), Change(3, missing, repriced("9"))])
    assert live.snapshot is before


def test_a_reader_keeps_the_prices_of_its_snapshot(tmp_path: Path) -> None:
    live = open_shop(tmp_path, [product("x", price="5", stock=2), product("y", price="6")])
    live.apply([Change(1, "a", product("a", price="1"))])
    old = live.snapshot
    new = live.apply([Change(2, "x", repriced("8")), Change(3, "a", repriced("9"))])
    assert [view.volatile.price.tolist() for view in old.views] == [[500, 600], [100]]
    assert [view.volatile.price.tolist() for view in new.views] == [[800, 600], [900]]
    assert new.views[0].volatile.stock.tolist() == [-1, -1]
    again = live.apply([Change(4, "x", repriced("8"))])
    assert again.views[0].volatile.price is new.views[0].volatile.price, (
        "shared, as nothing differs"
    )


def cups() -> list[Product]:
    sizes = [("aL", "30", "L"), ("aM", "10", "M"), ("aS", "10", "S")]
    variants = [
        {"sku": sku, "price": price, "options": {"size": size}} for sku, price, size in sizes
    ]
    return [product("a", variants=variants), product("b", price="20"), product("c")]


def test_a_sorted_page_names_the_variant_that_was_sorted_by(tmp_path: Path) -> None:
    snapshot = open_shop(tmp_path, cups()).snapshot
    sku_of_b, sku_of_c = (p.variants[0].sku for p in cups()[1:])
    others = [("b", sku_of_b), ("c", sku_of_c)]
    assert page(snapshot, "price") == [("a", "aM"), *others]
    assert page(snapshot, "price:desc") == [("a", "aL"), *others]
    assert page(snapshot, "price", wish=AnyOf("size", ("S",))) == [("a", "aS"), *others]
    assert page(snapshot, "price:desc", wish=AnyOf("size", ("S",))) == [("a", "aL"), *others]
    assert dict(page(snapshot, wish=AnyOf("size", ("S",))))["a"] == "aS"


def test_behind_the_head_a_fusion_by_ranks_has_a_rank_for_each(tmp_path: Path) -> None:
    titles = ["tent", "tent a", "tent a b", "tent a b c"]
    live = open_shop(tmp_path, [product(f"p{n}", title=t) for n, t in enumerate(titles)])
    concept = Concept("tent", (Alternative(("tent",)),))
    reading = Understanding(Query("tent"), "tent", (concept,))
    config = RetrievalConfig(order=OrderConfig(ReciprocalRank(), depth=1))
    request = RetrieveRequest(reading, window=200, size=24)
    found = retrieve(live.snapshot, request, [Reading((concept,))], list, config).head
    assert [one.product_id for one in found] == ["p0", "p1", "p2", "p3"]
    assert [one.parts[0].value for one in found] == [1 / 61, 1 / 61, 1 / 62, 1 / 63]
