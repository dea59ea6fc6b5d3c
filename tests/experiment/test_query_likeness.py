from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from shopkeeper.data import JudgedSet, query_id
from shopkeeper.experiment.query_likeness import (
    Queries,
    lexical_gaps,
    query_halves,
    query_profile,
    relevant_titles,
)
from shopkeeper.experiment.typos import GoodWords, TypoRule, latin_words
from shopkeeper.records import InvalidRequest, Judgement

TITLES = ["Waterproof Tent with Pegs", "Camping tents 10 mm", "Garden shelf"] * 5 + ["Zipper shelv"]


def test_golden_profile() -> None:
    texts = ("tent 10 mm", "2x4  lumber", "帐篷", "led灯 12v", "Ténte")
    profile = query_profile(Queries(texts))
    rows: Mapping[str, list[float]] = {
        "words": [3, 2, 1, 2, 1],  # between spaces
        "terms": [2, 3, 1, 3, 1],  # tent 10mm; 2 4 lumber; 帐篷; led 灯 12v; tente
        "characters": [10, 10, 2, 8, 5],
        "digit": [1, 1, 0, 1, 0],
        "unit": [1, 1, 0, 1, 0],
        "non_latin": [0, 0, 1, 1, 0],
        "mixed_script": [0, 0, 0, 1, 0],
    }
    for name, expected in rows.items():
        np.testing.assert_array_equal(getattr(profile, name), expected, err_msg=name)
    assert (profile.typo, profile.lexical_gap, profile.zipf) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("watreproof tent", True),  # neighbours swapped: one edit
        ("watreprof tent", True),  # two edits in nine letters
        ("camqing", True),
        ("gardne", True),  # one edit in six letters
        ("gadrn", False),  # two edits in five letters: too far
        ("tents shelf", False),  # in the titles
        ("gardens", False),  # its singular is
        ("tetn", True),
        ("ten", False),  # three letters
        ("shelv", False),  # once in the titles
        ("zippre", False),  # near a word that is not frequent
        ("umbrella", False),  # near nothing
        ("gardne2", False),  # with a digit
        ("帐篷gardne", True),
        ("", False),
    ],
)
def test_a_typo_is_an_unknown_word_near_a_frequent_one(text: str, expected: bool) -> None:
    assert GoodWords(TITLES).has_typo(text) is expected


def test_the_rule_can_be_set_and_is_checked() -> None:
    assert GoodWords(TITLES, TypoRule(two_edits_from=5)).has_typo("gadrn")
    assert not GoodWords(TITLES, TypoRule(shortest=7)).has_typo("gardne")
    assert not GoodWords(TITLES, TypoRule(frequent=0.2)).has_typo("gardne")  # 5 of 47 words
    with pytest.raises(InvalidRequest, match="3 ≤ shortest"):
        TypoRule(shortest=8)


def test_latin_words_are_folded_and_have_no_digits() -> None:
    assert latin_words("Crème-brûlée 10mm x2 4 灯led d'or") == ["creme", "brulee", "led", "d", "or"]


def test_the_gap_counts_terms_and_not_spellings() -> None:
    gaps = lexical_gaps(
        {
            "Tents 10 mm": ["Camping tent 10mm", "tent"],  # 0 and 1/2 are lacking
            "red tent": ["Garden shelf"],  # both are
            "tent": [],  # nothing is relevant
            "!": ["tent"],  # nothing is asked
        },
        "en",
    )
    assert gaps == [0.25, 1.0]


def test_relevant_titles_are_those_from_the_sets_own_grade_up() -> None:
    a, b = query_id("tent"), query_id("shelf")
    judgements = [(a, "1", 3.0), (a, "2", 2.0), (a, "3", 1.0), (a, "9", 3.0), (b, "1", 1.0)]
    judged = JudgedSet(
        name="hand",
        queries={a: "tent", b: "shelf"},
        judgements=tuple(Judgement(*row) for row in judgements),
        lowest_grade=1,
        relevant_from=2,
        headline="mrr",
    )
    assert relevant_titles(judged, {"1": "One", "2": "Two", "3": "Three"}) == {
        "tent": ["One", "Two"]
    }


def test_searches_that_fold_to_the_same_are_one_query() -> None:
    zipf = query_profile(Queries(("a",), searches={"Tent": 3, " tent": 4, "shelf": 2})).zipf
    assert zipf is not None
    assert (zipf.tokens, zipf.types) == (9, 2)


def test_halves_share_no_query() -> None:
    texts = tuple(f"tent {i}" for i in range(53))
    queries = Queries(
        texts,
        relevant={text: ["tent"] for text in texts[:31]},
        searches={text: i + 1 for i, text in enumerate(texts)},
        good_words=GoodWords(TITLES),
    )
    first, second = queries.halves()
    assert sorted(first.texts + second.texts) == sorted(texts)
    assert not set(first.texts) & set(second.texts)
    assert {**first.relevant, **second.relevant} == queries.relevant
    assert set(second.relevant) <= set(second.texts)
    assert {**first.searches, **second.searches} == queries.searches
    halves = query_halves(queries)
    assert halves.tune.words is not None
    assert halves.report.zipf is not None
    assert (len(halves.tune.words), halves.report.zipf.types) == (
        len(first.texts),
        len(second.texts),
    )
