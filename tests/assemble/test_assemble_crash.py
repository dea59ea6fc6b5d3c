"""kill -9 at any moment: what was acknowledged is there, and the shop opens and finds it."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import pytest

from assemble import doomed
from assemble.shops import ask, find, ids, new_shop, rows, write_feed
from shopkeeper.assemble.shop import Shop
from shopkeeper.store import ShopFolder, check_shop
from shopkeeper.store.sqlite import SqliteProducts

PRODUCTS = 150


def seeds(few: int, many: int) -> list[object]:
    slow = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(few, many)]
    return [*range(few), *slow]


@pytest.fixture(scope="module")
def young():
    """Processes that have imported everything already: only what they do is killed."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["shopkeeper.assemble.shop", "tantivy", "rapidfuzz.process"])
    return context


@pytest.fixture
def kill_while(young):
    """Run a workload on a shop, SIGKILL it at a random moment; the last number it acknowledged.

    Its first acknowledgement is waited for, so that the moment is one of work and not of opening.
    """

    def run(workload, root: Path, moment: random.Random, begin: int, within_s: float) -> int:
        read, write = young.Pipe(duplex=False)
        process = young.Process(target=workload, args=(root, write, begin), daemon=True)
        process.start()
        write.close()
        last = read.recv()
        time.sleep(moment.uniform(0.0, within_s))
        process.kill()
        try:
            while True:
                last = read.recv()
        except (EOFError, OSError):  # the last message may be torn
            pass
        process.join()
        assert process.exitcode == -9
        return last

    return run


def check_whole(root: Path) -> list[str]:
    """Everything in the store is found; the ids."""
    assert [f for f in check_shop(root) if f.severity == "error"] == []
    with SqliteProducts(ShopFolder(root).products) as products:
        stored = {product.id: product for product in products.all()}
    with Shop(root) as shop:
        pages = [ask(shop, sort=("price",), offset=o) for o in range(0, len(stored) + 1, 200)]
        found = [hit.product for page in pages for hit in page.hits]
        assert {product.id for product in found} == stored.keys()
        assert len(found) == len(stored)
        assert found == [stored[product.id] for product in found]
    return list(stored)


@pytest.mark.parametrize("seed", seeds(4, 34))
def test_acknowledged_writes_are_found(tmp_path, kill_while, seed):
    moment, last = random.Random(seed), 0
    root = new_shop(tmp_path / "shop", rows(PRODUCTS), compact_at=moment.choice((10, 1000)))
    for _ in range(2):  # the second dies upon what the first one's death left behind
        last = kill_while(doomed.write_on, root, moment, last, within_s=0.4)
        written = sorted(int(i[1:]) for i in check_whole(root) if i.startswith("w"))
        assert written[-1] - last in (0, 1)  # 1: written, and killed before it could say so
        last = written[-1]
        assert written == [n for n in (last - 1, last) if n > 0]
        with Shop(root) as shop:
            assert find(
                shop, f"kettle number{last}", "brand:Acme|Zed|Nord|Orla|Faro", "price:..900"
            )
            assert ids(ask(shop, "", "price:5000..")) == [f"w{n}" for n in written[:-1]]


@pytest.mark.parametrize("seed", seeds(3, 33))
def test_a_killed_compaction_leaves_the_old_base_or_the_new(tmp_path, kill_while, seed):
    moment = random.Random(seed)
    root = new_shop(tmp_path / "shop", rows(PRODUCTS))
    for _ in range(2):
        kill_while(doomed.build_on, root, moment, 0, within_s=0.5)
        assert len(check_whole(root)) == PRODUCTS


@pytest.mark.parametrize("seed", seeds(4, 34))
def test_a_killed_ingest_leaves_the_old_goods_or_the_new(tmp_path, seed):
    moment = random.Random(seed)
    root = new_shop(tmp_path / "shop", doomed.fed(0, PRODUCTS))
    feed = write_feed(tmp_path / "next.jsonl", doomed.fed(1, PRODUCTS + 1))
    command = "from shopkeeper.cli import main; main()"
    arguments = [sys.executable, "-c", command, "ingest", str(feed), "--shop", str(root)]
    with subprocess.Popen(arguments, stderr=subprocess.DEVNULL) as ingesting:
        # The database is opened after the imports, which take the most of its life.
        opened = ShopFolder(root).products.with_name("products.db.ingest.lock")
        opened.unlink()
        while not opened.exists():
            assert ingesting.poll() is None
            time.sleep(0.002)
        time.sleep(moment.uniform(0.0, 0.6))
        ingesting.kill()
    stored = check_whole(root)
    with Shop(root) as shop:
        lamps = ask(shop, "lamp")
        turns = {doomed.turn_of(hit.product) for hit in lamps.hits}
        assert turns in ({0}, {1})
        assert lamps.total == len(stored) == PRODUCTS + turns.pop()
