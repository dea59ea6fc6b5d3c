"""The fast judge over columns agrees with the rules, product by product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from shopkeeper.knowledge import (
    BRAND,
    PRICE,
    RULES,
    AttributeRelation,
    Grade,
    Intent,
    Reading,
    Rule,
    Slot,
    apply_rules,
    attribute_relation,
    is_anchor,
)
from shopkeeper.world import Market, World
from shopkeeper.world.chance import pick, pick_index, pick_some, stream
from shopkeeper.world.shelves import Aisle, NumberColumn
from shopkeeper.world.truth import ATTRIBUTE_RELATIONS, CATEGORY_RELATIONS

IDS = list(RULES)
Read = Callable[[int, bool], Reading]


@pytest.fixture(scope="module")
def read(world: World) -> Read:
    """A product as the knowledge room sees it, taken from the item and its listing."""
    made: dict[tuple[int, bool], Reading] = {}

    def reading(row: int, true: bool) -> Reading:
        if (row, true) not in made:
            made[row, true] = _read(world, row, true=true)
        return made[row, true]

    return reading


def _read(world: World, row: int, *, true: bool) -> Reading:
    item = world.item(row)
    if true:
        values = {name: frozenset(item.values(name)) for name in item.category.has}
    else:
        values = dict(world.listing(item, row).told)
    colours = values.get("colour", frozenset())
    families = {world.goods.colours[str(colour)].family for colour in colours}
    prices = [v.price.minor / 100 for v in item.variants if v.price is not None]
    values["colour"] = colours | families
    values |= {BRAND: frozenset((item.brand.name,)), PRICE: frozenset((min(prices),))}
    return Reading(item.category.name, values)


def slow(market: Market, intent: Intent, reading: Reading) -> tuple[Rule, list[AttributeRelation]]:
    """The obvious twin."""
    category = market.graph.taxonomy.relation(intent.categories, reading.category)
    relations = [attribute_relation(slot, reading) for slot in intent.slots]
    pairs = list(zip(intent.slots, relations, strict=True))
    return apply_rules(category, pairs, is_anchor=is_anchor(intent, reading)), relations


def some_intent(market: Market, rng: np.random.Generator) -> Intent:
    """Wishes of every form: lists, numbers and ranges, negated or not, core or not."""
    categories = sorted({a.category for a in pick_some(rng, market.shelves.aisles, 2)})
    aisle = market.shelves.aisles[market.shelves.number[categories[0]]]
    names = (*aisle.columns, BRAND, PRICE, "no such attribute")
    slots = tuple(
        some_slot(market, aisle, name, rng) for name in pick_some(rng, names, pick_index(rng, 4))
    )
    if rng.random() < 0.3:
        anchor = pick(rng, ("Nobody", *market.shelves.brands))
        return Intent(tuple(categories), slots, "alternative", anchor=anchor)
    return Intent(tuple(categories), slots)


def some_slot(market: Market, aisle: Aisle, name: str, rng: np.random.Generator) -> Slot:
    negated, core = rng.random() < 0.3, rng.random() < 0.7
    column = aisle.columns.get(name)
    if name == PRICE or isinstance(column, NumberColumn):
        numbers = market.shelves.price[aisle.rows] if column is None else column.true
        known = [float(n) for n in numbers if not np.isnan(n)]
        if column is not None and rng.random() < 0.3:
            values, near = tuple(pick_some(rng, known, 2)), tuple(pick_some(rng, known, 2))
            return Slot(name, values, near=near, is_negated=negated, is_core=core)
        low = pick(rng, known)
        high = pick(rng, (None, low, 1.05 * low, 2 * low))
        low = low if high is None or rng.random() < 0.7 else None
        return Slot(name, low=low, high=high, is_negated=negated, is_core=core)
    allowed = ("x",) if column is None else column.values
    if name == BRAND:
        allowed = ("Nobody", *market.shelves.brands)
    values, near = pick_some(rng, allowed, 2), pick_some(rng, allowed, 2 if name != BRAND else 0)
    return Slot(name, values, near=near, is_negated=negated, is_core=core)


@pytest.mark.parametrize("true", [False, True], ids=["told", "true"])
def test_the_judge_agrees_with_the_rules(market: Market, read: Read, true: bool) -> None:
    rng = stream(8, int(true))
    rules, relations = Counter[str](), Counter[str]()
    for _ in range(250):
        intent = some_intent(market, rng)
        wanted = market.shelves.rows(intent.categories)
        rows = np.concatenate([wanted[::9], np.arange(0, len(market.shelves), 97)]).astype(np.int32)
        found = market.truth.judge(intent, rows, true=true)
        for at, row in enumerate(rows):
            reading = read(int(row), true)
            rule, expected = slow(market, intent, reading)
            assert (IDS[found.rules[at]], found.grades[at]) == (rule.id, rule.grade), intent
            assert [ATTRIBUTE_RELATIONS[of] for of in found.attributes[at]] == expected, intent
            category = market.graph.taxonomy.relation(intent.categories, reading.category)
            assert CATEGORY_RELATIONS[found.categories[at]] is category
            rules[rule.id] += 1
            relations.update(expected)
    assert set(rules) == set(IDS)
    assert set(relations) == set(AttributeRelation)
    assert min(rules.values()) > 20


def test_what_is_told_is_not_all_that_is_true(market: Market) -> None:
    """What a listing leaves open counts as related, be it met in truth or contradicted."""
    worse = better = total = 0
    for query in market.book.queries:
        rows = market.shelves.rows(query.asked.intent.categories)
        told, true = (
            market.truth.judge(query.asked.intent, rows, true=true).grades for true in (False, True)
        )
        worse, better = worse + (told < true).sum(), better + (told > true).sum()
        total += len(rows)
    assert min(worse, better) > 100
    assert worse + better < 0.1 * total


def test_what_is_found_is_all_that_is_related(market: Market) -> None:
    everything = np.arange(len(market.shelves), dtype=np.int32)
    for query in market.book.queries[::40]:
        grades = market.truth.judge(query.asked.intent, everything).grades
        for least in (Grade.RELATED, Grade.EXCELLENT):
            found = market.truth.find(query.asked.intent, least)
            assert found.tolist() == np.flatnonzero(grades >= least).tolist()


def test_nothing_to_judge(market: Market) -> None:
    intent = Intent(("Tents",), (Slot("waterproof", (True,)),))
    found = market.truth.judge(intent, np.empty(0, dtype=np.int32))
    assert found.grades.shape == found.categories.shape == (0,)
    assert found.attributes.shape == (0, 1)
