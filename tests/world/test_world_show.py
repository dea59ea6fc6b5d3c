"""What a person sees of a world is what is in it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from shopkeeper.knowledge import Slot
from shopkeeper.records import InvalidRequest, NotFound
from shopkeeper.world import Behaviour, Market, World
from shopkeeper.world.choice import NONE
from shopkeeper.world.show import product_lines, query_lines, shopper_lines, wish


def test_a_product_beside_its_listing(world: World) -> None:
    lines, item = list(product_lines(world, 5)), world.item(5)
    listing = world.listing(item, 5)
    assert lines[0] == f"en       {listing.product.title['en']}"
    assert any(" > ".join(listing.product.category) in line for line in lines)
    assert any(f"quality {item.quality:.2f}" in line for line in lines)
    attributes = lines[-len(item.category.has) :]
    for name, line in zip(item.category.has, attributes, strict=True):
        assert line.startswith(name)
        assert str(item.values(name)[0]) in line
        assert ("says nothing" in line) == (name not in listing.told)


def test_a_query_with_its_truth(market: Market) -> None:
    """Every kind of query, by text and by id; grades are those of the judge."""
    types = {}
    for query in market.book.queries:
        types.setdefault(query.asked.intent.type, query)
    assert len(types) == 5
    for query in types.values():
        lines, intent = list(query_lines(market, query.text)), query.asked.intent
        assert lines == list(query_lines(market, query.id))
        assert lines[0].startswith(f"{query.id}  {query.text!r}")
        assert any(line.startswith(f"type        {intent.type}") for line in lines)
        assert sum(line.startswith("wish ") for line in lines) == len(intent.slots)
        rows, _ = market.engine.find(query.text, 10)
        grades = [int(found[1]) for line in lines if (found := re.search(r"grade (\d) by R", line))]
        assert grades == market.truth.judge(intent, rows).grades.tolist()
        assert (lines[-1].strip() == "the old engine finds nothing") == (len(rows) == 0)


def test_a_query_that_nobody_asks(market: Market) -> None:
    with pytest.raises(NotFound, match="'zzz' in the book") as caught:
        list(query_lines(market, "zzz"))
    assert repr(market.book.queries[0].text) in str(caught.value)


@pytest.mark.parametrize(
    ("slot", "said"),
    [
        (Slot("colour", ("white",), is_core=False), "colour white (preference)"),
        (Slot("material", ("Oak", "Pine"), is_negated=True), "material not Oak or Pine"),
        (Slot("weight (kg)", low=2.5, high=2.5), "weight (kg) 2.5"),
        (Slot("price", high=30.0), "price ..30"),
        (Slot("price", low=10.0, high=30.0), "price 10..30"),
    ],
)
def test_a_wish_in_words(slot: Slot, said: str) -> None:
    assert wish(slot) == said


def test_a_shopper_s_days_are_those_of_the_log(market: Market, behaviour: Behaviour) -> None:
    """Of the same population; another one has other chances."""
    searches, feeds = behaviour.searches, behaviour.feeds
    who = int(searches.asks.who[np.flatnonzero(searches.acts.clicked.any(axis=1))[0]])
    lines = list(shopper_lines(market, who, len(behaviour.shoppers)))
    assert lines[0].startswith(f"shopper s{who:08d}, ")
    own = np.flatnonzero(searches.asks.who == who)
    texts = [market.book.queries[query].text for query in searches.asks.query[own]]
    shown = [line for line in lines if re.search(r"\d\d:\d\d  search ", line)]
    assert len(shown) == len(own) > 0
    for text in texts:
        assert any(f"search {text!r}: " in line for line in shown)
    assert sum("  feed: " in line for line in lines) == (feeds.asks.who == who).sum()
    clicked = searches.shown.rows[own][searches.acts.clicked[own]]
    assert len(clicked)
    assert (clicked != NONE).all()
    for row in clicked:
        assert any("clicked" in line and market.shelves.ids[row] in line for line in lines)


def test_a_shopper_who_never_came(market: Market, behaviour: Behaviour) -> None:
    came = {*behaviour.searches.asks.who.tolist(), *behaviour.feeds.asks.who.tolist()}
    absent = next(who for who in range(len(behaviour.shoppers)) if who not in came)
    lines = list(shopper_lines(market, absent, len(behaviour.shoppers)))
    assert lines[-1] == "did not come"


@pytest.mark.parametrize("number", [-1, 400])
def test_a_shopper_who_is_not_there(market: Market, number: int) -> None:
    with pytest.raises(InvalidRequest, match=r"expected 0 … 399"):
        list(shopper_lines(market, number, 400))
