"""kill -9 at any moment: what was acknowledged is there, nothing is there by half."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from shopkeeper.records import Event
from shopkeeper.records.ports import Delete, Patch, Put
from shopkeeper.store import (
    EVENTS,
    ArtefactWriter,
    Log,
    Registry,
    ShopFolder,
    Vectors,
    open_artefact,
    read_log,
    text_key,
    versions,
)

SEEDS = [
    *range(6),
    *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 50)),
]
LIVES = 2
"""A shop is killed this often, each time upon what the last death left behind."""

pytestmark = pytest.mark.parametrize("seed", SEEDS)


@pytest.fixture
def moment(seed):
    return random.Random(seed)


def test_acknowledged_writes_survive(open_store, make_product, kill_while, moment):
    done = 0
    for _ in range(LIVES):

        def write_on(acknowledge, begin=done):
            with open_store() as products:
                for n in itertools.count(begin + 1):
                    # Three writes that are only true together.
                    products.write(
                        [
                            Put(make_product(f"left {n}")),
                            Put(make_product(f"right {n}")),
                            Patch(f"left {n}", stock=n),
                            Delete(f"left {n - 2}"),
                        ]
                    )
                    acknowledge(n)

        done = max(done, kill_while(write_on, moment))
        with open_store() as products:
            here = {product.id: product for product in products.all()}
            rights = sorted(int(i.split()[1]) for i in here if i.startswith("right"))
            lefts = sorted(int(i.split()[1]) for i in here if i.startswith("left"))
            assert rights == list(range(1, len(rights) + 1))
            assert len(rights) - done in (0, 1)  # 1: written, and killed before it could say so
            assert lefts == rights[-2:]
            assert all(here[f"left {n}"].variants[0].stock == n for n in lefts)
            assert products.damage() == []
            done = len(rights)


def test_a_feed_is_taken_in_whole_or_not_at_all(open_store, make_product, kill_while, moment):
    done = 0
    for _ in range(LIVES):

        def ingest_on(acknowledge, begin=done):
            with open_store() as products:
                for n in itertools.count(begin + 1):
                    feed = [make_product(f"p{k}", title=f"Feed {n}") for k in range(n, n + 29)]
                    products.ingest(feed, "replace", force=True)
                    acknowledge(n)

        done = max(done, kill_while(ingest_on, moment))
        with open_store() as products:
            here = list(products.all())
            feeds = {int(product.title["en"].split()[1]) for product in here}
            assert len(feeds) == (1 if here else 0)
            latest = max(feeds, default=0)
            assert latest - done in (0, 1)
            assert {p.id for p in here} == (
                {f"p{k}" for k in range(latest, latest + 29)} if here else set()
            )
            assert products.damage() == []
            done = latest


def test_an_artefact_appears_whole_or_not_at_all(tmp_path, kill_while, moment):
    done = 0
    for _ in range(LIVES):

        def publish_on(acknowledge, begin=done):
            for n in itertools.count(begin + 1):
                with ArtefactWriter(tmp_path, "index", config={"n": n}) as writer:
                    (writer.folder / "deep").mkdir()
                    (writer.folder / "deep" / "a.bin").write_bytes(bytes([n % 251]) * 10_007)
                    (writer.folder / "b.bin").write_bytes(b"b" * n)
                acknowledge(n)

        done = max(done, kill_while(publish_on, moment))
        there = [open_artefact(tmp_path / "index" / v) for v in versions(tmp_path, "index")]
        assert [artefact.config["n"] for artefact in there] == list(range(1, len(there) + 1))
        assert len(there) - done in (0, 1)
        done = len(there)
    with ArtefactWriter(tmp_path, "index", config={}) as writer:
        hidden = {path.name for path in (tmp_path / "index").glob(".*")}
        assert hidden == {".lock", writer.folder.name}, "what the dead left was swept"


def test_the_registry_has_the_last_promotion_or_the_next(tmp_path, kill_while, moment):
    folder = ShopFolder(tmp_path)
    for n in range(2):
        with ArtefactWriter(folder.artefacts, "index", config={"n": n}):
            pass
    there = versions(folder.artefacts, "index")
    Registry(folder).promote("index", there[0])

    def promote_on(acknowledge):
        registry = Registry(folder)
        for n in itertools.count(1):
            registry.promote("index", there[n % 2])
            acknowledge(n)

    done = kill_while(promote_on, moment)
    standing = Registry(folder).standing("index")
    promotions = len(standing.previous)
    assert promotions - done in (0, 1)
    assert standing.live == there[promotions % 2]
    if promotions:
        assert Registry(folder).roll_back("index").live == there[(promotions - 1) % 2]


def test_acknowledged_vectors_survive(tmp_path, kill_while, moment):
    done = 0
    for _ in range(LIVES):

        def add_on(acknowledge, begin=done):
            vectors = Vectors(tmp_path, "encoder-1", dimension=97)
            for n in itertools.count(begin + 1):
                keys = [text_key(f"{n} {k}") for k in range(5)]
                vectors.put_many(keys, np.full((5, 97), n, dtype=np.float32))
                acknowledge(n)

        done = max(done, kill_while(add_on, moment))
        vectors = Vectors(tmp_path, "encoder-1", dimension=97)
        keys = [text_key(f"{n} {k}") for n in range(1, done + 1) for k in range(5)]
        found, matrix = vectors.get_many(keys)
        assert found.all()
        np.testing.assert_array_equal(matrix[:, 0], np.repeat(np.arange(1, done + 1), 5))
        assert vectors.damage() == 0


def test_flushed_log_rows_survive(tmp_path, kill_while, moment):
    done = 0
    for _ in range(LIVES):

        def log_on(acknowledge, begin=done):
            log = Log(tmp_path, EVENTS, largest_file=1000)
            for n in itertools.count(begin + 1):
                log.append(Event("click", timestamp_ms=n))
                log.flush()
                acknowledge(n)

        done = max(done, kill_while(log_on, moment))
        numbers = [event.timestamp_ms for event in read_log(tmp_path, EVENTS)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) - done in (0, 1)
        done = len(numbers)
