"""BM25 over fields: the base on disk, the delta in memory and the formula by hand agree."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import brute_shop
import numpy as np
import pytest

from shopkeeper.index.documents import field_terms
from shopkeeper.index.postings import (
    Block,
    BlockBuilder,
    FieldTerms,
    Postings,
    build_postings,
    join,
)
from shopkeeper.index.words import Words, WordWeights
from shopkeeper.records import Alternative, Concept, InvalidRequest


def on_disk(folder: Path, given: Iterable[FieldTerms]) -> Words:
    build_postings(iter(given)).save(folder)
    return Words(Postings.load(folder))


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
    base = on_disk(tmp_path / "words", given)
    delta = Words.of(given, base)
    rng, found_some = random.Random(seed), 0
    for _ in range(60):
        concepts = brute_shop.random_concepts(rng)
        weights = WordWeights(title=rng.choice((0.0, 0.3, 1.0)))
        needed = rng.randint(1, len(concepts))
        expected = np.array(brute_shop.bm25(given, concepts, weights, needed))
        both = [words.score(concepts, weights) for words in (base, delta)]
        assert both[0].scores.tolist() == both[1].scores.tolist()
        for found in both:
            matching = np.flatnonzero(found.concepts >= needed)
            assert matching.tolist() == np.flatnonzero(expected).tolist()
            np.testing.assert_allclose(found.scores[matching], expected[matching], rtol=1e-5)
        found_some += np.count_nonzero(expected)
    assert found_some > 100


def test_one_score_by_hand(tmp_path: Path) -> None:
    """Two titles, "red tent" and "lamp"; N = 2, n = 1, tf = 1, len = 2, avg = 1.5.

    By titles alone: idf = ln(1 + 1.5/1.5) = 0.693147; norm = 1.2·(0.25 + 0.75·2/1.5) = 1.5;
    s = 0.693147 · 2.2/2.5 = 0.609969
    """
    words = on_disk(tmp_path / "w", [{"title": ["red", "tent"]}, {"title": ["lamp"]}])
    found = words.score([word("tent")], WordWeights(all=0, title=1))
    assert found.concepts.tolist() == [1, 0]
    assert found.scores.tolist() == pytest.approx([0.609969, 0.0], abs=1e-6)


def test_blocks_joined_are_the_whole(tmp_path: Path) -> None:
    given = documents(5)
    cuts = [0, 9, 9, 23, len(given)]  # one of them empty
    blocks = [block_of(given[first:last]) for first, last in pairwise(cuts)]
    build_postings(given).save(tmp_path / "whole")
    join(blocks).save(tmp_path / "blocks")
    names = sorted(path.name for path in (tmp_path / "whole").iterdir())
    assert len(names) == 7
    for name in names:
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "blocks" / name).read_bytes()


def block_of(given: list[FieldTerms]) -> Block:
    builder = BlockBuilder()
    for terms in given:
        builder.add(terms)
    return builder.build()


def test_an_alternative_of_several_terms_needs_all_of_them(tmp_path: Path) -> None:
    given = [{"title": ["air", "conditioner"]}, {"title": ["air", "pump"]}]
    base = on_disk(tmp_path / "w", given)
    for words in (base, Words.of(given, base)):
        found = words.score([word("air", "conditioner")], WordWeights())
        assert found.concepts.tolist() == [1, 0]


def test_matched_names_field_surface_and_alternative(tmp_path: Path) -> None:
    given = [{"title": ["tent"], "brand": ["acme"]}, {"title": ["lamp"]}]
    base = on_disk(tmp_path / "w", given)
    asked = [Concept("tnet", (Alternative(("tnet",)), Alternative(("tent",), 0.8, "spelling")))]
    for words in (base, Words.of(given, base)):
        assert words.matched(asked, [0, 1]) == {0: ("title: tnet → tent",), 1: ()}


def test_empty_shop_and_empty_query(tmp_path: Path) -> None:
    base = on_disk(tmp_path / "w", [])
    assert len(base.score([word("tent")], WordWeights()).scores) == 0
    assert len(Words.of([], base).score([word("tent")], WordWeights()).scores) == 0
    some = on_disk(tmp_path / "v", [{"title": ["tent"]}])
    assert some.score([], WordWeights()).concepts.tolist() == [0]
    assert some.score([word("lamp")], WordWeights()).concepts.tolist() == [0]


@pytest.mark.parametrize("wrong", [{"title": -1.0}, {"enough": 0}, {"minimum_match": -0.1}])
def test_weights_are_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest):
        WordWeights(**wrong)
