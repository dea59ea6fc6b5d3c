"""How many titles say a phrase, beside a count by hand; and parts of a catalogue joined."""

from __future__ import annotations

import random

import pytest

from shopkeeper.stages.understand.titles import Terms, Titles

WORDS = ["red", "tent", "big", "for", "two"]
LONGEST = 3


def some_titles(seed: int, count: int) -> list[list[Terms]]:
    rng = random.Random(seed)
    return [
        [tuple(rng.choices(WORDS, k=rng.randint(0, 6))) for _ in range(rng.randint(0, 2))]
        for _ in range(count)
    ]


def collected(products: list[list[Terms]]) -> Titles:
    titles = Titles()
    for own in products:
        titles.add(own)
    return titles


def by_hand(products: list[list[Terms]], phrase: Terms) -> int:
    size = len(phrase)
    return sum(
        any(title[at : at + size] == phrase for title in own for at in range(len(title)))
        for own in products
    )


@pytest.mark.parametrize("seed", range(5))
def test_each_product_counts_once_for_each_phrase(seed: int) -> None:
    products = some_titles(seed, 40)
    rng = random.Random(seed)
    phrases = [tuple(rng.choices([*WORDS, "lamp"], k=rng.randint(1, LONGEST))) for _ in range(60)]
    asked = list(dict.fromkeys(phrases))
    whole = collected(products)
    first = collected(products[:13])
    first.take(collected(products[13:]))
    expected = [by_hand(products, phrase) for phrase in asked]
    assert max(expected) > 1
    assert whole.saying(asked) == first.saying(asked) == expected


def test_a_phrase_does_not_reach_into_the_next_title() -> None:
    titles = collected([[("red",), ("tent",)], [("big", "red")], [("tent",)]])
    assert titles.saying([("red", "tent"), ("red",), ("big", "red")]) == [0, 2, 1]


def test_nothing_said_and_nothing_asked() -> None:
    assert Titles().saying([("red",)]) == [0]
    assert collected([[("red",)]]).saying([]) == []
