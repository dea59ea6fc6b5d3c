from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from shopkeeper.measure import (
    clustered_difference,
    clustered_mean,
    linearised_ratio,
    paired_t,
    share_interval,
)
from shopkeeper.records import InvalidRecord, InvalidRequest


def test_golden_linearised_ratio() -> None:
    # r = 6/12 = ½, b̄ = 4: ½ + (1 − 1)/4, ½ + (2 − 3)/4, ½ + (3 − 2)/4
    assert linearised_ratio([1, 2, 3], [2, 6, 4]).tolist() == [0.5, 0.25, 0.75]
    assert linearised_ratio([1, 2, 3], [1, 1, 1]).tolist() == [1, 2, 3]


def test_golden_clustered_mean() -> None:
    # mean 3; residuals −2 −1 | 0 | 3, sums −3 0 3: √(3/2 · 18) / 4 = 1.299038; t(0.95, 2) 4.302653
    interval = clustered_mean([1, 2, 3, 6], ["a", "a", "b", "c"])
    assert (interval.mean, interval.n) == (3, 3)
    assert interval.high == pytest.approx(3 + 4.302653 * 1.299038, rel=1e-6)


@given(st.lists(st.floats(-9, 9), min_size=2, max_size=11), st.integers(0, 2**31))
def test_clusters_of_one_row_are_the_plain_t_interval(left, seed) -> None:
    right = np.random.default_rng(seed).normal(size=len(left))
    ours, plain = clustered_difference(left, right, np.arange(len(left))), paired_t(left, right)
    assert (ours.low, ours.high, ours.p) == pytest.approx(
        (plain.low, plain.high, plain.p), rel=1e-9, abs=1e-9
    )
    assert clustered_difference(left, right) == ours


def test_rows_said_twice_tell_nothing_more() -> None:
    values = np.random.default_rng(3).normal(size=17)
    once, twice = clustered_mean(values), clustered_mean(np.repeat(values, 5), np.arange(85) // 5)
    assert (twice.low, twice.high, twice.n) == pytest.approx((once.low, once.high, 17))
    blind = clustered_mean(np.repeat(values, 5))
    assert blind.high - blind.low < (once.high - once.low) / 2


def test_clusters_of_unequal_size_cover_as_often_as_said() -> None:
    # 61 shoppers of 1 … 12 requests share a taste; blind to it, intervals cover far too rarely
    rng = np.random.default_rng(5)
    seeing, blind = [], []
    for _ in range(1_000):
        shopper = np.repeat(np.arange(61), rng.integers(1, 13, size=61))
        values = rng.normal(size=61)[shopper] + rng.normal(size=len(shopper))
        for covered, interval in (
            (seeing, clustered_mean(values, shopper)),
            (blind, clustered_mean(values)),
        ):
            covered.append(interval.low <= 0 <= interval.high)
    assert abs(np.mean(seeing) - 0.95) < 0.025
    assert np.mean(blind) < 0.8


def test_golden_share_interval() -> None:
    # none of 10: 0 … z² / (n + z²) = 3.841459 / 13.841459
    none = share_interval(0, 10)
    assert (none.mean, none.low) == pytest.approx((0, 0), abs=1e-15)
    assert none.high == pytest.approx(3.841459 / 13.841459, rel=1e-6)


@given(st.integers(0, 31), st.integers(31, 97), st.sampled_from([0.8, 0.95, 0.99]))
def test_share_interval_equals_scipys_wilson(hits, n, level) -> None:
    ours = share_interval(hits, n, level=level)
    theirs = stats.binomtest(hits, n).proportion_ci(level, method="wilson")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_what_has_no_ratio_or_cluster_is_told() -> None:
    with pytest.raises(InvalidRequest, match=r"mean of 0; expected a mean above 0"):
        linearised_ratio([1, 2], [0, 0])
    with pytest.raises(InvalidRecord, match="row 1: numerator inf"):
        linearised_ratio([1, math.inf], [1, 1])
    with pytest.raises(InvalidRequest, match=r"denominator of shape \(3,\); expected .* 2 rows"):
        linearised_ratio([1, 2], [1, 1, 1])
    with pytest.raises(InvalidRequest, match="a single cluster"):
        clustered_mean([1, 2, 3], ["a", "a", "a"])
    with pytest.raises(InvalidRequest, match="11 hits of 10"):
        share_interval(11, 10)
