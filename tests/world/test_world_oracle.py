"""Does the oracle judge a person's own searches as the world judges its own?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shopkeeper.knowledge import RULES, Intent
from shopkeeper.records import InvalidRecord, InvalidRequest, Query
from shopkeeper.world.market import Market
from shopkeeper.world.oracle import EXAMPLES, Oracle, reader_of
from shopkeeper.world.origin import Origin, read_origin, write_origin

ORIGIN = Origin(seed=3, preset="tiny", settings=("products=300", "shoppers=50"))


@pytest.fixture(scope="module")
def market() -> Market:
    return ORIGIN.open()


@pytest.fixture(scope="module")
def oracle(market: Market) -> Oracle:
    return Oracle(market, ORIGIN.scale.shoppers)


def test_the_same_grades_as_the_book(market: Market, oracle: Oracle) -> None:
    seen, asked = set(), set()
    for at, query in enumerate(market.book.queries):
        if query.text.casefold() in asked:
            continue  # the more frequent of the two spellings counts
        asked.add(query.text.casefold())
        rows = market.book.windows.rows[at]
        ids = [market.shelves.ids[row] for row in rows if row >= 0]
        truth = oracle.truth(Query(query.text.upper(), query.asked.locale), ids)
        assert truth.read_by == "book"
        assert [each.product_id for each in truth.products] == ids
        told = [int(grade) for grade in market.book.windows.told[at][: len(ids)]]
        assert [each.grade for each in truth.products] == told
        for each in truth.products:
            rule = RULES[each.rule]
            assert (each.grade, each.name) == (rule.grade, rule.grade.name.capitalize())
        seen |= {each.rule for each in truth.products}
    assert seen >= {"R1", "R2", "R3", "R4", "R5"}


def test_what_is_not_in_the_book_is_read(market: Market, oracle: Oracle) -> None:
    book = {query.text for query in market.book.queries}
    asked = "please show me a screwdriver under $15, not red"
    assert asked not in book
    everything = oracle.truth(Query(asked), market.shelves.ids)
    assert everything.read_by == "words"
    assert everything.reading == "Screwdrivers; price ..15; colour not red"
    assert len(everything.products) == len(market.shelves)
    reasons = {each.product_id: each for each in everything.products}
    screwdrivers = market.shelves.rows(["Screwdrivers"])
    assert len(screwdrivers)
    for row in screwdrivers:
        found = reasons[market.shelves.ids[row]]
        fits = market.shelves.price[row] <= 15
        assert found.reason.startswith("The same kind; price: " + ("fits" if fits else ""))
        assert found.grade >= 3 or "does not fit" in found.reason or "comes close" in found.reason
    assert any(each.reason.startswith("An unrelated kind (") for each in everything.products)


def test_the_brand_that_is_to_be_replaced(market: Market, oracle: Oracle) -> None:
    row = market.shelves.rows(["Screwdrivers"])[0]
    brand = market.shelves.brands[market.shelves.brand[row]]
    truth = oracle.truth(Query(f"{brand} screwdriver dupe"), market.shelves.ids)
    assert truth.reading == f"Screwdrivers; instead of {brand}"
    found = {each.product_id: each for each in truth.products}
    own = found[market.shelves.ids[row]]
    assert (own.grade, own.rule) == (2, "R0")
    assert own.reason == f"The same kind; but of {brand}, which is to be replaced."


def test_what_is_not_understood_is_not_judged(market: Market, oracle: Oracle) -> None:
    truth = oracle.truth(Query("zzz qqq"), market.shelves.ids)
    assert (truth.read_by, truth.reading, truth.products) == ("nothing", "", ())


def test_products_of_elsewhere_are_left_out(market: Market, oracle: Oracle) -> None:
    known = market.shelves.ids[7]
    truth = oracle.truth(Query("screwdriver"), ["mug", known, ""])
    assert [each.product_id for each in truth.products] == [known]


def test_the_reader_finds_the_gold_of_most_queries(market: Market) -> None:
    """Words that name several categories, and greedy matching, cost the rest."""
    reader = reader_of(market)

    def meaning(intent: Intent | None) -> object:
        if intent is None:
            return None
        # Only the catalogue knows the price limit of an alternative.
        slots = {s for s in intent.slots if intent.type != "alternative"}
        wishes = {(s.attribute, s.values, s.low, s.high, s.is_negated, s.is_core) for s in slots}
        return intent.categories, frozenset(wishes), intent.anchor, intent.concept

    queries = [q.asked for q in market.book.queries if not q.asked.is_misspelt]
    for locale, least in (("en", 0.9), ("zh-Hans", 0.9)):
        asked = [each for each in queries if each.locale == locale]
        right = sum(meaning(reader.read(each.text)) == meaning(each.intent) for each in asked)
        assert len(asked) > 100
        assert right / len(asked) >= least


def test_example_shoppers_are_those_of_the_log(market: Market, oracle: Oracle) -> None:
    shoppers = market.shoppers(0, 50)
    examples = oracle.shoppers()
    assert len(examples) == EXAMPLES
    for example in examples:
        who = int(example.id.removeprefix("s"))
        assert example.id == f"s{who:08d}"
        first = market.shelves.aisles[shoppers.interests[who, 0, 0]].category
        assert first in example.summary
        assert (example.locale == "zh-Hans") == bool(shoppers.is_chinese[who])
        assert ("searches in Chinese" in example.summary) == bool(shoppers.is_chinese[who])
    taken = {int(example.id.removeprefix("s")) for example in examples}
    left = [shoppers.rate[who] for who in range(50) if who not in taken]
    assert min(shoppers.rate[who] for who in taken) >= max(left)


# --- where the goods come from -----------------------------------------------------------------


def test_an_origin_comes_back_as_it_was_written(tmp_path: Path) -> None:
    assert read_origin(tmp_path) is None
    write_origin(tmp_path, ORIGIN)
    assert read_origin(tmp_path) == ORIGIN
    assert (ORIGIN.scale.products, ORIGIN.scale.shoppers) == (300, 50)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"seed": -1, "preset": "tiny", "settings": []}',
        '{"seed": 0, "preset": "huge", "settings": []}',
        '{"seed": 0, "preset": "tiny", "settings": ["products=7"]}',
        '{"seed": 0, "preset": "tiny", "settings": [1]}',
        '{"seed": 0, "preset": ["tiny"], "settings": []}',
    ],
)
def test_what_names_no_world(tmp_path: Path, content: str) -> None:
    (tmp_path / "world.json").write_text(content, "utf-8")
    with pytest.raises(InvalidRecord, match=r"world\.json"):
        read_origin(tmp_path)


def test_an_origin_is_checked_when_it_is_made() -> None:
    for mistake in ({"seed": -1}, {"seed": True}, {"preset": "huge"}, {"settings": ("typo=2",)}):
        with pytest.raises(InvalidRequest):
            Origin(**mistake)  # type: ignore[arg-type]


def test_the_file_is_plain(tmp_path: Path) -> None:
    write_origin(tmp_path, Origin())
    given = json.loads((tmp_path / "world.json").read_text("utf-8"))
    assert given == {"seed": 0, "preset": "demo", "settings": []}
