"""A world on disk: the same bytes however it is made, all of it in the manifest."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from shopkeeper.data.logs import read_event_log, read_serve_log
from shopkeeper.knowledge import Fact
from shopkeeper.records import CLICK, InvalidRequest
from shopkeeper.work import LocalEngine
from shopkeeper.world import Scale, scale_of
from shopkeeper.world.make import Made, make_world
from shopkeeper.world.shoppers import BLOCK
from shopkeeper.world.version import generator_version
from shopkeeper.world.work import in_parts

SCALE = scale_of(
    "tiny",
    ["products=300", f"shoppers={BLOCK + 30}", "shoppers.sessions=0.4", "queries.searches=2100"],
)
"""Two blocks of searches and two of shoppers, so that two processes have something to share."""
SMALL = scale_of("tiny", ["products=200", "shoppers=60", "queries.searches=200"])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_world(tmp_path_factory.mktemp("worlds") / "one", SCALE, seed=5)


def test_two_processes_write_the_same_bytes(made: Made, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    twice = make_world(
        tmp_path / "two", SCALE, seed=5, engine=LocalEngine(2), tell=lambda *said: told.append(said)
    )
    assert twice.manifest == made.manifest
    assert manifest(twice.folder) == manifest(made.folder)
    done = Counter(stage for stage, number, total in told if number == total)
    assert set(done) == {"products", "searches", "queries", "shoppers"}


def test_another_run_in_the_same_process_too(tmp_path: Path) -> None:
    one, two, other = (
        make_world(tmp_path / name, SMALL, seed=seed)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert one.manifest == two.manifest
    assert one.manifest["files"] != other.manifest["files"]
    assert one.manifest["files"].keys() == other.manifest["files"].keys()


def test_the_manifest_lists_every_file_with_its_checksum(made: Made) -> None:
    written = {
        path.relative_to(made.folder).as_posix(): path
        for path in made.folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    listed = manifest(made.folder)["files"]
    assert set(listed) == set(written)
    assert len(listed) > 10
    for name, entry in listed.items():
        content = written[name].read_bytes()
        assert entry == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_the_manifest_says_what_was_made(made: Made) -> None:
    said = manifest(made.folder)
    assert said["simulated"] is True
    assert (said["seed"], said["version"]) == (5, generator_version())
    assert json.loads(json.dumps(asdict(SCALE.config))) == said["config"]
    assert said["products"] == SCALE.products
    assert said["shoppers"] == SCALE.shoppers


def test_rows_are_counted(made: Made) -> None:
    serve = list(read_serve_log(made.folder / "log" / "serve"))
    events = list(read_event_log(made.folder / "log" / "events"))
    rows = made.manifest["rows"]
    assert rows["searches"] == sum(row.domain == "search" for row in serve) > 500
    assert rows["feeds"] == sum(row.domain == "feed" for row in serve) > 100
    assert rows["candidates"] == sum(len(row.candidates) for row in serve)
    assert rows["exposures"] == sum(of.exposed for row in serve for of in row.candidates)
    assert rows["events"] == len(events)
    assert rows["later purchases"] == sum(event.query_id is None for event in events)
    assert len({row.query_id for row in serve}) == len(serve)
    queries = {row.query_id for row in serve}
    assert {e.query_id for e in events if e.action == CLICK} <= queries


def test_the_catalogue_holds_the_products_in_order(made: Made) -> None:
    table = pq.read_table(made.folder / "catalogue")
    ids = [f"p{index:06d}" for index in range(SCALE.products)]
    assert table["id"].to_pylist() == ids
    assert {"title", "brand", "category", "attributes", "variants"} <= set(table.column_names)
    assert "quality" not in table.column_names


def test_training_is_told_less_than_the_truth(made: Made) -> None:
    open_, all_ = (facts(made.folder), facts(made.folder / "truth"))
    assert open_ < all_
    assert len(open_) > 10_000
    hidden = [c for c in made.market.graph.concepts if c.split == "hidden"]
    assert not {fact.head for fact in open_} & {f"{c.kind}:{c.id}" for c in hidden}


def test_no_truth_lies_outside_its_folder(made: Made) -> None:
    """Column by column: no grade, odds, cause or taste is in the catalogue or the log."""
    causes = {"grade", "true_grade", "examined", "click", "cart", "buy", "taste", "quality"}
    seen = Counter[str]()
    for path in made.folder.rglob("*.parquet"):
        part = path.relative_to(made.folder).parts[0]
        columns = set(pq.read_schema(path).names)
        seen[part] += bool(columns & causes)
    assert seen["truth"] >= 4
    assert not seen["log"] + seen["catalogue"]
    assert set(seen) == {"catalogue", "log", "truth"}


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me", "utf-8")
    with pytest.raises(InvalidRequest, match="is not empty"):
        make_world(tmp_path, SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_version_is_twelve_hexadecimal_digits() -> None:
    assert re.fullmatch("[0-9a-f]{12}", generator_version())


def test_another_file_is_another_version(tmp_path: Path, monkeypatch) -> None:
    from shopkeeper.world import version

    room = tmp_path / "room"
    (room / "words").mkdir(parents=True)
    (room / "words" / "a.toml").write_text("x = 1", "utf-8")
    monkeypatch.setattr(version, "ROOMS", ("room",))
    monkeypatch.setattr(version, "files", lambda _: room)
    digests = [version.generator_version.__wrapped__()]
    (room / "__pycache__").mkdir()
    (room / "__pycache__" / "a.pyc").write_bytes(b"compiled")
    digests.append(version.generator_version.__wrapped__())
    (room / "words" / "a.toml").write_text("x = 2", "utf-8")
    digests.append(version.generator_version.__wrapped__())
    (room / "words" / "a.toml").rename(room / "words" / "b.toml")
    digests.append(version.generator_version.__wrapped__())
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def double(shared: int, part: int) -> int:
    return shared + 2 * part


def test_parts_come_back_in_order() -> None:
    told: list[tuple[str, int, int]] = []
    done = in_parts(
        double,
        range(9),
        100,
        engine=LocalEngine(),
        stage="s",
        tell=lambda *said: told.append(said),
    )
    assert list(done) == [100 + 2 * part for part in range(9)]
    assert told == [("s", number, 9) for number in range(10)]


def manifest(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return read


def facts(folder: Path) -> set[Fact]:
    lines = (folder / "knowledge.jsonl").read_text("utf-8").splitlines()
    return {Fact(**json.loads(line)) for line in lines}


def test_the_smallest_world_is_whole(tmp_path: Path) -> None:
    made = make_world(tmp_path / "w", Scale(200, 1, SMALL.config))
    assert made.manifest["rows"]["searches"] >= 0
    assert len(made.manifest["files"]) >= 9
