"""Products to store, stores to put them into, and processes to kill."""

from __future__ import annotations

import os
import random
import signal
import time
import traceback
from collections.abc import Callable
from functools import partial

import pytest

from shopkeeper.records import Money, Product, Variant
from shopkeeper.store import Products
from shopkeeper.store.postgres import PostgresProducts
from shopkeeper.store.sqlite import SqliteProducts

Workload = Callable[[Callable[[int], None]], None]
OpenStore = Callable[..., Products]


@pytest.fixture(params=["sqlite", "postgres"])
def open_store(request, tmp_path, shop_id) -> OpenStore:
    """Opens the same products each time, as another process would."""
    if request.param == "sqlite":
        return partial(SqliteProducts, tmp_path / "products.db")
    return partial(PostgresProducts, request.getfixturevalue("postgres").address, shop_id)


@pytest.fixture(scope="session")
def make_product() -> Callable[..., Product]:
    """A product with two variants, so that what is of one and what is of all differ."""

    def make(product_id: str, title: str = "Tent", cents: int = 1999, stock: int = 5) -> Product:
        return Product(
            id=product_id,
            title={"en": title, "zh-Hans": "帐篷"},
            variants=(
                Variant(f"{product_id}-s", {"size": "S"}, Money(cents, "USD"), stock),
                Variant(f"{product_id}-l", {"size": "L"}, Money(cents + 500, "USD"), None),
            ),
            brand="Acme",
            category=("Outdoor", "Tents"),
            attributes={"weight kg": 2.5, "colours": ("red", "blue"), "waterproof": True},
            popularity=0.5,
        )

    return make


@pytest.fixture
def kill_while() -> Callable[[Workload, random.Random], int]:
    """Run a workload in a process, SIGKILL it at a random moment; the last number it acknowledged.

    0 when it acknowledged none. A workload that ends, or fails, before it is killed is an error.
    """

    def run(workload: Workload, moment: random.Random) -> int:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                workload(lambda number: os.write(write, number.to_bytes(4, "big")) and None)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        os.close(write)
        time.sleep(moment.uniform(0.0, 0.08))
        os.kill(child, signal.SIGKILL)
        acknowledged = b""
        while part := os.read(read, 65536):
            acknowledged += part
        os.close(read)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the workload ended by itself"
        return int.from_bytes(acknowledged[-4:], "big")

    return run
