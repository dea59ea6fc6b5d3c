"""BM25 over fields: the base (tantivy), the delta and the formula by hand agree."""

from __future__ import annotations

import random
from pathlib import Path

import brute_shop
import numpy as np
import pytest

from shopkeeper.index.documents import field_terms
from shopkeeper.index.words import WordWeights
from shopkeeper.index.words_base import BaseWords, build_words
from shopkeeper.index.words_delta import _LENGTHS, DeltaWords
from shopkeeper.records import Alternative, Concept, InvalidRequest


def documents(seed: int, count: int = 61) -> list[dict[str, list[str]]]:
    rng = random.Random(seed)
    products = [brute_shop.random_product(rng, f"p{i}") for i in range(count)]
    terms = (field_terms(product, brute_shop.analyse, "en") for product in products)
    return [{field: list(words) for field, words in fields.items()} for fields in terms]


def word(*terms: str, weight: float = 1.0) -> Concept:
    return Concept(" ".join(terms), (Alternative(terms, weight),))


@pytest.mark.parametrize("seed", range(3))
def test_base_and_delta_score_as_the_formula_says(tmp_path: Path, seed: int) -> None:
    given = documents(seed)
    build_words(tmp_path / "words", given)
    base = BaseWords(tmp_path / "words")
    delta = DeltaWords(given, base.statistics())
    rng, found_some = random.Random(seed), 0
    for _ in range(60):
        concepts = brute_shop.random_concepts(rng)
        weights = WordWeights(field_tie=rng.choice((0.0, 0.3, 1.0)))
        needed = rng.randint(1, len(concepts))
        expected = np.array(brute_shop.bm25(given, concepts, weights, needed))
        for words in (base, delta):
            matches = words.search(concepts, weights, needed)
            assert sorted(matches.ordinals.tolist()) == np.flatnonzero(expected).tolist()
            np.testing.assert_allclose(matches.scores, expected[matches.ordinals], rtol=1e-5)
            assert (np.diff(matches.scores) <= 0).all()
        found_some += len(matches.ordinals)
    assert found_some > 100


def test_one_score_by_hand(tmp_path: Path) -> None:
    """Two titles, "red tent" and "lamp"; N = 2, n = 1, tf = 1, len = 2, avg = 1.5.

    By titles alone: idf = ln(1 + 1.5/1.5) = 0.693147; norm = 1.2·(0.25 + 0.75·2/1.5) = 1.5;
    s = 0.693147 · 2.2/2.5 = 0.609969
    """
    build_words(tmp_path / "w", [{"title": ["red", "tent"]}, {"title": ["lamp"]}])
    found = BaseWords(tmp_path / "w").search([word("tent")], WordWeights(all=0, title=1), 1)
    assert found.ordinals.tolist() == [0]
    assert found.scores[0] == pytest.approx(0.609969, abs=1e-6)


def test_long_fields_are_rounded_down_as_tantivy_does(tmp_path: Path) -> None:
    given = [{"title": ["tent"] + ["x"] * extra} for extra in (1, 39, 41, 57, 200, 3001)]
    build_words(tmp_path / "w", given)
    base = BaseWords(tmp_path / "w")
    both = [w.search([word("tent")], WordWeights(), 1) for w in (base, DeltaWords(given, base))]
    assert both[0].ordinals.tolist() == both[1].ordinals.tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(both[0].scores, both[1].scores, rtol=1e-5)
    assert _LENGTHS[:42].tolist() == [*range(41), 42]


def test_an_alternative_of_several_terms_needs_all_of_them(tmp_path: Path) -> None:
    given = [{"title": ["air", "conditioner"]}, {"title": ["air", "pump"]}]
    build_words(tmp_path / "w", given)
    base = BaseWords(tmp_path / "w")
    for words in (base, DeltaWords(given, base)):
        found = words.search([word("air", "conditioner")], WordWeights(), 1)
        assert found.ordinals.tolist() == [0]


def test_matched_names_field_surface_and_alternative(tmp_path: Path) -> None:
    given = [{"title": ["tent"], "brand": ["acme"]}, {"title": ["lamp"]}]
    build_words(tmp_path / "w", given)
    base = BaseWords(tmp_path / "w")
    asked = [Concept("tnet", (Alternative(("tnet",)), Alternative(("tent",), 0.8, "spelling")))]
    for words in (base, DeltaWords(given, base)):
        assert words.matched(asked, [0, 1]) == {0: ("title: tnet → tent",), 1: ()}


def test_empty_shop_and_empty_query(tmp_path: Path) -> None:
    build_words(tmp_path / "w", [])
    base = BaseWords(tmp_path / "w")
    assert len(base.search([word("tent")], WordWeights(), 1).ordinals) == 0
    assert len(DeltaWords([], base).search([word("tent")], WordWeights(), 1).ordinals) == 0


@pytest.mark.parametrize("wrong", [{"title": -1.0}, {"field_tie": 1.5}, {"minimum_match": -0.1}])
def test_weights_are_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest):
        WordWeights(**wrong)
