"""How much do the world's queries and shoppers resemble real ones? Distances on the report half.

The dials were set by the tune half of each real source; what is shown here is the other half, with
the distance between the two real halves beside it as the floor of what can be told apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from shopkeeper.data import load_judged, open_feed
from shopkeeper.data.behaviour_sets import (
    load_displays,
    load_purchases,
    load_searches,
    load_sessions,
)
from shopkeeper.data.query_sets import load_brands, load_queries
from shopkeeper.experiment.behaviour_likeness import (
    Behaviour,
    as_published,
    behaviour_halves,
    behaviour_profile,
)
from shopkeeper.experiment.likeness import Distance, Halves, distances
from shopkeeper.experiment.log_behaviour import behaviour_of_log
from shopkeeper.experiment.query_likeness import (
    Queries,
    query_halves,
    query_profile,
    relevant_titles,
)
from shopkeeper.experiment.repurchase import thinned
from shopkeeper.experiment.telltale import Telltale, telltale
from shopkeeper.experiment.typos import GoodWords
from shopkeeper.records import Product
from shopkeeper.world import Market
from shopkeeper.world.log_records import log_records
from shopkeeper.world.shoppers import shopper_blocks
from shopkeeper.world.vocabulary import CHINESE, ENGLISH

SAMPLED = 2_000
"""Different queries of each language whose profile is taken."""
PER_QUERY = 5
"""Relevant products whose titles a query's words are looked for in."""
KEPT_LINES = 0.051
"""Share of the purchase lines that the Complete Journey sample has kept of each household's."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One real source against the world."""

    source: str
    rows: tuple[Distance, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """How well a classifier tells real queries from generated ones."""

    source: str
    by: str
    """words, or shapes: each word replaced by its class."""
    found: Telltale


def world_queries(market: Market, products: Sequence[Product], locale: str) -> Queries:
    """A sample of the book's different queries in a language, with titles of what fits them."""
    random = Random(market.seed)
    asked = [query for query in market.book.queries if query.asked.locale == locale]
    asked = random.sample(asked, min(SAMPLED, len(asked)))
    titles = [product.title.get(locale) for product in products]
    relevant: dict[str, list[str]] = {}
    for query in asked:
        rows = market.truth.find(query.asked.intent).tolist()
        known = [titles[row] for row in random.sample(rows, min(PER_QUERY, len(rows)))]
        if said := [title for title in known if title is not None]:
            relevant[query.text] = said
    good = GoodWords(title for title in titles if title) if locale == ENGLISH else None
    searches = Counter({query.text: query.count for query in asked})
    language = "en" if locale == ENGLISH else "zh"
    return Queries(tuple(q.text for q in asked), language, good, relevant, searches)


def world_behaviour(market: Market, products: Sequence[Product], shoppers: int) -> Behaviour:
    """What so many shoppers did, read from their log as a shop reads its own."""
    rows, events = [], []
    for block, count in shopper_blocks(shoppers):
        of_block = log_records(market, market.shopping.run(market.shoppers(block, count)))
        rows += of_block[0]
        events += of_block[1]
    categories = {product.id: product.category[-1] for product in products if product.category}
    return behaviour_of_log(rows, events, categories)


def compare_queries(market: Market, products: Sequence[Product], data: Path) -> Iterator[Compared]:
    """English queries against three real sources, Chinese ones against Taobao's."""
    english = query_profile(world_queries(market, products, ENGLISH))
    for name in ("homedepot", "crowdflower"):
        halves = query_halves(_judged_queries(name, data))
        yield Compared(name, tuple(distances(_report(halves), english)))
    wands = Queries(load_queries("wands", data).texts, "en", None)
    yield Compared("wands", tuple(distances(_report(query_halves(wands)), english)))
    counts = Counter(search.text for search in load_searches(data))
    bought = Queries(tuple(counts), "en", None, {}, counts)
    yield Compared("bestbuy", tuple(distances(_report(query_halves(bought)), english)))
    taobao = Queries(load_queries("taobao", data).texts, "zh")
    chinese = query_profile(world_queries(market, products, CHINESE))
    yield Compared("taobao", tuple(distances(_report(query_halves(taobao)), chinese)))


def compare_behaviour(
    market: Market, products: Sequence[Product], data: Path, shoppers: int
) -> Iterator[Compared]:
    """Searches, displays, sessions and purchases, each against a real source that has them."""
    simulated = world_behaviour(market, products, shoppers)
    searches = Behaviour(searches=load_searches(data))
    yield _compared("bestbuy", searches, Behaviour(searches=simulated.searches))
    displays = Behaviour(displays=tuple(load_displays("random", data)))
    yield _compared("open bandit", displays, Behaviour(displays=simulated.displays))
    sessions = Behaviour(sessions=tuple(load_sessions("retailrocket", data)))
    cut = as_published(simulated.sessions, shortest=3)
    yield _compared("retailrocket", sessions, Behaviour(sessions=cut))
    purchases = Behaviour(purchases=tuple(load_purchases(data)))
    lines = thinned(simulated.purchases, keep=KEPT_LINES, seed=market.seed)
    if len(lines) >= 2:
        yield _compared("complete journey", purchases, Behaviour(purchases=lines))


def tell_apart(market: Market, data: Path) -> Iterator[Told]:
    """A classifier between Home Depot's queries and the world's, and between Taobao's and its."""
    brands = frozenset(brand.lower() for brand in market.shelves.brands)
    brands |= frozenset(brand.lower() for brand in load_brands(data))
    for name, locale in (("homedepot", ENGLISH), ("taobao", CHINESE)):
        real = load_queries(name, data).texts
        made = [query.text for query in market.book.queries if query.asked.locale == locale]
        for by in ("shapes", "words"):
            yield Told(name, by, telltale(real, made, reading=by, brands=brands))


def _compared(source: str, real: Behaviour, simulated: Behaviour) -> Compared:
    halves = _report(behaviour_halves(real))
    return Compared(source, tuple(distances(halves, behaviour_profile(simulated))))


def _judged_queries(name: str, data: Path) -> Queries:
    feed = open_feed(data / f"{name}-relevance", format=name)
    titles = {product.id: next(iter(product.title.values())) for product in feed}
    judged = load_judged(name, data)
    relevant = relevant_titles(judged, titles)
    return Queries(tuple(judged.queries.values()), "en", GoodWords(titles.values()), relevant)


def _report(halves: Halves) -> Halves:  # type: ignore[type-arg]
    """The other way round: the report half is compared, the tune half gives the floor."""
    return Halves(tune=halves.report, report=halves.tune)
