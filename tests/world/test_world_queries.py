"""Queries can be met, come as often as dialled, and say nothing that is held out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from shopkeeper.knowledge import BRAND, PRICE, Grade, Intent, QueryType
from shopkeeper.world import Market, World, market_of
from shopkeeper.world.queries import HEAD, TORSO, Asking, blocks_of, count_queries
from shopkeeper.world.speech import Asked

SEARCHES = 1_500


@pytest.fixture(scope="module")
def known(market: Market) -> list[Asked]:
    return list(market.asking().draw(5, 0, SEARCHES))


@pytest.fixture(scope="module", params=["keyword", "spoken"])
def held_out(market: Market, request: pytest.FixtureRequest) -> list[Asked]:
    return list(market.asking(request.param, held_out=True).draw(5, 0, SEARCHES))


def test_every_query_can_be_met(market: Market, known: list[Asked]) -> None:
    """Some listing meets it fully, or all but what the word of several categories leaves open."""
    assert len(known) > 0.85 * SEARCHES
    for asked in known:
        assert len(market.truth.find(asked.intent)), asked


def test_queries_that_are_held_out_can_be_met_too(market: Market, held_out: list[Asked]) -> None:
    assert len(held_out) > 100
    for asked in held_out:
        assert len(market.truth.find(asked.intent)), asked


def test_what_is_held_out_is_asked_for_only_when_wished(market: Market, known, held_out) -> None:
    """Words, phrasings, concepts and categories, checked against the graph itself."""
    graph = market.graph
    words = {alias.text.lower() for alias in graph.aliases if alias.is_held_out}
    phrases = [p.text.lower() for c in graph.concepts for p in c.phrases if p.is_held_out]
    splits = {concept.id: concept.split for concept in graph.concepts}
    assert words
    assert phrases
    assert graph.hidden_categories

    def signs(asked: Asked) -> set[str]:
        text, intent = asked.text.lower(), asked.intent
        found = {
            "word": text in words,
            "phrase": any(phrase in text for phrase in phrases),
            "concept": intent.concept is not None and splits[intent.concept] != "known",
            "category": not graph.hidden_categories.isdisjoint(intent.categories),
        }
        return {sign for sign, is_there in found.items() if is_there}

    assert not [asked for asked in known if signs(asked) or asked.is_held_out]
    assert all(asked.is_held_out for asked in held_out)
    seen = Counter(sign for asked in held_out for sign in signs(asked))
    assert min(seen[sign] for sign in ("word", "phrase", "concept", "category")) > 3


def test_types_come_at_the_dialled_shares(market: Market) -> None:
    """Of what can be said; each share within three standard deviations, and a tenth."""
    dials = replace(
        market.config.queries, negation=0.2, alternative=0.2, question=0.2, knowledge=0.2
    )
    asking = replace(market.asking(), dials=dials)
    kinds = Counter(asked.intent.type for asked in asking.draw(5, 0, SEARCHES))
    assert set(kinds) == set(get_args(QueryType))
    for kind, count in kinds.items():
        spread = 3 * np.sqrt(0.2 * 0.8 / kinds.total())
        assert count / kinds.total() == pytest.approx(0.2, abs=spread + 0.03), kind


@pytest.mark.parametrize(
    ("dial", "measured"),
    [
        ("chinese", lambda asked: asked.locale == "zh-Hans"),
        ("branded", lambda asked: any(slot.attribute == BRAND for slot in asked.intent.slots)),
        ("priced", lambda asked: any(slot.attribute == PRICE for slot in asked.intent.slots)),
        ("typo", lambda asked: asked.is_misspelt),
    ],
)
def test_a_dial_turned_up_is_heard(market: Market, dial: str, measured) -> None:
    calm = replace(
        market.config.queries, negation=0, alternative=0, question=0, knowledge=0, slots=(0, 1)
    )
    shares = []
    for value in (0.0, 0.5, 1.0):
        asking = replace(market.asking(), dials=replace(calm, **{"chinese": 0.0, dial: value}))
        shares.append(np.mean([measured(asked) for asked in asking.draw(5, 0, 300)]))
    assert shares == [0, pytest.approx(0.5, abs=0.12), pytest.approx(1, abs=0.12)]


def test_negations_and_alternatives_rule_something_out(market: Market, known) -> None:
    """What is ruled out is there to be had: otherwise leaving it out would be no test."""
    kinds = Counter[str]()
    for asked in known:
        intent = asked.intent
        if intent.type == "negation":
            (ruled_out,) = (slot for slot in intent.slots if slot.is_negated)
            rows = market.shelves.rows(intent.categories)
            _, has, _ = market.shelves.accepted(ruled_out, rows, true=True)
            kinds["negation"] += bool(has.any())
        elif intent.type == "alternative":
            assert intent.anchor in market.shelves.brand_number
            kinds["alternative"] += any(slot.attribute == PRICE for slot in intent.slots)
    asked_for = Counter(asked.intent.type for asked in known)
    assert kinds["alternative"] == asked_for["alternative"] > 50
    assert kinds["negation"] > 0.9 * asked_for["negation"] > 50


def test_frequencies_are_counted(known: list[Asked]) -> None:
    queries = count_queries([known[:700], known[700:]])
    counts = Counter(asked.text for asked in known)
    assert {query.text: query.count for query in queries} == counts
    assert [query.count for query in queries] == sorted(counts.values(), reverse=True)
    assert [query.id for query in queries[:2]] == ["q000000", "q000001"]
    for query in queries[:50]:
        meant = Counter(asked for asked in known if asked.text == query.text)
        assert meant[query.asked] == max(meant.values())


def test_queries_of_one_need_differ_in_words_alone(market: Market) -> None:
    """They ask for the same, and whoever asks for the same has the same need."""
    book, several = market.book, 0
    by_need: dict[int, list[Intent]] = {}
    for query, need in zip(book.queries, book.need, strict=True):
        by_need.setdefault(int(need), []).append(query.asked.intent)
    assert set(by_need) == set(range(book.needs))
    for intents in by_need.values():
        one = intents[0]
        for other in intents[1:]:
            several += 1
            assert (other.concept, other.categories) == (one.concept, one.categories)
            assert one.concept or other == one
    assert several > 100
    firsts = [intents[0] for intents in by_need.values()]
    plain = [intent for intent in firsts if not intent.concept]
    assert len(set(plain)) == len(plain) > 100


def test_a_small_shop_is_asked_for_what_it_has(world: World, market: Market) -> None:
    """With five products of a kind, some needs are met by none; nobody speaks of them."""
    small = market_of(replace(world, size=200), market.config)
    dials = replace(market.config.queries, question=0.5, knowledge=0.4, negation=0, alternative=0)
    asking = replace(small.asking(), dials=dials)
    needs = [asked for asked in asking.draw(5, 0, 600) if asked.intent.concept]
    assert len(needs) > 300
    assert all(len(small.truth.find(asked.intent, Grade.EXCELLENT)) for asked in needs)
    unmet = [
        concept
        for concept in small.graph.concepts
        if concept.categories
        and not len(small.truth.find(Intent(concept.categories, concept.slots), Grade.EXCELLENT))
    ]
    assert len(unmet) > 3


def test_buckets_part_the_searches(known: list[Asked]) -> None:
    """The head's queries make up a third of all searches, head and torso two thirds."""
    queries = count_queries([known])
    shares = {
        bucket: sum(q.count for q in queries if q.bucket == bucket) / len(known)
        for bucket in ("head", "torso", "tail")
    }
    largest = queries[0].count / len(known)
    assert HEAD <= shares["head"] < HEAD + largest
    assert TORSO <= shares["head"] + shares["torso"] < TORSO + largest


def test_buckets_by_hand() -> None:
    """3, 2 and 1 of 6 searches: none come before "a", 1/2 before "b", 5/6 before "c"."""
    searches = [Asked(text, "en", Intent(("Tents",))) for text in "bacaba"]
    queries = count_queries([searches])
    assert [(query.text, query.count, query.bucket) for query in queries] == [
        ("a", 3, "head"),
        ("b", 2, "torso"),
        ("c", 1, "tail"),
    ]


def test_a_block_is_drawn_alone_as_among_others(market: Market) -> None:
    asking: Asking = market.asking()
    first, second = (list(asking.draw(5, block, 100)) for block in (0, 1))
    assert list(asking.draw(5, 1, 100)) == second != first
    assert list(asking.draw(5, 0, 40)) == first[: len(list(asking.draw(5, 0, 40)))]
    assert list(asking.draw(6, 0, 100)) != first


@pytest.mark.parametrize(("searches", "sizes"), [(100, [100]), (4_001, [2_000, 2_000, 1])])
def test_blocks_make_up_the_searches(searches: int, sizes: list[int]) -> None:
    assert blocks_of(searches) == list(enumerate(sizes))
