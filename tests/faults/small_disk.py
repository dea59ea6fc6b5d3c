"""What does a shop do on a disk that is full, and when there is space again?

    python -m faults.small_disk FOLDER

on a disk of 3 MB that is nobody else's; `test_faults_full_disk` mounts one.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from assemble.shops import ask, eventually, find, new_shop, product, row, rows, write_feed
from shopkeeper.assemble import upkeep
from shopkeeper.assemble.build import build_index, build_lock
from shopkeeper.assemble.ingest import ingest
from shopkeeper.assemble.shop import Shop
from shopkeeper.records import Event, NoSpace
from shopkeeper.records.ports import Put
from shopkeeper.serve import ServeSettings
from shopkeeper.serve.app import create_app
from shopkeeper.stages.merchandise import RuleBook, rule_from_json
from shopkeeper.store import EVENTS, ShopFolder, check_shop, exclusive, read_log, versions


class Ballast:
    """A file that takes what is left of the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def take(self, leaving: int = 0) -> None:
        with self._path.open("ab", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                file.truncate(max(0, file.tell() - leaving))

    def drop(self) -> None:
        self._path.unlink()


def main(disk: Path) -> None:
    root, ballast = new_shop(disk / "shop", rows(60)), Ballast(disk / "ballast")
    folder = ShopFolder(root)
    lamps = [row(n, title="lamp " * 200) for n in range(3000)]
    feed = write_feed(disk.parent / "feed.jsonl", lamps)
    upkeep.RETRY_AFTER_S = 1.0
    with Shop(root) as shop:
        generation = shop.status().generation

        # Live writes, until one does not fit: those acknowledged stay, that one is not there.
        ballast.take(leaving=400_000)
        written = fill_with_kettles(shop)
        assert written > 3
        ballast.take()
        assert len(find(shop, "kettle", size=200)) == min(200, written * 7)
        assert ask(shop, "kettle").total == written * 7
        app = create_app(shop, ServeSettings())
        with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 1)) as client:
            answer = client.put("/v1/products/p9", json=row(9, title="kettle"))
            assert answer.status_code == 507, answer.text
            assert answer.json()["error"]["code"] == "no_space"

        # Compaction, a build, a feed: none leaves anything behind, the old generation serves on.
        with pytest.raises(NoSpace, match="then shopkeeper build --shop"):
            build_index(root)
        with pytest.raises(NoSpace, match=r"[Ff]ree space there"):
            ingest(root, feed, force=True)
        assert versions(folder.artefacts, "index") == [generation]
        assert ask(shop, "kettle").total == written * 7
        assert shop.status().generation == generation

        # Rows of the logs are dropped and counted, without a file for each.
        for n in range(50):
            shop.record([Event("click", timestamp_ms=n)])
        eventually(lambda: "log rows lost" in shop.status().message)
        assert len(list(folder.logs.iterdir())) <= 4

        # A rule is not half written.
        with pytest.raises(NoSpace, match=r"rules.json: the disk is full"):
            RuleBook(folder.rules).put(
                rule_from_json({"id": "a", "contains": "tent", "pin": ["p1"]}), "a test", "because"
            )
        assert RuleBook(folder.rules).rules() == ()

        # A shop opens on a full disk, as a server does that is started again.
        with Shop(root, is_serving=False) as second:
            assert ask(second, "kettle").total == written * 7

        # Space again: everything works without a restart.
        ballast.drop()
        shop.catalogue.put(product(9, title="kettle"))
        assert ask(shop, "kettle").total == written * 7 + 1
        shop.record([Event("click", timestamp_ms=77)])
        eventually(lambda: shop.status().message == "words alone: no encoder is set")
        assert [e.timestamp_ms for e in read_log(folder.logs, EVENTS)][-1] == 77
        version = build_index(root)
        eventually(lambda: shop.status().generation == version)
        assert ask(shop, "kettle").total == written * 7 + 1

    compaction_fails_and_is_done_later(disk, ballast)
    assert [f for f in check_shop(root) if f.severity == "error"] == []


def fill_with_kettles(shop: Shop) -> int:
    """Write batches of seven until one does not fit; how many did."""
    for written in range(10_000):
        batch = [Put(product(1000 + written * 7 + k, title="kettle")) for k in range(7)]
        try:
            shop.catalogue.bulk(batch)
        except NoSpace:
            return written
    raise AssertionError("the disk is never full")


def compaction_fails_and_is_done_later(disk: Path, ballast: Ballast) -> None:
    root = new_shop(disk / "other", rows(60), compact_at=5)
    with Shop(root) as shop:
        generation = shop.status().generation
        with exclusive(build_lock(shop.folder), "waiting for the disk to be full"):
            shop.catalogue.bulk([Put(product(100 + n, title="kettle")) for n in range(6)])
            ballast.take()
        eventually(lambda: "no new generation" in shop.status().message)
        assert "the disk is full. Free space there" in shop.status().message
        assert shop.status().generation == generation
        assert ask(shop, "kettle").total == 6
        ballast.drop()
        eventually(lambda: shop.status().generation != generation)
        eventually(lambda: "no new generation" not in shop.status().message)
        assert ask(shop, "kettle").total == 6


if __name__ == "__main__":
    started = time.perf_counter()
    main(Path(sys.argv[1]))
    sys.stdout.write(f"lived through it in {time.perf_counter() - started:.1f} s\n")
