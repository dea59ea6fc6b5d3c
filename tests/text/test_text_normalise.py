"""One spelling of every character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.text import fold, normalise


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Nike™ Air®", "Nike Air"),
        ("1½ in", "1 1/2 in"),
        ("3⅜″", '3 3/8"'),
        ("6′ × 4′", "6' x 4'"),
        ("ｗｈ－１０００", "wh-1000"),
        ("T–shirt", "T-shirt"),
        ("women’s", "women's"),
        ("soft\u00adener", "softener"),
        ("  a\t b\n", "a b"),
        ("10㎜", "10mm"),
        ("Café", "Café"),
    ],
)
def test_characters_get_one_spelling(raw: str, expected: str) -> None:
    assert normalise(raw) == expected


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Crème BRÛLÉE", "creme brulee"),
        ("Straße", "strasse"),
        ("ガラス", "ガラス"),
        ("한국", "한국"),
    ],
)
def test_fold_drops_case_and_accents_but_no_voicing(text: str, expected: str) -> None:
    assert fold(text) == expected
