from __future__ import annotations

import numpy as np
import pytest

from shopkeeper.experiment.telltale import TelltaleConfig, shape, telltale
from shopkeeper.records import InvalidRequest

NOUNS = ["tent", "chair", "lamp", "drill", "sofa", "kettle", "mirror", "carpet", "ladder", "hammer"]
ADJECTIVES = ["red", "small", "cheap", "steel", "wooden", "outdoor", "folding", "round", "white"]
BRANDS = frozenset({"acme", "zed"})


def queries(seed: int, count: int, words: list[str], tail: str = "") -> list[str]:
    rng = np.random.default_rng(seed)
    return [f"{' '.join(rng.choice(words, size=rng.integers(2, 5)))}{tail}" for _ in range(count)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Acme tent for the beach", "n5 brand w4 stop stop w5"),
        ("2x4 lumber 10 ft", "n3 size w6 measure"),
        ("xbox 360 wh1000", "n3 w4 number code"),
        ("men's boots, size 9", "n5 w5 w5 , w4 number"),
        ("led灯 红色帐篷", "n3 w3 han1 han4"),
        ("", "n0"),
    ],
)
def test_a_shape_has_no_word_left(text: str, expected: str) -> None:
    assert shape(text, BRANDS) == expected


def test_two_draws_of_one_grammar_cannot_be_told_apart() -> None:
    words = NOUNS + ADJECTIVES
    for reading in ("words", "shapes"):
        found = telltale(queries(1, 700, words), queries(2, 700, words), reading=reading)
        assert 0.42 < found.auc < 0.58, reading
        assert len(found.fold_aucs) == 5
        assert found.auc == pytest.approx(np.mean(found.fold_aucs))


def test_other_words_of_the_same_lengths_tell_only_the_reader_of_words() -> None:
    mirrored = [word[::-1] for word in NOUNS]
    real, made = queries(1, 400, NOUNS), queries(2, 400, mirrored)
    assert telltale(real, made).auc > 0.99
    assert telltale(real, made, reading="shapes").auc < 0.6


def test_what_gives_a_grammar_away_is_named() -> None:
    real, made = queries(1, 400, NOUNS), queries(2, 400, NOUNS, " 10 mm")
    found = telltale(real, made, reading="shapes")
    assert found.auc > 0.99
    strongest = found.give_aways[0]
    assert strongest.feature == "shape measure"
    assert strongest.pull > 0
    assert (strongest.real_share, strongest.generated_share) == pytest.approx((0, 1))
    backwards = telltale(made, real, reading="shapes")
    assert next(g for g in backwards.give_aways if g.feature == "shape measure").pull < 0


def test_sides_are_evened_out_and_texts_counted_once() -> None:
    real, made = queries(1, 900, NOUNS), queries(2, 90, ADJECTIVES)
    folded = {text.casefold() for text in made}
    found = telltale(real + real, made + [text.upper() for text in made])
    assert found.queries == len(folded) < 90
    assert telltale(real, queries(3, 900, NOUNS), config=TelltaleConfig(most=61)).queries == 61


def test_one_seed_one_result() -> None:
    real, made = queries(1, 300, NOUNS), queries(2, 300, NOUNS + ADJECTIVES[:2])
    config = TelltaleConfig(folds=3, most=151, seed=7)
    assert telltale(real, made, config=config) == telltale(real[::-1], made, config=config)
    other = telltale(real, made, config=TelltaleConfig(folds=3, most=151, seed=8))
    assert other.fold_aucs != telltale(real, made, config=config).fold_aucs


def test_too_little_to_learn_from() -> None:
    with pytest.raises(InvalidRequest, match="2 different queries; expected 50 or more"):
        telltale(["a b", "A  b", "c d"], queries(1, 99, NOUNS))
    with pytest.raises(InvalidRequest, match="2 ≤ folds"):
        TelltaleConfig(folds=1)
