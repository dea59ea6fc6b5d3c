"""What does a person want to see of a world? A product, a query, a shopper's days, in lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from shopkeeper.knowledge import RULES, Slot
from shopkeeper.records import InvalidRequest, NotFound
from shopkeeper.world.behaviour import DOORS, Behaviour
from shopkeeper.world.choice import NONE
from shopkeeper.world.logs import BEGIN_MS
from shopkeeper.world.market import Market
from shopkeeper.world.queries import WorldQuery
from shopkeeper.world.shoppers import BLOCK, shopper_blocks
from shopkeeper.world.truth import ATTRIBUTE_RELATIONS, CATEGORY_RELATIONS
from shopkeeper.world.world import World

SHOWN = 10
"""Results of a query."""


def product_lines(world: World, index: int) -> Iterator[str]:
    """The truth about a product beside what its merchant says."""
    item = world.item(index)
    listing = world.listing(item, index)
    for locale, title in listing.product.title.items():
        yield f"{locale:8} {title}"
    yield f"{'':8} {' > '.join(listing.product.category)}"
    yield f"{'price':8} {' '.join(sorted({str(v.price) for v in item.variants}))}"
    yield (
        f"{'hidden':8} quality {item.quality:.2f}, picture {item.appeal:.2f}, "
        f"{item.popularity:g} sold a month"
    )
    yield ""
    yield f"{'attribute':26} {'true':30} listing"
    for name in item.category.has:
        told = listing.told.get(name)
        said = "says nothing" if told is None else ", ".join(sorted(map(str, told)))
        yield f"{name:26} {', '.join(map(str, item.values(name))):30} {said}"


def query_lines(market: Market, text: str) -> Iterator[str]:
    """A query of the book with its meaning, and what the old engine shows for it."""
    query = find_query(market, text)
    intent, asked = query.asked.intent, query.asked
    yield f"{query.id}  {query.text!r}  {asked.locale}  {query.bucket}, asked {query.count} times"
    yield f"type        {intent.type}" + (", misspelt" if asked.is_misspelt else "")
    yield f"categories  {', '.join(intent.categories)}"
    if intent.anchor:
        yield f"instead of  {intent.anchor}"
    if intent.concept:
        yield f"concept     {intent.concept}"
    for slot in intent.slots:
        yield f"wish        {wish(slot)}"
    yield f"related or better: {len(market.truth.find(intent)):,} products"
    rows, _ = market.engine.find(query.text, SHOWN)
    verdicts = market.truth.judge(intent, rows)
    rules = list(RULES.values())
    for rank, row in enumerate(rows, start=1):
        relations = [CATEGORY_RELATIONS[verdicts.categories[rank - 1]].value]
        relations += [
            f"{slot.attribute}={ATTRIBUTE_RELATIONS[of].value}"
            for slot, of in zip(intent.slots, verdicts.attributes[rank - 1], strict=True)
        ]
        rule = rules[verdicts.rules[rank - 1]]
        aisle = market.shelves.aisles[market.shelves.aisle_of[row]].category
        yield (
            f"{rank:3}  grade {verdicts.grades[rank - 1]} by {rule.id}  "
            f"{market.shelves.ids[row]}  {aisle}  {'; '.join(relations)}"
        )
    if not len(rows):
        yield "     the old engine finds nothing"


def find_query(market: Market, text: str) -> WorldQuery:
    """The query with that text or id; NotFound names a few that there are."""
    for query in market.book.queries:
        if text in (query.text, query.id):
            return query
    near = ", ".join(repr(query.text) for query in market.book.queries[:5])
    raise NotFound(f"no query {text!r} in the book", hint=f"for example {near}")


def wish(slot: Slot) -> str:
    """A slot in words."""
    if slot.values:
        said = " or ".join(map(str, slot.values))
    elif slot.low == slot.high:
        said = f"{slot.low:g}"
    else:
        low, high = ("" if end is None else f"{end:g}" for end in (slot.low, slot.high))
        said = f"{low}..{high}"
    kind = "" if slot.is_core else " (preference)"
    return f"{slot.attribute} {'not ' if slot.is_negated else ''}{said}{kind}"


def shopper_lines(market: Market, number: int, population: int) -> Iterator[str]:
    """Who one shopper of a population is, and all that he or she did, as in the log."""
    if not 0 <= number < population:
        raise InvalidRequest(f"shopper {number}", expected=f"0 … {population - 1:,}")
    block, who = divmod(number, BLOCK)
    shoppers = market.shoppers(block, dict(shopper_blocks(population))[block])
    behaviour = market.shopping.run(shoppers)
    aisles, brands = market.shelves.aisles, market.shelves.brands
    yield f"shopper s{number:08d}, {'Chinese' if shoppers.is_chinese[who] else 'English'}"
    for when, interests in zip(("first", "later"), shoppers.interests[who], strict=True):
        yield f"{when:9}  {', '.join(dict.fromkeys(aisles[at].category for at in interests))}"
    yield f"{'brands':9}  {', '.join(brands[at] for at in shoppers.favourites[who])}"
    yield (
        f"{'taste':9}  strength {np.linalg.norm(shoppers.taste[who]):.2f}, "
        f"thrift {shoppers.thrift[who]:.2f}, interests change on day {shoppers.change_day[who]:.0f}"
    )
    lines = sorted(_doings(market, behaviour, who))
    yield ""
    for time_ms, line in lines:
        yield f"{datetime.fromtimestamp((BEGIN_MS + time_ms) / 1000, UTC):%a %d %b %H:%M}  {line}"
    if not lines:
        yield "did not come"


def _doings(market: Market, behaviour: Behaviour, who: int) -> Iterator[tuple[int, str]]:
    """(time, what) for each page that the shopper saw and each later purchase."""
    ids = market.shelves.ids
    for requests in (behaviour.searches, behaviour.feeds):
        for at in np.flatnonzero(requests.asks.who == who):
            query = requests.asks.query[at]
            asked = "feed" if query == NONE else f"search {market.book.queries[query].text!r}"
            rows, acts = requests.shown.rows[at], requests.acts
            done = [
                f"{verb} {', '.join(ids[row] for row in rows[acted[at]])}"
                for verb, acted in (
                    ("clicked", acts.clicked),
                    ("carted", acts.carted),
                    ("bought", acts.bought),
                    ("will buy", acts.later),
                )
                if acted[at].any()
            ]
            shown = int((rows != NONE).sum())
            yield int(requests.asks.time_ms[at]), "; ".join([f"{asked}: {shown} shown", *done])
    later, searches = behaviour.later, behaviour.searches
    for request, position, time_ms, door in zip(
        later.request, later.position, later.time_ms, later.door, strict=True
    ):
        if searches.asks.who[request] == who:
            row = searches.shown.rows[request, position]
            yield int(time_ms), f"bought {ids[row]} through {DOORS[door]}"
