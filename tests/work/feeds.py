"""A feed with everything in it that a conversion has to keep apart."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from shopkeeper.data import FeedCounts, open_feed
from shopkeeper.records import Product
from shopkeeper.records.ports import Engine


def rows(count: int) -> Iterator[dict[str, object]]:
    """Products with rows among them that are none, that need repair, and that come twice."""
    for number in range(count):
        row: dict[str, object] = {
            "id": f"p{number % (count - 5):05}",
            "title": f"<b>Tent</b> {number} &amp; pegs",
            "price": f"{number}.50",
        }
        if number % 50 == 7:
            row["price"] = "a lot"
        yield row


def write_feed(path: Path, count: int) -> Path:
    """As one gzip, which nobody can read from the middle."""
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for row in rows(count):
            file.write(json.dumps(row) + "\n")
    return path


def read_all(path: Path, rejects: Path, by: Engine) -> tuple[list[Product], FeedCounts, bytes]:
    """All that a feed becomes."""
    feed = open_feed(path, rejects=rejects, engine=by)
    return list(feed), feed.counts, rejects.read_bytes()
