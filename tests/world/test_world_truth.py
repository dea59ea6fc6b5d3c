"""The fast judge over columns agrees with the rules, product by product."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.knowledge import (
    BRAND,
    PRICE,
    RULES,
    Grade,
    Intent,
    Reading,
    Rule,
    Slot,
    Value,
    apply_rules,
    attribute_relation,
    is_anchor,
)
from shopkeeper.world import Goods, Market, World
from shopkeeper.world.shelves import NumberColumn, TextColumn
from shopkeeper.world.truth import ATTRIBUTE_RELATIONS, CATEGORY_RELATIONS

ROWS = 1_200
IDS = list(RULES)


@pytest.fixture(scope="module")
def readings(world: World) -> dict[bool, list[Reading]]:
    """By whether it is true: what is known of each product."""
    return {true: [read(world, row, true=true) for row in range(world.size)] for true in (0, 1)}


def read(world: World, row: int, *, true: bool) -> Reading:
    """A product as the knowledge room sees it, taken from the item and its listing."""
    item = world.item(row)
    listing = world.listing(item, row)
    if true:
        values = {name: frozenset(item.values(name)) for name in item.category.has}
    else:
        values = dict(listing.told)
    colours = world.goods.colours
    values["colour"] = frozenset(
        name
        for colour in values.get("colour", ())
        for name in (colour, colours[str(colour)].family)
    )
    prices = [v.price.minor / 100 for v in item.variants if v.price is not None]
    values |= {BRAND: frozenset((item.brand.name,)), PRICE: frozenset((min(prices),))}
    return Reading(item.category.name, values)


def slow(market: Market, intent: Intent, reading: Reading) -> Rule:
    """The obvious twin."""
    relation = market.graph.taxonomy.relation(intent.categories, reading.category)
    relations = [(slot, attribute_relation(slot, reading)) for slot in intent.slots]
    return apply_rules(relation, relations, is_anchor=is_anchor(intent, reading))


def slots_of(market: Market, goods: Goods, category: str) -> st.SearchStrategy[Slot]:
    """Wishes of every form about a category's attributes, brand and price."""
    flags = {"is_negated": st.booleans(), "is_core": st.booleans()}

    def some(values: tuple[Value, ...]) -> st.SearchStrategy[tuple[Value, ...]]:
        return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)

    def of(name: str) -> st.SearchStrategy[Slot]:
        column = market.shelves.aisles[market.shelves.number[category]].columns[name]
        if isinstance(column, TextColumn):
            return st.builds(
                Slot, st.just(name), some(column.values), near=some(column.values), **flags
            )
        assert isinstance(column, NumberColumn)
        known = tuple(float(v) for v in column.true[~np.isnan(column.true)]) or (1.0,)
        numbers = st.sampled_from(known)
        return st.builds(
            lambda low, width, is_open, **of: Slot(
                name, low=low, high=None if is_open else low + width, **of
            ),
            numbers,
            st.sampled_from((0.0, 0.5, 5.0)),
            st.booleans(),
            **flags,
        ) | st.builds(Slot, st.just(name), some(known), near=some(known), **flags)

    prices = st.builds(Slot, st.just(PRICE), high=st.floats(1, 900), **flags)
    brands = st.builds(Slot, st.just(BRAND), some(("Nobody", *market.shelves.brands)), **flags)
    columns = market.shelves.aisles[market.shelves.number[category]].columns
    elsewhere = st.builds(Slot, st.just("no such attribute"), st.just(("x",)), **flags)
    return st.one_of(*map(of, columns), prices, brands, elsewhere)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_judge_agrees_with_the_rules(market, world, readings, data):
    categories = st.sampled_from([aisle.category for aisle in market.shelves.aisles])
    wanted = data.draw(st.lists(categories, min_size=1, max_size=3, unique=True).map(sorted))
    slots = data.draw(st.lists(slots_of(market, world.goods, wanted[0]), max_size=3).map(tuple))
    anchor = data.draw(st.none() | st.sampled_from(market.shelves.brands) | st.just("Nobody"))
    type_ = "general" if anchor is None else "alternative"
    intent = Intent(tuple(wanted), slots, type_, anchor=anchor)
    true = data.draw(st.booleans())
    near = market.graph.taxonomy.near(wanted[0])
    rows = np.union1d(market.shelves.rows((*wanted, *near)), np.arange(0, ROWS, 61)).astype(int)
    found = market.truth.judge(intent, rows, true=true)
    for at, row in enumerate(rows):
        reading = readings[true][row]
        rule = slow(market, intent, reading)
        relations = [attribute_relation(slot, reading) for slot in slots]
        relation = market.graph.taxonomy.relation(intent.categories, reading.category)
        assert IDS[found.rules[at]] == rule.id
        assert found.grades[at] == rule.grade
        assert CATEGORY_RELATIONS[found.categories[at]] is relation
        assert [ATTRIBUTE_RELATIONS[of] for of in found.attributes[at]] == relations


def test_the_book_meets_every_rule_both_ways(market: Market, readings) -> None:
    """The queries that are asked, on what is found for them: told and true grades differ."""
    rules, differ = Counter[str](), 0
    for query in market.book.queries[::9]:
        intent = query.asked.intent
        rows, _ = market.engine.find(query.text, 12)
        told = market.truth.judge(intent, rows)
        true = market.truth.judge(intent, rows, true=True)
        for at, row in enumerate(rows):
            assert IDS[told.rules[at]] == slow(market, intent, readings[False][row]).id
            assert IDS[true.rules[at]] == slow(market, intent, readings[True][row]).id
            rules[IDS[told.rules[at]]] += 1
            differ += told.grades[at] != true.grades[at]
    assert set(rules) >= {"R0", "R1", "R2", "R3", "R4", "R5"}
    assert differ > 20


def test_what_is_found_is_all_that_is_related(market: Market) -> None:
    everything = np.arange(len(market.shelves), dtype=np.int32)
    for query in market.book.queries[::60]:
        grades = market.truth.judge(query.asked.intent, everything).grades
        for least in (Grade.RELATED, Grade.EXCELLENT):
            found = market.truth.find(query.asked.intent, least)
            assert found.tolist() == np.flatnonzero(grades >= least).tolist()


def test_nothing_to_judge(market: Market) -> None:
    intent = Intent(("Tents",), (Slot("waterproof", (True,)),))
    found = market.truth.judge(intent, np.empty(0, dtype=np.int32))
    assert found.grades.shape == (0,)
    assert found.attributes.shape == (0, 1)
