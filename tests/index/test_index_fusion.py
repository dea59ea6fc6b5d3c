"""The addends of both fusions, and the score for "nothing fits", by hand."""

from __future__ import annotations

import numpy as np
import pytest

from shopkeeper.index.fit import FitConfig, first_similarity
from shopkeeper.index.fusion import ReciprocalRank, WeightedSum
from shopkeeper.records import InvalidRequest

NAN = np.nan
LEXICAL = np.array([8.0, NAN, 4.0, 4.0])
DENSE = np.array([0.5, 0.9, NAN, -0.1])


def test_the_weighted_sum_by_hand() -> None:
    """w = 0.25, best 16: (1 − 0.25)·8/16 = 0.375, 0.75·4/16 = 0.1875; 0.25·0.5 = 0.125 …"""
    words, meaning = WeightedSum(0.25).addends(LEXICAL, DENSE, 16.0)
    np.testing.assert_allclose(words, [0.375, 0.0, 0.1875, 0.1875])
    np.testing.assert_allclose(meaning, [0.125, 0.225, 0.0, -0.025])
    nothing, _ = WeightedSum(0.25).addends(np.full(4, NAN), DENSE, 0.0)
    assert not np.nan_to_num(nothing).any()


def test_reciprocal_ranks_by_hand() -> None:
    """k = 60: rank 1 is 1/61; the two 4.0 tie at rank 2, 1/62; NaN gives nothing."""
    words, meaning = ReciprocalRank().addends(LEXICAL, DENSE, 8.0)
    np.testing.assert_allclose(words, [1 / 61, 0.0, 1 / 62, 1 / 62])
    np.testing.assert_allclose(meaning, [1 / 62, 1 / 61, 0.0, 1 / 63])


def test_fit_looks_at_the_first_ten_by_score() -> None:
    scores = np.array([*np.linspace(1.0, 0.1, 10), 0.05, NAN])
    similarity = np.array([*np.full(9, 0.5), NAN, 0.0, 0.9])
    assert first_similarity(scores, similarity) == pytest.approx(0.5)
    assert np.isnan(first_similarity(scores, np.full(12, NAN)))
    config = FitConfig(centre=0.4, scale=0.05)
    assert config.fit(0.4) == pytest.approx(0.5)
    assert config.fit(0.5) == pytest.approx(0.880797, abs=1e-6)  # 1/(1 + e^−2)
    assert config.fit(NAN) is None


@pytest.mark.parametrize("make", [lambda: WeightedSum(1.1), lambda: ReciprocalRank(0.0)])
def test_fusions_are_checked(make: object) -> None:
    with pytest.raises(InvalidRequest):
        make()  # type: ignore[operator]
