"""What processes do until they are killed; run by `test_assemble_crash`."""

from __future__ import annotations

import itertools
from multiprocessing.connection import Connection
from pathlib import Path

from assemble.shops import product, row
from shopkeeper.assemble.build import build_index
from shopkeeper.assemble.shop import Shop
from shopkeeper.records import Money, Product
from shopkeeper.records.ports import Delete, Patch, Put


def write_on(root: Path, acknowledge: Connection, begin: int) -> None:
    """Batch n puts product n, prices the one before it, and deletes the one before that."""
    with Shop(root) as shop:
        for n in itertools.count(begin + 1):
            shop.catalogue.bulk(
                [
                    Put(product(n, id=f"w{n}", title=f"kettle number{n}")),
                    Patch(f"w{n - 1}", price=Money(500_000 + n, "USD")),
                    Delete(f"w{n - 2}"),
                ]
            )
            acknowledge.send(n)


def build_on(root: Path, acknowledge: Connection, begin: int) -> None:
    """Compaction after compaction, as a server lets its own processes do them."""
    for n in itertools.count(begin + 1):
        build_index(root)
        acknowledge.send(n)


def fed(turn: int, count: int) -> list[dict[str, object]]:
    """The rows of feed number `turn`."""
    return [row(n, title=f"feed{turn} lamp {n}") for n in range(count)]


def turn_of(found: Product) -> int:
    return int(found.title["en"].split()[0].removeprefix("feed"))
