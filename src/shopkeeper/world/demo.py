"""What does the demo shop open with?"""

from __future__ import annotations

import json
from pathlib import Path

from shopkeeper.world.item import Item, picture_url
from shopkeeper.world.pictures import draw
from shopkeeper.world.vocabulary import Goods
from shopkeeper.world.world import World


def write_demo(folder: Path, seed: int = 0, products: int = 2000) -> Path:
    """Write a shop's feed, pictures and queries; returns the feed's path.

    Files: ``feed.jsonl`` (a canonical product per line), ``pictures/<id>.svg`` (further colours:
    ``<id>-2.svg`` …, named by the variants' images) and ``queries.jsonl`` (each with its gold).
    Files of these names are replaced; the same arguments write the same bytes.
    """
    world = World(seed=seed, size=products)
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    feed = folder / "feed.jsonl"
    with feed.open("w", encoding="utf-8", newline="\n") as lines:
        for index, product in enumerate(world.products()):
            lines.write(_line(product.to_dict()))
            _write_pictures(pictures, world.item(index), world.goods)
    return feed


def _line(record: dict[str, object]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"


def _write_pictures(folder: Path, item: Item, goods: Goods) -> None:
    for place, colour in enumerate(item.colours):
        name = picture_url(item.id, place).rpartition("/")[2]
        (folder / name).write_text(draw(item, goods, colour), encoding="utf-8")
