"""What does the demo shop open with? Its goods and pictures, and a month's log of shoppers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from shopkeeper.records import Event, ServeLogRow
from shopkeeper.store import EVENTS, SERVE_LOG, write_log
from shopkeeper.world.item import Item, picture_url
from shopkeeper.world.log_records import log_records
from shopkeeper.world.origin import Origin, write_origin
from shopkeeper.world.pictures import draw
from shopkeeper.world.shoppers import shopper_blocks
from shopkeeper.world.vocabulary import Goods
from shopkeeper.world.world import World

Timed = TypeVar("Timed", ServeLogRow, Event)


def write_demo(folder: Path, origin: Origin) -> Path:
    """Write a shop's feed and pictures, and where they come from; returns the feed's path.

    Files: ``feed.jsonl`` (a canonical product per line), ``pictures/<id>.svg`` (further colours:
    ``<id>-2.svg`` …, named by the variants' images) and ``world.json``. Files of these names are
    replaced; the same arguments write the same bytes.
    """
    scale = origin.scale
    world = World(origin.seed, scale.products, scale.config.goods)
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    feed = folder / "feed.jsonl"
    with feed.open("w", encoding="utf-8", newline="\n") as lines:
        for index in range(world.size):
            item = world.item(index)
            lines.write(_line(world.listing(item, index).product.to_dict()))
            _write_pictures(pictures, item, world.goods)
    write_origin(folder, origin)
    return feed


def write_demo_log(folder: Path, origin: Origin) -> tuple[int, int]:
    """Write what the world's shoppers did into a shop's log; how many rows and events.

    They lie as the shop writes its own, in files by day, the serve log's and the events'.
    """
    market = origin.open()
    rows: list[ServeLogRow] = []
    events: list[Event] = []
    for block, count in shopper_blocks(origin.scale.shoppers):
        behaviour = market.shopping.run(market.shoppers(block, count))
        of_block = log_records(market, behaviour)
        rows += of_block[0]
        events += of_block[1]
    return (
        write_log(folder, SERVE_LOG, _by_time(rows)),
        write_log(folder, EVENTS, _by_time(events)),
    )


def _by_time(rows: list[Timed]) -> Iterator[tuple[int, Timed]]:
    return ((row.timestamp_ms, row) for row in sorted(rows, key=lambda row: row.timestamp_ms))


def _line(record: dict[str, object]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"


def _write_pictures(folder: Path, item: Item, goods: Goods) -> None:
    for place, colour in enumerate(item.colours):
        name = picture_url(item.id, place).rpartition("/")[2]
        (folder / name).write_text(draw(item, goods, colour), encoding="utf-8")
