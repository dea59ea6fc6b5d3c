"""How fast is each store beside the other? Prints rates and their ratio, from one run by turns.

pytest tests/store/test_store_speed.py -m slow -s
"""

from __future__ import annotations

import random
import time
from statistics import median

import pytest

from shopkeeper.records.ports import Patch
from shopkeeper.store.postgres import PostgresProducts
from shopkeeper.store.sqlite import SqliteProducts

PRODUCTS, TURNS = 20_000, 5


@pytest.mark.slow
def test_the_stores_beside_each_other(postgres, shop_id, tmp_path, make_product, capsys):
    pick = random.Random(5)
    goods = [make_product(f"p{n}") for n in range(PRODUCTS)]
    stores = {
        "sqlite": SqliteProducts(tmp_path / "products.db", cached=100),
        "postgres": PostgresProducts(postgres.address, shop_id, cached=100),
    }
    rates: dict[str, dict[str, list[float]]] = {}

    def measure(what, amount, work):
        for name, store in stores.items():
            began = time.perf_counter()
            work(store)
            rate = amount / (time.perf_counter() - began)
            rates.setdefault(what, {}).setdefault(name, []).append(rate)

    def page():
        return [f"p{pick.randrange(PRODUCTS)}" for _ in range(24)]

    measure("ingest, new products", PRODUCTS, lambda store: store.ingest(goods, "replace"))
    for turn in range(TURNS):
        dearer = [make_product(f"p{n}", cents=3000 + turn) for n in range(PRODUCTS)]
        measure("ingest, new prices", PRODUCTS, lambda s, feed=dearer: s.ingest(feed, "replace"))
        thousand = [
            Patch(f"p{pick.randrange(PRODUCTS)}", stock=pick.randrange(1000)) for _ in range(1000)
        ]
        measure("patches, by the thousand", 1000, lambda s, load=thousand: s.write(load))
        ones = [[Patch(f"p{n}", stock=2000 + turn)] for n in range(50)]
        measure("patches, one by one", 50, lambda s, load=ones: [s.write(one) for one in load])
        pages = [page() for _ in range(100)]
        measure("pages of 24 products", 100, lambda s, load=pages: [s.read(ids) for ids in load])
        measure("products streamed", PRODUCTS, lambda s: sum(1 for _ in s.all()))
    with capsys.disabled():
        for what, of in rates.items():
            one, two = (median(of[name]) for name in stores)
            print(f"{what:26} sqlite {one:9,.0f}/s  postgres {two:9,.0f}/s  {two / one:5.2f}×")  # noqa: T201
    assert list(stores["sqlite"].all()) == list(stores["postgres"].all())
    for store in stores.values():
        assert store.count == PRODUCTS
        store.close()
