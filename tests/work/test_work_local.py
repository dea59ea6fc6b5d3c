"""Several processes make what one makes, to the byte; and what an engine needs is asked for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import numpy as np
import pytest

from contracts.real_stages import tiny_encoder, tiny_home
from shopkeeper.assemble.ahead import encode_catalogue
from shopkeeper.assemble.ingest import ensure_shop, ingest
from shopkeeper.assemble.settings import ShopSettings
from shopkeeper.assemble.shop import Shop
from shopkeeper.data import open_feed
from shopkeeper.records import Busy, InvalidRecord, InvalidRequest, NotFound
from shopkeeper.store import ShopFolder
from shopkeeper.store.locks import exclusive
from shopkeeper.work import LocalEngine, open_engine
from shopkeeper.world import scale_of
from shopkeeper.world.make import make_world
from work.feeds import read_all, write_feed
from work.holding import PARTS, held

TWO = LocalEngine(2)


def test_a_feed_becomes_the_same_products_and_rejects(tmp_path: Path) -> None:
    path = write_feed(tmp_path / "feed.jsonl.gz", 1_000)
    there = read_all(path, tmp_path / "there.jsonl", TWO)
    here = read_all(path, tmp_path / "here.jsonl", LocalEngine())
    assert there == here
    assert len(here[0]) == 980
    assert (here[1].rows, here[1].rows_kept, here[1].rows_rejected) == (1_000, 975, 25)
    assert here[1].repairs == {"html": 1_000}
    assert len(here[2].splitlines()) == 25


def test_what_came_before_a_feed_broke_off_is_given_and_counted(tmp_path: Path) -> None:
    path = write_feed(tmp_path / "feed.jsonl.gz", 5_000)
    path.write_bytes(path.read_bytes()[:-3_000])
    feed, seen = open_feed(path, engine=TWO), []
    with pytest.raises(InvalidRecord, match=r"feed\.jsonl\.gz: the gzip file breaks off"):
        seen.extend(product.id for product in feed)
    assert feed.counts.rows > 256
    assert feed.counts.rows == feed.counts.rows_kept + feed.counts.rows_rejected


@pytest.fixture
def fed(tmp_path: Path) -> list[Path]:
    """Two shops of the same products, which have the graph of their encoder already."""
    feed, roots = write_feed(tmp_path / "feed.jsonl.gz", 700), [tmp_path / "a", tmp_path / "b"]
    for root in roots:
        ensure_shop(root, ShopSettings(encoder=str(tiny_home() / "checkpoint")))
        shutil.copytree(tiny_home() / "encoders", root / "encoders")
        ingest(root, feed)
    return roots


def test_a_catalogue_becomes_the_same_vectors(fed: list[Path]) -> None:
    reports = [
        encode_catalogue(root, by) for root, by in zip(fed, (LocalEngine(), TWO), strict=True)
    ]
    assert reports[0].encoded == reports[0].products > 600
    kept = []
    for root in fed:
        (cache,) = ShopFolder(root).vectors.iterdir()
        kept.append([(cache / name).read_bytes() for name in ("keys.bin", "rows.f32")])
    assert kept[0] == kept[1]
    assert len(kept[0][1]) == reports[0].encoded * tiny_encoder().dimension * 4
    with Shop(fed[0], is_serving=False) as shop:
        assert shop.serving.dense_version == reports[0].version is not None
    again = encode_catalogue(fed[0])
    assert again == reports[0], "nothing is left to do"


def test_a_shop_of_words_alone_has_nothing_to_encode(tmp_path: Path) -> None:
    ensure_shop(tmp_path, ShopSettings(encoder="none"))
    with pytest.raises(InvalidRequest, match=r"shop\.toml: the shop searches by words alone"):
        encode_catalogue(tmp_path)


def test_an_encoder_that_was_sent_makes_the_same_bytes_of_the_same_batch() -> None:
    texts = [f"red tent for {'two ' * (n % 7)}people" for n in range(40)]
    encoder = tiny_encoder().products
    sent, again = (ForkingPickler.loads(ForkingPickler.dumps(encoder)) for _ in range(2))
    made = encoder.encode(texts)
    assert sent.encode(texts).tobytes() == again.encode(texts).tobytes() == made.tobytes()
    assert len({row.tobytes() for row in made}) >= 7, "of 7 texts: the last bit is the batch's"
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    np.testing.assert_allclose(alone, made, atol=1e-5)


def test_a_world_is_not_made_in_a_folder_that_a_machine_does_not_see(tmp_path: Path) -> None:
    class Elsewhere:
        """Works where the folder has another place, as a machine does that does not share it."""

        def run(self, work, parts, shared):
            moved = [(*part[:-1], tmp_path / "elsewhere") for part in parts]
            yield from LocalEngine().run(work, moved, shared)

    with pytest.raises(NotFound, match=r"elsewhere on .*: the world's folder is not there"):
        make_world(tmp_path / "w", scale_of("tiny"), engine=Elsewhere())


def test_a_world_with_a_part_on_another_machine_is_refused(tmp_path: Path) -> None:
    class Loses:
        """Each part is written, but the first one in another machine's folder of that name."""

        def run(self, work, parts, shared):
            for number, done in enumerate(LocalEngine().run(work, parts, shared)):
                if number == 0:
                    (tmp_path / "w" / "catalogue" / "part-00000.parquet").unlink(missing_ok=True)
                yield done

    with pytest.raises(NotFound, match="catalogue: 0 of 1 parts; expected all of them"):
        make_world(tmp_path / "w", scale_of("tiny", ["queries.searches=200"]), engine=Loses())


def test_ray_is_asked_for_by_the_name_of_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopkeeper.work.find_spec", lambda name: None)
    asked = pytest.raises(NotFound, match=r"--engine ray: .* pip install 'shopkeeper-search\[distr")
    with asked, open_engine("ray"):
        pass


def test_workers_end_with_a_process_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "work.holding", str(tmp_path)]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    )
    assert child.stdout is not None
    assert sorted(child.stdout.readline().strip() for _ in PARTS) == ["1", "2"]
    for part in PARTS:
        with pytest.raises(Busy), exclusive(held(tmp_path, part), "see"):
            pass
    child.kill()
    child.wait()
    for part in PARTS:
        with exclusive(held(tmp_path, part), "see", wait_s=30):
            pass
    child.stdout.close()
