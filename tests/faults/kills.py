"""Does a shop survive kill -9 at any moment of its life?

Processes at work on a small shop are killed, one upon what the last death left behind, and what is
left is held against a model: what was acknowledged is there, nothing is there by half, search,
facets and counts agree with the store, fsck finds nothing lost.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from random import Random

from assemble.shops import ask, counts, eventually, find, new_shop, rows
from faults.doomed import Done, Life, live
from faults.plans import KINDS, Goods, after, plan
from shopkeeper.assemble.build import DENSE, INDEX, build_lock
from shopkeeper.assemble.shop import Shop
from shopkeeper.records import Product
from shopkeeper.store import Registry, ShopFolder, check_shop, is_held
from shopkeeper.store.sqlite import SqliteProducts

LIVES_PER_SHOP = 25
_FIRST_PRODUCTS = 30
_LONGEST_LIFE_LINES = 60_000
_COMPACTS_AT = 5
"""Products written; a server of these tests starts compactions all the time."""


@dataclass
class Toll:
    """What the killing came to."""

    kills: int = 0
    children: int = 0
    """Compactions killed beside their servers, or instead of them."""
    acknowledged: int = 0
    unsaid: int = 0
    """Steps that were done in full, and killed before they could say so."""
    at: Counter[str] = field(default_factory=Counter)
    """By what was at work when the kill came."""

    def __str__(self) -> str:
        at = ", ".join(f"{kind} {n}" for kind, n in sorted(self.at.items()))
        return (
            f"{self.kills} kills ({at}), {self.children} of compactions besides; "
            f"{self.acknowledged} steps acknowledged, none lost, none by half; "
            f"{self.unsaid} done and not yet said"
        )


YOUNG = get_context("forkserver")
"""Processes that have imported everything already: only what they do is killed."""
YOUNG.set_forkserver_preload(["faults.doomed", "tantivy", "faiss", "rapidfuzz.process"])


def kill_a_shop(root: Path, seed: int, lives: int, toll: Toll) -> None:
    """Open a shop, and let process after process die upon what the last death left behind."""
    new_shop(root, rows(_FIRST_PRODUCTS), compact_at=_COMPACTS_AT)
    goods = _stored(root)
    for number in range(lives):
        chance = Random(f"{seed}/{number}")
        is_serving = chance.random() < 0.15
        life = Life(
            f"{seed}/{number}",
            ("write",) if is_serving else KINDS,
            is_serving,
            None if is_serving or chance.random() < 0.5 else _line(chance),
        )
        try:
            goods = _one_life(root, life, chance, goods, toll)
        except BaseException:
            sys.stderr.write(f"\nseed {seed}, life {number}: {life}\n")
            raise


def _line(chance: Random) -> int:
    """Most deaths in the first steps, some late: as likely in each doubling of the lines."""
    return int(_LONGEST_LIFE_LINES ** chance.uniform(0.4, 1.0))


def _one_life(root: Path, life: Life, chance: Random, goods: Goods, toll: Toll) -> Goods:
    done, orphans = live_and_die(root, life, chance, toll)
    steps = list(islice(plan(life.seed, life.kinds), done.number + 1))
    for step in steps[:-1]:
        goods = after(goods, step)
    under_way = steps[-1]
    stored = _stored(root)
    if stored != goods:
        assert stored == after(goods, under_way), "neither what was acknowledged nor the next step"
        toll.unsaid += 1
    toll.kills += 1
    toll.acknowledged += done.number
    toll.at["serving" if life.is_serving else under_way.kind] += 1
    if under_way.kind == "write" and not life.is_serving:
        registry = Registry(ShopFolder(root))
        assert (registry.live(INDEX), registry.live(DENSE)) == (done.index, done.dense)
    check_whole(root, stored)  # while a compaction without its server may be at work
    toll.children += _kill(orphans)
    eventually(lambda: not is_held(build_lock(ShopFolder(root))))
    return stored


def live_and_die(root: Path, life: Life, chance: Random, toll: Toll) -> tuple[Done, list[int]]:
    """Run the process and kill it; what it acknowledged last, and the compaction it leaves."""
    read, write = YOUNG.Pipe(duplex=False)
    process = YOUNG.Process(target=live, args=(root, life, write), daemon=False)
    process.start()
    write.close()
    last, orphans = _heard(read.recv()), []
    if life.dies_at is None:
        for _ in range(chance.randint(0, 4)):
            last = _heard(read.recv())
        time.sleep(chance.uniform(0.0, 1.5 if life.is_serving else 0.12))
        if life.is_serving and chance.random() < 0.7:
            toll.children += _kill(_children(process.pid))
            time.sleep(chance.uniform(0.0, 0.1))
        orphans = _children(process.pid)
        process.kill()
    try:
        while True:
            last = _heard(read.recv())
    except (EOFError, OSError):  # the last message may be torn
        pass
    process.join()
    read.close()
    assert process.exitcode == -signal.SIGKILL, f"ended with {process.exitcode}"
    return last, orphans


def _heard(message: Done | str) -> Done:
    assert isinstance(message, Done), f"the process failed before it was killed:\n{message}"
    return message


def _children(parent: int) -> list[int]:
    """Compactions at work; the forkserver's own helpers are no children of a life."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


def _kill(processes: list[int]) -> int:
    killed = 0
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
            killed += 1
    return killed


def _stored(root: Path) -> Goods:
    with SqliteProducts(ShopFolder(root).products) as products:
        return {product.id: product for product in products.all()}


def check_whole(root: Path, stored: Goods) -> None:
    """What the shop finds, counts and filters is what the store has; fsck finds nothing lost."""
    assert [f for f in check_shop(root) if f.severity == "error"] == []
    with Shop(root, is_serving=False) as shop:
        page = ask(shop, sort=("price",), facets=("brand", "category", "colour"))
        assert page.degraded == ()
        assert {hit.product.id: hit.product for hit in page.hits} == stored
        assert page.total == len(page.hits) == len(stored) == shop.status().products
        prices = [hit.product.variants[0].price.minor for hit in page.hits]
        assert prices == sorted(prices)
        brands = Counter(product.brand for product in stored.values())
        assert counts(page, "brand") == brands
        for word in ("kettle", "lamp", "tent"):
            said = {i for i, p in stored.items() if word in _words(p)}
            assert find(shop, word) == said
        for brand, number in brands.items():
            assert len(find(shop, "", f"brand:{brand}")) == number
        cheap = {i for i, p in stored.items() if p.variants[0].price.minor <= 45_000}
        assert find(shop, "", "price:..450") == cheap


def _words(product: Product) -> str:
    return f"{product.title['en']} {' '.join(product.category)}".lower()


def run(kills: int, seed: int, say: bool = True) -> Toll:
    """Kill so often, shop after shop; AssertionError names the seed of one that did not live."""
    toll = Toll()
    for number, lives in enumerate(_shares(kills), start=seed):
        root = Path(tempfile.mkdtemp(prefix="shopkeeper-kills-"))
        kill_a_shop(root / "shop", number, lives, toll)
        shutil.rmtree(root)
        if say:
            sys.stdout.write(f"seed {number}: {lives} lives; so far {toll.kills} kills\n")
            sys.stdout.flush()
    return toll


def _shares(kills: int) -> Iterator[int]:
    for begun in range(0, kills, LIVES_PER_SHOP):
        yield min(LIVES_PER_SHOP, kills - begun)
