"""Products beside a dict: any history of writes, feeds and reopenings, and an index that follows.

The follower reads `since` a few changes at a time; of a volatile state it believes that the body
it has is the one. That it agrees with the dict in the end is what every index stands on.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shopkeeper.records import Money, Product, Refused, Variant
from shopkeeper.records.ports import Delete, Patch, Put
from shopkeeper.store import VolatileState
from shopkeeper.store.postgres import PostgresProducts
from shopkeeper.store.sqlite import SqliteProducts

IDS = st.sampled_from(["a", "b", "ç", "d e", "0"])
PRICES = st.none() | st.integers(0, 5).map(lambda minor: Money(minor, "USD"))
STOCKS = st.none() | st.integers(0, 3)
POPULARITIES = st.none() | st.sampled_from([0.0, 0.1, 7.0])


@st.composite
def products(draw, product_id=None):
    skus = draw(st.lists(st.sampled_from(["s1", "s2", "s3"]), min_size=1, unique=True))
    return Product(
        id=product_id or draw(IDS),
        title={"en": draw(st.sampled_from(["Tent", "Rope"]))},
        variants=tuple(Variant(sku, price=draw(PRICES), stock=draw(STOCKS)) for sku in skus),
        popularity=draw(POPULARITIES),
    )


PATCHES = st.builds(
    Patch,
    product_id=IDS,
    sku=st.none() | st.sampled_from(["s1", "s2"]),
    price=PRICES,
    stock=STOCKS,
    popularity=POPULARITIES,
)
WRITES = st.lists(st.builds(Put, products()) | PATCHES | st.builds(Delete, IDS), max_size=6)


def patched(product: Product, patch: Patch) -> Product:
    def value(variant: Variant) -> Variant:
        if patch.sku not in (None, variant.sku):
            return variant
        price = variant.price if patch.price is None else patch.price
        return replace(
            variant, price=price, stock=variant.stock if patch.stock is None else patch.stock
        )

    popularity = product.popularity if patch.popularity is None else patch.popularity
    return replace(
        product, variants=tuple(value(v) for v in product.variants), popularity=popularity
    )


class ProductsMachine(RuleBasedStateMachine):
    def __init__(self, open_store):
        super().__init__()
        self.open_store = open_store
        self.products = open_store(cached=2)
        self.truth: dict[str, Product] = {}
        self.followed: dict[str, Product] = {}
        self.applied = 0

    def teardown(self):
        self.products.close()

    @rule(writes=WRITES)
    def write(self, writes):
        refused = []
        for index, write in enumerate(writes):
            match write:
                case Put(product):
                    self.truth[product.id] = product
                case Delete(product_id):
                    self.truth.pop(product_id, None)
                case Patch(product_id, sku):
                    product = self.truth.get(product_id)
                    if product is None or sku not in (None, *(v.sku for v in product.variants)):
                        refused.append(index)
                    else:
                        self.truth[product_id] = patched(product, write)
        written = self.products.write(writes)
        assert [index for index, _ in written.refused] == refused
        assert written.accepted == len(writes) - len(refused)
        assert written.seq == self.products.seq

    @rule(feed=st.lists(products(), min_size=1, max_size=6))
    def merge(self, feed):
        self.products.ingest(feed, "merge")
        self.truth.update({product.id: product for product in feed})

    @rule(feed=st.lists(products(), min_size=1, max_size=6), force=st.booleans())
    def replace(self, feed, force):
        fed = {product.id: product for product in feed}
        lost = set(self.truth) - set(fed)
        try:
            done = self.products.ingest(feed, "replace", force=force)
        except Refused:
            assert not force
            assert len(lost) > 0.2 * len(self.truth)
        else:
            assert force or len(lost) <= 0.2 * len(self.truth)
            assert done.added == len(set(fed) - set(self.truth))
            assert done.removed == len(lost)
            self.truth = fed

    @rule()
    def reopen(self):
        self.products.close()
        self.products = self.open_store(cached=2)

    @precondition(lambda self: self.applied < self.products.seq)
    @rule(limit=st.integers(1, 3))
    def follow(self, limit):
        for change in self.products.since(self.applied, limit):
            assert change.seq > self.applied
            match change.now:
                case None:
                    self.followed.pop(change.product_id, None)
                case VolatileState(popularity, prices, stocks):
                    had = self.followed[change.product_id]
                    variants = tuple(
                        replace(variant, price=price, stock=stock)
                        for variant, price, stock in zip(had.variants, prices, stocks, strict=True)
                    )
                    new = replace(had, variants=variants, popularity=popularity)
                    self.followed[change.product_id] = new
                case product:
                    self.followed[change.product_id] = product
            self.applied = change.seq

    @invariant()
    def reads_the_truth(self):
        assert self.products.read(["a", "b", "ç", "d e", "0", "?"]) == self.truth
        assert {product.id: product for product in self.products.all()} == self.truth
        assert self.products.count == len(self.truth)

    @invariant()
    def is_followed(self):
        changes = list(self.products.since(self.applied))
        assert len(changes) == self.products.count_since(self.applied)
        if not changes:
            assert self.followed == self.truth


@pytest.mark.parametrize(("kind", "examples"), [("sqlite", 25), ("postgres", 8)])
def test_products_are_as_a_dict_would_be(request, tmp_path, shop_id, kind, examples):
    number = count()

    def fresh():
        own = f"{shop_id}-{next(number)}"
        if kind == "sqlite":
            return partial(SqliteProducts, tmp_path / own)
        return partial(PostgresProducts, request.getfixturevalue("postgres").address, own)

    run_state_machine_as_test(
        lambda: ProductsMachine(fresh()),
        settings=settings(
            max_examples=examples, stateful_step_count=20, deadline=None, derandomize=True
        ),
    )
