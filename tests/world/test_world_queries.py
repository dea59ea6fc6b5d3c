"""The demo's queries are many, different, and their gold is what the attributes say."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from shopkeeper.records import Product
from shopkeeper.world import Intent, World, demo_queries, fits, write_demo
from shopkeeper.world.queries import COUNTS

WORLD = World()
ITEMS = {item.id: item for item in WORLD.items()}
QUERIES = demo_queries(WORLD)
FAMILIES = {name: colour.family for name, colour in WORLD.goods.colours.items()}


def test_enough_of_every_kind() -> None:
    assert len(QUERIES) >= 300
    assert Counter(query.kind for query in QUERIES) == COUNTS


def test_ids_and_texts_are_unique_and_gold_is_there() -> None:
    assert len({q.id for q in QUERIES}) == len({q.text for q in QUERIES}) == len(QUERIES)
    assert all(query.relevant and set(query.relevant) <= set(ITEMS) for query in QUERIES)


def test_the_same_world_asks_the_same() -> None:
    assert demo_queries(World()) == QUERIES
    assert demo_queries(World(seed=1)) != QUERIES


def test_gold_equals_an_obvious_search_over_the_items() -> None:
    known = {}
    for item in ITEMS.values():
        facts = {name: set(item.values(name)) for name in item.category.has}
        known[item.id] = facts | {"colour": {FAMILIES[colour] for colour in item.colours}}
    for query in QUERIES:
        intent, expected = query.intent, []
        for item in ITEMS.values():
            facts = known[item.id]
            good = item.category.name in intent.categories
            good &= intent.brand is None or item.brand.name == intent.brand
            good &= all(value in facts.get(name, set()) for name, value in intent.wants)
            if good:
                expected.append(item.id)
        assert list(query.relevant) == expected, query.text


def test_gold_narrows_with_the_wish() -> None:
    tents = Intent(frozenset(("Tents",)))
    green = Intent(frozenset(("Tents",)), wants=(("colour", "green"),))
    found = [
        {item.id for item in ITEMS.values() if fits(item, intent, FAMILIES)}
        for intent in (tents, green)
    ]
    assert set() < found[1] < found[0]
    assert not any(ITEMS[i].category.name == "Tent Pegs" for i in found[0])


def test_attribute_queries_ask_for_something() -> None:
    narrowed = 0
    for query in QUERIES:
        if query.kind in ("attribute", "size"):
            assert query.intent.wants
            head = sum(i.category.name in query.intent.categories for i in ITEMS.values())
            narrowed += len(query.relevant) < head
    assert narrowed > 120


def test_misspelt_words_are_nobodys_words() -> None:
    words = {word for category in WORLD.goods.categories for word in category.also}
    misspelt = [query.text for query in QUERIES if query.kind == "misspelt"]
    assert misspelt
    assert not set(misspelt) & words


@pytest.mark.parametrize(("kind", "locale"), [("chinese", "zh-Hans"), ("head", "en")])
def test_locale_follows_the_kind(kind: str, locale: str) -> None:
    assert {query.locale for query in QUERIES if query.kind == kind} == {locale}


def test_the_demo_folder(tmp_path: Path) -> None:
    feed = write_demo(tmp_path / "demo", seed=4, products=200)
    world = World(seed=4, size=200)
    lines = feed.read_text("utf-8").splitlines()
    products = [Product.from_dict(json.loads(line)) for line in lines]
    assert products == list(world.products())
    images = {p.image for p in products} | {v.image for p in products for v in p.variants}
    images.discard(None)
    written = {f"/pictures/{path.name}" for path in (tmp_path / "demo" / "pictures").iterdir()}
    assert written == images
    assert len(written) > 200
    queries = [
        json.loads(q) for q in (tmp_path / "demo" / "queries.jsonl").read_text().splitlines()
    ]
    assert queries
    assert set(queries[0]) == {"id", "text", "locale", "kind", "relevant"}
    before = {path.name: path.read_bytes() for path in (tmp_path / "demo").rglob("*.*")}
    write_demo(tmp_path / "demo", seed=4, products=200)
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "demo").rglob("*.*")}
