from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from shopkeeper.measure import (
    bootstrap,
    holm,
    paired_bootstrap,
    paired_t,
    pooled_bootstrap,
    resampled_means,
)
from shopkeeper.measure.student import critical, two_sided
from shopkeeper.records import InvalidRequest


def test_resampled_means_equal_the_slow_twin() -> None:
    values = np.random.default_rng(3).normal(size=(11, 2))
    drawn = np.random.default_rng(5).integers(11, size=(13, 11))
    slow = [[values[row, column].mean() for column in range(2)] for row in drawn]
    np.testing.assert_allclose(resampled_means(values, resamples=13, seed=5), slow)


def test_resampling_in_several_chunks_keeps_shape_mean_and_spread() -> None:
    values = np.random.default_rng(7).normal(size=211_003)  # four resamples fill a chunk
    means = resampled_means(values, resamples=23)[:, 0]
    assert means.shape == (23,)
    assert len(np.unique(means)) == 23
    # the mean of n standard normals, resampled, spreads by 1/√n = 0.00218
    assert abs(means.mean() - values.mean()) < 0.002
    assert 0.001 < means.std() < 0.004


def test_bootstrap_agrees_with_the_normal_interval_and_with_scipy() -> None:
    values = np.random.default_rng(11).gamma(2.0, size=401)
    ours = bootstrap(values, seed=1)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=10_000, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    half = 1.96 * values.std(ddof=1) / math.sqrt(len(values))
    assert ours.mean == pytest.approx(values.mean())
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.1 * half)
    assert ours.high - ours.low == pytest.approx(2 * half, rel=0.06)
    assert ours.n == 401


def test_same_seed_same_bytes_and_level_widens() -> None:
    values = np.random.default_rng(0).normal(size=37)
    assert bootstrap(values, seed=4) == bootstrap(values, seed=4)
    assert bootstrap(values, seed=4) != bootstrap(values, seed=5)
    narrow, wide = bootstrap(values, level=0.5), bootstrap(values, level=0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_pairing_sees_what_unpaired_intervals_hide() -> None:
    rng = np.random.default_rng(13)
    hard = rng.normal(0, 1, size=101)  # queries differ far more than systems do
    left, right = hard + 0.05 + rng.normal(0, 0.05, 101), hard
    paired = paired_bootstrap(left, right)
    alone = bootstrap(left)
    assert paired.low > 0
    assert paired.p < 0.001
    assert alone.low < bootstrap(right).mean < alone.high
    mirrored = paired_bootstrap(right, left)
    assert (mirrored.mean, mirrored.low) == pytest.approx((-paired.mean, -paired.high))


def test_p_of_no_difference_is_one_and_never_zero() -> None:
    zeros = np.zeros(29)
    assert paired_bootstrap(zeros, zeros).p == 1.0
    # every resampled mean is 1: no draw on the other side, 2 · 1 / 10,001
    assert paired_bootstrap(zeros + 1, zeros).p == pytest.approx(2 / 10_001)


def test_pooling_weighs_sets_or_queries() -> None:
    few, many = np.array([0.3, 0.5] * 10), np.array([0.0, 0.2] * 490)
    # means 0.4 over 20 and 0.1 over 980: by sets 0.25, by queries (8 + 98) / 1,000
    by_sets, by_queries = (pooled_bootstrap([few, many], weigh=w) for w in ("sets", "queries"))
    assert by_sets.mean == pytest.approx(0.25)
    assert by_queries.mean == pytest.approx(0.106)
    # s of the mean: 0.1/√20 = 0.02236 and 0.1/√980 = 0.00319; by sets half of √(sum of squares)
    expected = 2 * 1.96 * 0.5 * math.hypot(0.02236, 0.00319)
    assert by_sets.high - by_sets.low == pytest.approx(expected, rel=0.08)
    assert by_sets.n == by_queries.n == 1_000


def test_pooling_equal_sets_narrows_by_the_root_of_their_number() -> None:
    rng = np.random.default_rng(17)
    sets = [rng.normal(0.1, 1, 307) for _ in range(4)]
    widths = [b.high - b.low for b in (paired_bootstrap(s, np.zeros(307)) for s in sets)]
    pooled = pooled_bootstrap(sets)
    assert pooled.high - pooled.low == pytest.approx(np.mean(widths) / 2, rel=0.1)
    # sets of one size: both weighings are one and the same
    assert pooled_bootstrap(sets, weigh="queries").low == pytest.approx(pooled.low)


def test_each_pooled_set_has_draws_of_its_own() -> None:
    # two sets that happen to be equal still are two: the interval narrows by √2
    values = np.random.default_rng(31).normal(size=211)
    once, twice = pooled_bootstrap([values]), pooled_bootstrap([values, values])
    expected = (once.high - once.low) / math.sqrt(2)
    assert twice.high - twice.low == pytest.approx(expected, rel=0.06)


def test_golden_paired_t() -> None:
    # differences 1, 2, 3: mean 2, s = 1, s/√3 = 0.57735, t(0.95, 2) = 4.302653
    result = paired_t([2.0, 4.0, 6.0], [1.0, 2.0, 3.0])
    assert result.mean == 2.0
    assert result.low == pytest.approx(2 - 4.302653 * 0.5773503, abs=1e-5)
    assert result.high == pytest.approx(2 + 4.302653 * 0.5773503, abs=1e-5)
    assert result.n == 3


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=9), st.integers(0, 2**31))
def test_paired_t_equals_scipy(left, seed) -> None:
    right = np.random.default_rng(seed).normal(size=len(left))
    theirs = stats.ttest_rel(left, right)
    ours, interval = paired_t(left, right), theirs.confidence_interval(0.95)
    assert ours.p == pytest.approx(theirs.pvalue, abs=1e-12)
    assert (ours.low, ours.high) == pytest.approx((interval.low, interval.high), rel=1e-9, abs=1e-9)


def test_paired_t_without_spread() -> None:
    assert paired_t([1.0, 1.0], [1.0, 1.0]).p == 1.0
    moved = paired_t([2.0, 2.0], [1.0, 1.0])
    assert (moved.low, moved.high, moved.p) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 29, 30, 100, 101, 20_011, 30.5])
def test_student_equals_scipy(freedom: int) -> None:
    for t in (0.0, 0.1, 1.0, 2.5, 40.0):
        assert two_sided(t, freedom) == pytest.approx(1 - 2 * stats.t.sf(t, freedom), abs=1e-12)
    for level in (0.5, 0.95, 0.999):
        expected = stats.t.ppf((1 + level) / 2, freedom)
        assert critical(level, freedom) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("freedom", "off"), [(1.5, 3e-3), (3.5, 1e-5), (16.5, 1e-10)])
def test_broken_degrees_of_freedom_are_as_near_as_stated(freedom: float, off: float) -> None:
    for t in (0.1, 1.0, 2.5, 12.0):
        assert two_sided(t, freedom) == pytest.approx(1 - 2 * stats.t.sf(t, freedom), abs=off)


def test_golden_holm() -> None:
    # sorted 0.01, 0.02, 0.04 × (3, 2, 1) = 0.03, 0.04, 0.04
    assert holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    # 0.03 × 1 = 0.03 may not fall below the 0.04 before it; 0.6 × 3 is capped
    assert holm([0.02, 0.03]) == pytest.approx([0.04, 0.04])
    assert holm([0.6, 0.7, 0.8]) == [1.0, 1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_holm_lies_between_the_p_value_and_bonferroni_and_keeps_the_order(p_values) -> None:
    adjusted = holm(p_values)
    for p, value in zip(p_values, adjusted, strict=True):
        assert p <= value <= min(1.0, len(p_values) * p) + 1e-12
    by_p = [value for _, value in sorted(zip(p_values, adjusted, strict=True))]
    assert by_p == sorted(by_p)


def test_what_has_no_interval_says_so() -> None:
    with pytest.raises(InvalidRequest, match="two rows or more"):
        bootstrap([0.5])
    with pytest.raises(InvalidRequest, match=r"not finite\. Leave undefined queries out"):
        bootstrap([0.5, float("nan")])
    with pytest.raises(InvalidRequest, match="one value per query, twice"):
        paired_bootstrap([0.5, 0.6], [0.5, 0.6, 0.7])
    with pytest.raises(InvalidRequest, match="level 95"):
        bootstrap([0.5, 0.6], level=95)
    with pytest.raises(InvalidRequest, match="no data set"):
        pooled_bootstrap([])


def test_bootstrap_interval_covers_the_truth_as_often_as_it_says() -> None:
    # 2,000 samples of 89 skewed values (Icecat's queries): 95 % intervals should hold the mean
    # 0.25 of Beta(1, 3) in about 0.95 of them; the binomial standard error is 0.005, and the
    # percentile bootstrap is known to fall about 0.01 short at this size.
    rng = np.random.default_rng(19)
    intervals = [
        bootstrap(rng.beta(1, 3, size=89), resamples=1_000, seed=seed) for seed in range(2_000)
    ]
    covered = np.mean([interval.low <= 0.25 <= interval.high for interval in intervals])
    assert 0.925 < covered < 0.965
