"""Two machines make what one process makes, to the byte; also when a worker is killed on the way.

Ray takes seconds to begin a job, so there are few of them here; `tests/contracts` has the others.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path
from threading import Thread

import pytest

from contracts.long_jobs import Waiting, echo, square_after_waiting
from contracts.real_stages import tiny_home
from contracts.two_machines import engine
from shopkeeper.assemble.ahead import encode_catalogue
from shopkeeper.assemble.ingest import ensure_shop, ingest
from shopkeeper.assemble.settings import ShopSettings
from shopkeeper.data import open_feed
from shopkeeper.records import InvalidRecord, InvalidRequest
from shopkeeper.records.ports import Engine
from shopkeeper.work import LocalEngine
from shopkeeper.world import scale_of
from shopkeeper.world.make import make_world
from shopkeeper.world.shoppers import BLOCK
from work.feeds import read_all, write_feed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Engine:
    return engine()


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_home() / "checkpoint", tmp_path / "checkpoint"))


def test_a_feed_becomes_the_same_products_and_rejects(cluster: Engine, tmp_path: Path) -> None:
    path = write_feed(tmp_path / "feed.jsonl.gz", 1_000)
    there = read_all(path, tmp_path / "there.jsonl", cluster)
    here = read_all(path, tmp_path / "here.jsonl", LocalEngine())
    assert there == here
    products, counts, rejects = here
    assert len(products) == 980
    assert (counts.rows, counts.rows_kept, counts.rows_rejected) == (1_000, 975, 25)
    assert counts.repairs["html"] == 1_000
    assert len(rejects.splitlines()) == 25


def test_a_broken_feed_is_refused_in_our_words(cluster: Engine, tmp_path: Path) -> None:
    path = write_feed(tmp_path / "feed.jsonl.gz", 5_000)
    path.write_bytes(path.read_bytes()[:-3_000])
    with pytest.raises(InvalidRecord, match=r"feed\.jsonl\.gz: the gzip file breaks off"):
        list(open_feed(path, engine=cluster))


def shop(root: Path, feed: Path, encoder: str) -> Path:
    ensure_shop(root, ShopSettings(encoder=encoder))
    ingest(root, feed)
    return root


def vectors(root: Path) -> dict[str, bytes]:
    """The cache of vectors, byte for byte, and the artefact made of it."""
    (cache,) = (root / "vectors").iterdir()
    (dense,) = (root / "artefacts" / "dense").glob("2*")
    files = [*cache.glob("*.*"), *(path for path in dense.rglob("*") if path.is_file())]
    return {
        path.name: path.read_bytes()
        for path in files
        if path.name not in ("about.json", "manifest.json")
    }


def test_a_catalogue_becomes_the_same_vectors(
    cluster: Engine, tmp_path: Path, checkpoint: Path
) -> None:
    """Also where the encoder's folder is not: what a machine needs of it comes with the job."""
    feed = write_feed(tmp_path / "feed.jsonl.gz", 700)
    here, there = (shop(tmp_path / n, feed, str(checkpoint)) for n in ("here", "there"))
    for root in (here, there):
        shutil.copytree(tiny_home() / "encoders", root / "encoders")
    report = encode_catalogue(here)
    assert report.encoded == report.products > 600
    hidden = tmp_path / "hidden"

    class Hides:
        """Takes the encoder's folder and its graph away before the cluster begins."""

        def run(self, work, parts, shared):
            rest = cluster.run(work, parts, shared)
            first = next(rest)
            checkpoint.rename(hidden)
            yield first
            yield from rest

    assert encode_catalogue(there, Hides()).encoded == report.encoded
    hidden.rename(checkpoint)
    assert vectors(there) == vectors(here)
    assert {"keys.bin", "rows.f32"} < set(vectors(here))


def test_a_world_becomes_the_same_files(cluster: Engine, tmp_path: Path) -> None:
    dials = ["products=300", f"shoppers={BLOCK + 30}", "shoppers.sessions=0.4"]
    scale = scale_of("tiny", [*dials, "queries.searches=2100"])
    here = make_world(tmp_path / "here", scale, seed=3)
    there = make_world(tmp_path / "there", scale, seed=3, engine=cluster)
    assert there.manifest == here.manifest
    assert len(here.manifest["files"]) > 10, "several parts of a kind"


def kill_the_worker(folder: Path) -> None:
    """As soon as one has begun part 5; the next one that takes it goes through."""
    deadline = time.monotonic() + 60
    while not (found := list(folder.glob("worker-*"))):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(int(found[0].name.removeprefix("worker-")), signal.SIGKILL)
    (folder / "go").touch()


def test_a_killed_worker_leaves_no_trace(cluster: Engine, tmp_path: Path) -> None:
    killer = Thread(target=kill_the_worker, args=(tmp_path,))
    killer.start()
    done = list(cluster.run(square_after_waiting, range(40), Waiting(tmp_path)))
    killer.join()
    assert done == [number * number for number in range(40)]
    assert len(list(tmp_path.glob("worker-*"))) == 2, "the part was done by two workers"


def test_another_version_is_refused(cluster: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from shopkeeper.work import cluster as room

    wanted = {**room.versions(), "numpy": "1.0.0"}
    monkeypatch.setattr(room, "versions", lambda: wanted)
    with pytest.raises(InvalidRequest, match=r"numpy .*; expected 1\.0\.0, as where the command"):
        list(cluster.run(echo, range(2), None))
