"""Plurals go, everything else stays."""

import pytest
import snowballstemmer
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.text import stemmer

SINGULARS = {
    "knives": "knife",
    "shelves": "shelf",
    "batteries": "battery",
    "dresses": "dress",
    "mice": "mouse",
    "feet": "foot",
    "children": "child",
    "boxes": "box",
    "watches": "watch",
    "brushes": "brush",
    "shoes": "shoe",
    "houses": "house",
    "blouses": "blouse",
    "buses": "bus",
    "viruses": "virus",
    "lenses": "lens",
    "glasses": "glass",
    "tomatoes": "tomato",
    "cookies": "cookie",
    "toys": "toy",
    "woman": "women",
    "womens": "women",
    "tvs": "tv",
}


@pytest.mark.parametrize(("plural", "singular"), SINGULARS.items())
def test_plural_and_singular_meet(plural: str, singular: str) -> None:
    stem = stemmer("plural")
    assert stem(plural) == stem(singular) == singular


@pytest.mark.parametrize(
    "word", ["glass", "dress", "bus", "lens", "series", "tennis", "chassis", "canvas", "running"]
)
def test_what_is_no_plural_stays(word: str) -> None:
    assert stemmer("plural")(word) == word


@given(st.from_regex("[a-z]{1,12}", fullmatch=True))
def test_a_stem_is_never_empty_nor_much_shorter(word: str) -> None:
    stem = stemmer("plural")(word)
    assert stem
    assert len(word) - len(stem) <= 5


def test_english_is_snowball_and_none_is_nothing() -> None:
    words = ["running", "relational", "happily", "connections"]
    reference = snowballstemmer.stemmer("english").stemWords(words)
    assert [stemmer("english")(word) for word in words] == reference
    assert reference != words
    assert [stemmer("none")(word) for word in words] == words
