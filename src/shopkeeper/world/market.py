"""How is a marketplace opened? Goods onto shelves, queries into a book, shoppers at the door."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shopkeeper.knowledge import KnowledgeGraph
from shopkeeper.records import Product
from shopkeeper.world.asking import goods_words
from shopkeeper.world.book import QueryBook, Windows, bind_book, find_windows
from shopkeeper.world.choice import make_choice
from shopkeeper.world.config import WorldConfig
from shopkeeper.world.engine import Postings, WordEngine, join_postings
from shopkeeper.world.names import Names, names_of
from shopkeeper.world.policy import LoggedPolicy
from shopkeeper.world.queries import Asking, WorldQuery, blocks_of, count_queries
from shopkeeper.world.response import Response, response_of
from shopkeeper.world.sessions import Shopping
from shopkeeper.world.shelves import Shelves
from shopkeeper.world.shoppers import BLOCK, Shoppers, draw_shoppers
from shopkeeper.world.stocking import Chunk, Placed, Schema, join_chunks
from shopkeeper.world.truth import Truth
from shopkeeper.world.words import Words
from shopkeeper.world.world import World


@dataclass(frozen=True)
class Market:
    """A catalogue with everything that is true about it, and shoppers in it."""

    seed: int
    config: WorldConfig
    shelves: Shelves
    engine: WordEngine
    graph: KnowledgeGraph
    words: Words

    @cached_property
    def truth(self) -> Truth:
        return Truth(self.shelves, self.graph)

    @cached_property
    def response(self) -> Response:
        return response_of(self.shelves, self.config.behaviour)

    def asking(self, grammar: str = "keyword", *, held_out: bool = False) -> Asking:
        """Where queries of a grammar are drawn from."""
        dials = self.config.queries
        return Asking(self.shelves, self.graph, self.words, dials, grammar, held_out)

    @cached_property
    def book(self) -> QueryBook:
        """What is asked in the log."""
        asking = self.asking()
        blocks = blocks_of(self.config.queries.searches)
        return self.open_book(count_queries(asking.draw(self.seed, *block) for block in blocks))

    def keep(self, book: QueryBook) -> None:
        """Take a book that was written elsewhere, in place of drawing it."""
        self.__dict__["book"] = book

    def open_book(self, queries: Sequence[WorldQuery]) -> QueryBook:
        """A book of these queries, with what the engine finds for each."""
        return bind_book(queries, self.find_windows(queries), self.shelves)

    def find_windows(self, queries: Sequence[WorldQuery]) -> Windows:
        return find_windows(queries, self.truth, self.engine, self.config.policy.window)

    @cached_property
    def names(self) -> Names:
        return names_of(self.shelves, self.book.queries)

    @cached_property
    def shopping(self) -> Shopping:
        shelves = self.shelves
        goods = make_choice(
            shelves.aisle_of.astype(np.int64),
            shelves.popularity.astype(np.float64),
            len(shelves.aisles),
        )
        demand = make_choice(np.zeros(len(self.demand), dtype=np.int64), self.demand, 1)
        policy = LoggedPolicy(self.book, self.config.policy, len(self.config.behaviour.examined))
        return Shopping(self.seed, self.config, self.book, policy, self.response, goods, demand)

    @cached_property
    def demand(self) -> NDArray[np.float64]:
        """[aisles] How often each is asked for."""
        asked = np.bincount(
            self.book.aisle,
            weights=[query.count for query in self.book.queries],
            minlength=len(self.shelves.aisles),
        )
        return np.asarray(asked, dtype=np.float64)

    def shoppers(self, block: int, count: int = BLOCK) -> Shoppers:
        """The first `count` shoppers of a block."""
        sales = np.bincount(self.shelves.brand, weights=self.shelves.popularity)
        return draw_shoppers(
            self.seed,
            block,
            count,
            self.config.shoppers,
            demand=self.demand,
            brand_sales=sales.astype(np.float64),
            chinese=self.config.queries.chinese,
        )


@dataclass(frozen=True, slots=True)
class Stocked:
    """Products in a row, ready to be joined with those before and behind them."""

    chunk: Chunk
    postings: Postings


def stock(products: Iterable[tuple[Placed, Product]], schema: Schema) -> Stocked:
    chunk, postings = Chunk(), Postings()
    for placed, product in products:
        chunk.add(placed, schema)
        postings.add(product)
    return Stocked(chunk, postings)


def market_of(world: World, config: WorldConfig, parts: Iterable[Stocked] | None = None) -> Market:
    """The marketplace of a generated world.

    Args:
        parts: its products, stocked in order, where that was done elsewhere; None: done here.
    """
    schema = world.schema()
    if parts is None:
        parts = [stock(map(world.placed, range(world.size)), schema)]
    parts = list(parts)
    shelves = join_chunks([part.chunk for part in parts], schema)
    return Market(
        seed=world.seed,
        config=replace(config, goods=world.dials),
        shelves=shelves,
        engine=join_postings((part.postings for part in parts), shelves.popularity),
        graph=world.goods.knowledge,
        words=goods_words(world.goods),
    )
