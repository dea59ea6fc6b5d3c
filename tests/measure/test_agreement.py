from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from shopkeeper.measure import auc, calibration_error, kendall_tau
from shopkeeper.records import InvalidRequest

scored = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=23)


def test_golden_auc() -> None:
    # positives 3 and 1, negatives 2 and 1: 3 beats both, 1 beats none and ties one → 2.5 of 4
    assert auc([3, 2, 1, 1], [True, False, True, False]) == 2.5 / 4
    assert auc([1.0, 2.0], [True, True]) is None


@given(scored)
def test_auc_equals_sklearn_ties_included(rows) -> None:
    scores, flags = zip(*rows, strict=True)
    if len(set(flags)) == 1:
        assert auc(scores, flags) is None
    else:
        assert auc(scores, flags) == pytest.approx(roc_auc_score(flags, scores))


def test_golden_kendall_tau() -> None:
    # pairs of (1,1) (2,3) (3,2): two agree, one does not → 1/3
    assert kendall_tau([1, 2, 3], [1, 3, 2]) == pytest.approx(1 / 3)
    assert kendall_tau([1, 1], [1, 2]) is None


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=17))
def test_kendall_tau_equals_scipy(pairs) -> None:
    left, right = zip(*pairs, strict=True)
    ours, theirs = kendall_tau(left, right), stats.kendalltau(left, right).statistic
    assert (np.nan if ours is None else ours) == pytest.approx(theirs, nan_ok=True)


def test_golden_calibration_error() -> None:
    # of the two at 0.1 one happens: |0.1 − 0.5|; the one at 0.8 does not: |0.8 − 0|
    assert calibration_error([0.1, 0.1, 0.8], [0, 1, 0]) == pytest.approx((2 * 0.4 + 0.8) / 3)
    # one bin for all: |1.0 / 3 − 1 / 3| = 0, too coarse to see it
    assert calibration_error([0.1, 0.1, 0.8], [0, 1, 0], bins=1) == pytest.approx(0, abs=1e-12)
    assert calibration_error([1.0, 0.0], [1, 0]) == 0.0
    assert calibration_error([], []) is None


def test_honest_probabilities_are_calibrated_and_bold_ones_are_not() -> None:
    rng = np.random.default_rng(23)
    p = rng.uniform(size=20_011)
    outcome = rng.uniform(size=len(p)) < p
    assert calibration_error(p, outcome) < 0.02
    assert calibration_error((p > 0.5).astype(float), outcome) > 0.2


def test_what_cannot_be_compared_says_so() -> None:
    with pytest.raises(InvalidRequest, match="two lists of one length"):
        auc([1.0, 2.0], [True])
    with pytest.raises(InvalidRequest, match="outside 0 … 1"):
        calibration_error([1.5], [1])
