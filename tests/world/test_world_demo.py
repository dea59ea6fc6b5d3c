"""The demo's folder: its feed, its pictures, its log, and where it comes from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shopkeeper.records import InvalidRecord, InvalidRequest, Product
from shopkeeper.store import EVENTS, SERVE_LOG, read_log
from shopkeeper.world import World, write_demo
from shopkeeper.world.demo import write_demo_log
from shopkeeper.world.origin import Origin, read_origin

ORIGIN = Origin(4, "tiny", ("products=200", "shoppers=60", "queries.searches=200"))


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_feed_has_the_world_s_products_and_all_their_pictures(tmp_path: Path) -> None:
    lines = write_demo(tmp_path, ORIGIN).read_text("utf-8").splitlines()
    products = [Product.from_dict(json.loads(line)) for line in lines]
    assert products == list(World(seed=4, size=200).products())
    images = {p.image for p in products} | {v.image for p in products for v in p.variants}
    images.discard(None)
    assert {f"/pictures/{path.name}" for path in (tmp_path / "pictures").iterdir()} == images
    assert len(images) > 200
    before = contents(tmp_path)
    write_demo(tmp_path, ORIGIN)
    assert contents(tmp_path) == before


def test_the_log_has_what_its_shoppers_did(tmp_path: Path) -> None:
    searches, events = write_demo_log(tmp_path, ORIGIN)
    rows = list(read_log(tmp_path, SERVE_LOG))
    done = list(read_log(tmp_path, EVENTS))
    assert (len(rows), len(done)) == (searches, events)
    assert {row.domain for row in rows} == {"search", "feed"}
    market = ORIGIN.open()
    behaviour = market.shopping.run(market.shoppers(0, 60))
    assert len(rows) == len(behaviour.searches.asks) + len(behaviour.feeds.asks) > 50
    assert [row.timestamp_ms for row in rows] == sorted(row.timestamp_ms for row in rows)
    assert {event.query_id for event in done} <= {row.query_id for row in rows} | {None}


def test_an_origin_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_origin(tmp_path) is None
    write_demo(tmp_path, ORIGIN)
    assert read_origin(tmp_path) == ORIGIN


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        '{"seed": 0, "preset": "huge", "settings": []}',
        '{"seed": "a", "preset": "tiny", "settings": []}',
        '{"seed": 0, "preset": "tiny", "settings": ["products=1"]}',
    ],
)
def test_an_origin_that_makes_no_world_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "world.json").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidRecord, match=r"world\.json"):
        read_origin(tmp_path)


@pytest.mark.parametrize("seed", [-1, True, "0"])
def test_a_seed_is_a_whole_number(seed: object) -> None:
    with pytest.raises(InvalidRequest, match="seed"):
        Origin(seed)  # type: ignore[arg-type]
