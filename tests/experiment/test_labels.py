"""Label noise and label mixes."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.data import JudgedSet
from shopkeeper.experiment.labels import PUBLISHED_MIX, mislabel, mistakes, to_mix
from shopkeeper.records import InvalidRequest, Judgement


def judged_set(counts: dict[int, int]) -> JudgedSet:
    grades = [grade for grade, count in counts.items() for _ in range(count)]
    return JudgedSet(
        name="handmade",
        queries={"q": "tent"},
        judgements=tuple(Judgement("q", f"p{at}", g) for at, g in enumerate(grades)),
        lowest_grade=1,
        relevant_from=3,
        headline="ndcg@10",
    )


def test_mistakes_by_hand() -> None:
    # From grade 1, the weights of 2, 3, 4 are 1/4, 1/16, 1/64: 16, 4 and 1 parts of 21.
    np.testing.assert_allclose(mistakes(0.21)[0], [0.79, 0.16, 0.04, 0.01])
    # From grade 2, those of 1, 3, 4 are 1/4, 1/4, 1/16: 4, 4 and 1 parts of 9.
    np.testing.assert_allclose(mistakes(0.09)[1], [0.04, 0.91, 0.04, 0.01])


@given(st.floats(0, 1))
def test_mistakes_are_probabilities_and_near_ones_are_likelier(noise: float) -> None:
    table = mistakes(noise)
    np.testing.assert_allclose(table.sum(axis=1), 1)
    np.testing.assert_allclose(np.diagonal(table), 1 - noise)
    assert table[0, 1] >= table[0, 2] >= table[0, 3] >= 0


def test_labels_err_as_often_as_the_dial_says() -> None:
    grades = np.repeat(np.array([1, 2, 3, 4], dtype=np.int8), 20_011)
    labels = mislabel(grades, 0.1, np.random.default_rng(3))
    assert (mislabel(grades, 0.0, np.random.default_rng(3)) == grades).all()
    for grade in (1, 2, 3, 4):
        said = np.bincount(labels[grades == grade], minlength=5)[1:] / 20_011
        np.testing.assert_allclose(said, mistakes(0.1)[grade - 1], atol=0.006)


@pytest.mark.parametrize("noise", [-0.1, 1.5])
def test_a_noise_that_is_no_share_is_refused(noise: float) -> None:
    with pytest.raises(InvalidRequest, match="expected 0 … 1"):
        mislabel(np.array([1], dtype=np.int8), noise, np.random.default_rng(0))


def test_the_scarcest_label_decides_how_many_are_kept() -> None:
    # 5 % of 3 allow 40 judgements in all: 20 of 4, 2 of 3, 14.4 of 2, 3.6 of 1
    mixed = to_mix(judged_set({4: 100, 3: 2, 2: 900, 1: 500}), PUBLISHED_MIX)
    assert Counter(j.grade for j in mixed.judgements) == {4: 20, 3: 2, 2: 14, 1: 3}


@given(
    st.lists(st.integers(1, 400), min_size=4, max_size=4),
    st.lists(st.integers(1, 50), min_size=4, max_size=4),
)
def test_a_mix_is_met_without_inventing(counts: list[int], parts: list[int]) -> None:
    judged = judged_set(dict(zip((4, 3, 2, 1), counts, strict=True)))
    mix = {g: part / sum(parts) for g, part in zip((4, 3, 2, 1), parts, strict=True)}
    mixed = to_mix(judged, mix, seed=1)
    kept = Counter(j.grade for j in mixed.judgements)
    assert set(mixed.judgements) <= set(judged.judgements)
    assert len(set(mixed.judgements)) == len(mixed.judgements)
    total = min(count / mix[g] for g, count in zip((4, 3, 2, 1), counts, strict=True))
    for grade, share in mix.items():
        assert total * share - 1 < kept[grade] <= total * share + 1e-6


def test_a_mix_that_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="sum to 1"):
        to_mix(judged_set({4: 3}), {4: 0.4, 1: 0.4})
    with pytest.raises(InvalidRequest, match="no label 1 in handmade"):
        to_mix(judged_set({4: 3}), {4: 0.5, 1: 0.5})
