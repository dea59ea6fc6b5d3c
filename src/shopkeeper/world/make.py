"""How is a world written down? Catalogue, log and truth, streamed to files of Parquet.

    manifest.json                 version, seed, dials, and every file's size and SHA-256
    catalogue/part-*.parquet      the products as merchants list them
    log/serve/part-*.parquet      searches and feeds with their candidates, as a shop logs them
    log/events/part-*.parquet     clicks, carts and purchases
    knowledge.jsonl               what training may know of the goods
    truth/…                       what no learner may read: queries with their intents, candidates'
                                  grades and odds, causes of purchases, shoppers, all knowledge

The same seed and dials write the same bytes, whatever engine does the work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from platform import node
from typing import Any

from shopkeeper.knowledge import Fact, KnowledgeGraph
from shopkeeper.records import InvalidRequest, NotFound, Product
from shopkeeper.records.ports import Engine
from shopkeeper.work import LocalEngine
from shopkeeper.world.arrays import lay
from shopkeeper.world.book import Windows, bind_book
from shopkeeper.world.catalogue import Catalogue, open_catalogue, read_catalogue
from shopkeeper.world.market import Market, Stocked, market_of, stock
from shopkeeper.world.presets import Scale
from shopkeeper.world.queries import WorldQuery, blocks_of, count_queries
from shopkeeper.world.shoppers import shopper_blocks
from shopkeeper.world.speech import Asked
from shopkeeper.world.version import generator_version
from shopkeeper.world.work import Tell, be_quiet, in_parts
from shopkeeper.world.world import World

PART = 8_192
"""Products of a file."""
QUERIES_A_PART = 2_048

HERE = LocalEngine()
"""This process."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was written."""

    folder: Path
    market: Market
    manifest: dict[str, Any]


def make_world(
    folder: Path,
    scale: Scale,
    *,
    seed: int = 0,
    products: Iterable[Product] | None = None,
    engine: Engine = HERE,
    tell: Tell = be_quiet,
) -> Made:
    """Write a world; the folder must be new or empty.

    Args:
        products: a real catalogue to put shoppers into; None: generated goods.
        engine: who does it; the files do not depend on it. Its machines must all see the folder,
            under the same path.

    Raises:
        InvalidRequest: there is something in the folder.
        NotFound: a machine of the engine does not see it.
    """
    folder = folder.absolute()
    if folder.exists() and any(folder.iterdir()):
        raise InvalidRequest(f"{folder} is not empty", expected="a new folder")
    goods: World | Catalogue
    if products is None:
        goods = World(seed=seed, size=scale.products, dials=scale.config.goods)
    else:
        goods = read_catalogue(products, seed=seed)
    folders = ("catalogue", "log/serve", "log/events", *(f"truth/{name}" for name in _TRUTHS))
    for name in folders:
        (folder / name).mkdir(parents=True, exist_ok=True)
    starts = range(0, goods.size, PART)
    parts = [(start, min(start + PART, goods.size), folder) for start in starts]
    stocked = in_parts(_stock, parts, goods, engine=engine, stage="products", tell=tell)
    if isinstance(goods, World):
        market = market_of(goods, scale.config, stocked)
    else:
        market = open_catalogue(goods, scale.config, stocked)
    market = open_market(market, engine=engine, tell=tell)
    blocks = [(block, count, folder) for block, count in shopper_blocks(scale.shoppers)]
    _check_parts(folder, "catalogue", len(parts))
    rows = list(in_parts(_shop, blocks, market, engine=engine, stage="shoppers", tell=tell))
    for name in folders[1:]:
        _check_parts(folder, name, len(blocks))
    _write_lines(folder / "knowledge.jsonl", _facts(market.graph.for_training()))
    _write_lines(folder / "truth" / "knowledge.jsonl", _facts(market.graph))
    _write_lines(folder / "truth" / "queries.jsonl", map(query_line, market.book.queries))
    manifest = {
        "format": 1,
        "simulated": True,
        "version": generator_version(),
        "seed": seed,
        "products": goods.size,
        "left_out": 0 if isinstance(goods, World) else goods.left_out,
        "shoppers": scale.shoppers,
        "config": asdict(market.config),
        "rows": {name: sum(row[name] for row in rows) for name in rows[0]},
        "files": dict(_checksums(folder)),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    return Made(folder, market, manifest)


def open_market(market: Market, *, engine: Engine = HERE, tell: Tell = be_quiet) -> Market:
    """The market with its book written."""
    blocks = blocks_of(market.config.queries.searches)
    drawn = in_parts(_ask, blocks, market, engine=engine, stage="searches", tell=tell)
    queries = count_queries(drawn)
    cuts = range(0, len(queries), QUERIES_A_PART)
    parts = [queries[cut : cut + QUERIES_A_PART] for cut in cuts]
    windows = in_parts(_find, parts, market, engine=engine, stage="queries", tell=tell)
    market.keep(bind_book(queries, lay(list(windows)), market.shelves))
    return market


def query_line(query: WorldQuery) -> dict[str, Any]:
    """A query with its gold, as a line of JSON."""
    intent = query.asked.intent
    return {
        "id": query.id,
        "text": query.text,
        "locale": query.asked.locale,
        "count": query.count,
        "bucket": query.bucket,
        "is_misspelt": query.asked.is_misspelt,
        **asdict(intent),
    }


_TRUTHS = ("candidates", "causes", "shoppers")


def _check_seen(folder: Path) -> None:
    """Before a part is written: a folder made here would be another machine's own."""
    if not (folder / "catalogue").is_dir():
        raise NotFound(
            "the world's folder is not there",
            where=f"{folder} on {node()}",
            expected="one folder that all machines see under the same path",
            hint="give an --out on storage that they share, or use --engine local",
        )


def _check_parts(folder: Path, name: str, expected: int) -> None:
    """After all were written: another machine may have a folder of the same name."""
    found = sum(1 for _ in (folder / name).glob("part-*.parquet"))
    if found != expected:
        raise NotFound(
            f"{found:,} of {expected:,} parts",
            where=str(folder / name),
            expected="all of them, in one folder that all machines see under the same path",
            hint="give an --out on storage that they share, or use --engine local",
        )


def _stock(goods: World | Catalogue, part: tuple[int, int, Path]) -> Stocked:
    from shopkeeper.world.files import write_products

    start, end, folder = part
    _check_seen(folder)
    pairs = [goods.placed(index) for index in range(start, end)]
    write_products(
        folder / "catalogue" / f"part-{start // PART:05d}.parquet", (p for _, p in pairs)
    )
    return stock(pairs, goods.schema())


def _ask(market: Market, block: tuple[int, int]) -> list[Asked]:
    return list(market.asking().draw(market.seed, *block))


def _find(market: Market, queries: tuple[WorldQuery, ...]) -> Windows:
    return market.find_windows(queries)


def _shop(market: Market, part: tuple[int, int, Path]) -> dict[str, int]:
    """Write one block of shoppers; how many rows of what."""
    from shopkeeper.world import logs, truth_tables
    from shopkeeper.world.files import write_table
    from shopkeeper.world.log_records import kept_candidates

    block, count, folder = part
    _check_seen(folder)
    shoppers = market.shoppers(block, count)
    behaviour = market.shopping.run(shoppers)
    names = market.names
    requests = behaviour.searches, behaviour.feeds
    pairs = tuple(zip(requests, kept_candidates(market, behaviour), strict=True))
    file = f"part-{block:05d}.parquet"
    serve = [logs.serve_table(names, market, shoppers, *pair) for pair in pairs]
    events = logs.event_table(names, behaviour)
    truths = [truth_tables.candidate_table(names, market, shoppers, *pair) for pair in pairs]
    write_table(folder / "log/serve" / file, *serve)
    write_table(folder / "log/events" / file, events)
    write_table(folder / "truth/candidates" / file, *truths)
    write_table(folder / "truth/causes" / file, truth_tables.cause_table(names, behaviour))
    write_table(folder / "truth/shoppers" / file, truth_tables.shopper_table(market, shoppers))
    return {
        "searches": len(behaviour.searches.asks),
        "feeds": len(behaviour.feeds.asks),
        "candidates": sum(int(of.is_there.sum()) for _, of in pairs),
        "exposures": sum(int(of.is_there[:, : of.exposed].sum()) for _, of in pairs),
        "events": events.num_rows,
        "later purchases": len(behaviour.later.request),
    }


def _facts(graph: KnowledgeGraph) -> Iterator[dict[str, str]]:
    return (Fact._asdict(fact) for fact in graph.facts())


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _checksums(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            yield str(path.relative_to(folder)), {"bytes": path.stat().st_size, "sha256": digest}
