from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from shopkeeper.measure import compare, cuped, power_of, units_needed
from shopkeeper.records import InvalidRecord, InvalidRequest


def test_golden_comparison() -> None:
    # control 11 12 13: mean 12, s² 1, v₀ = 1/3; treated 12 14 16 18: mean 15, s² 20/3, v₁ = 5/3
    # freedom (1/3 + 5/3)² / (1/9/2 + 25/9/3) = 216/53
    result = compare([11, 12, 14, 12, 16, 13, 18], [0, 1, 1, 0, 1, 0, 1])
    t = stats.t.ppf(0.975, 216 / 53)
    assert (result.control.mean, result.control.n) == (pytest.approx(12), 3)
    assert (result.treated.mean, result.treated.n) == (pytest.approx(15), 4)
    assert result.control.high == pytest.approx(12 + 4.302653 * math.sqrt(1 / 3), rel=1e-6)
    assert result.standard_error == pytest.approx(math.sqrt(2))
    assert (result.difference.mean, result.difference.n) == (3, 7)
    assert result.difference.high == pytest.approx(3 + t * math.sqrt(2), rel=1e-4)
    # 15/12 − 1, with variance (5/3 + 1.25²/3) / 12² = 2.1875 / 144
    assert result.lift is not None
    assert result.lift.mean == pytest.approx(0.25)
    assert result.lift.low == pytest.approx(0.25 - t * math.sqrt(2.1875) / 12, rel=1e-4)
    assert result.variance_reduction == 0.0


@given(st.integers(0, 2**31), st.integers(5, 23), st.integers(7, 29))
def test_difference_equals_scipys_welch(seed: int, n0: int, n1: int) -> None:
    rng = np.random.default_rng(seed)
    control, treated = rng.normal(1, 1, n0), rng.normal(1.5, 3, n1)
    ours = compare([*control, *treated], [0] * n0 + [1] * n1).difference
    theirs = stats.ttest_ind(treated, control, equal_var=False)
    interval = theirs.confidence_interval(0.95)
    assert ours.mean == pytest.approx(treated.mean() - control.mean())
    assert ours.p == pytest.approx(theirs.pvalue, abs=1e-5)
    assert (ours.low, ours.high) == pytest.approx((interval.low, interval.high), rel=1e-4, abs=1e-4)


def test_golden_cuped() -> None:
    # x − x̄ = ∓½, Σ(x − x̄)y = −0 + 1 − 0.5 + 1.5 = 2, Σ(x − x̄)² = 1: θ = 2, y ± 1
    outcome, before = [0, 2, 1, 3], [0, 1, 0, 1]
    assert cuped(outcome, before).tolist() == pytest.approx([1, 1, 2, 2])
    result = compare(outcome, [0, 0, 1, 1], covariates=before)
    assert result.difference.mean == pytest.approx(1)
    assert result.standard_error == pytest.approx(0, abs=1e-12)
    assert result.variance_reduction == pytest.approx(1)


def test_covariates_take_away_what_they_explain_and_nothing_else() -> None:
    rng = np.random.default_rng(3)
    n = 40_009
    past, noise = rng.normal(size=(n, 2)), rng.normal(size=n)
    is_treated = rng.random(n) < 0.3
    outcome = 5 + past @ [2.0, 1.0] + noise + 0.06 * is_treated
    plain = compare(outcome, is_treated)
    one = compare(outcome, is_treated, covariates=past[:, 0])
    both = compare(outcome, is_treated, covariates=past)
    # of a variance of 4 + 1 + 1, the covariates explain 4 and then 5
    assert one.variance_reduction == pytest.approx(4 / 6, abs=0.01)
    assert both.variance_reduction == pytest.approx(5 / 6, abs=0.01)
    assert both.standard_error == pytest.approx(plain.standard_error * math.sqrt(1 / 6), rel=0.02)
    assert both.difference.low < 0.06 < both.difference.high
    assert both.difference.low > 0 > plain.difference.low  # only the adjusted one finds it
    # the same columns again, of another size and place, explain nothing more
    repeated = np.column_stack([past, 7 - 1_000 * past[:, 0], np.ones(n)])
    again = compare(outcome, is_treated, covariates=repeated)
    assert again.difference.mean == pytest.approx(both.difference.mean)
    assert again.variance_reduction == pytest.approx(both.variance_reduction)


def test_without_news_in_the_covariate_the_comparison_is_the_plain_one() -> None:
    rng = np.random.default_rng(5)
    outcome, is_treated = rng.gamma(2, size=31), np.arange(31) % 3 == 0
    assert compare(outcome, is_treated, covariates=np.full(31, 4.0)) == compare(outcome, is_treated)
    assert compare(outcome, is_treated, per=np.ones(31)).difference.mean == pytest.approx(
        compare(outcome, is_treated).difference.mean
    )


def test_a_ratio_has_the_mean_of_sums_and_the_textbooks_delta_error() -> None:
    rng = np.random.default_rng(7)
    impressions = rng.integers(1, 50, size=503)
    clicks = rng.binomial(impressions, rng.beta(2, 8, size=503))
    is_treated = rng.random(503) < 0.5
    result = compare(clicks, is_treated, per=impressions)
    squared = 0.0
    for arm, interval in ((is_treated, result.treated), (~is_treated, result.control)):
        a, b = clicks[arm], impressions[arm]
        ratio, covariance = a.sum() / b.sum(), np.cov(a, b)
        spread = covariance[0, 0] - 2 * ratio * covariance[0, 1] + ratio**2 * covariance[1, 1]
        squared += spread / b.mean() ** 2 / len(a)
        assert interval.mean == pytest.approx(ratio)
    assert result.standard_error == pytest.approx(math.sqrt(squared))
    # a mean of each unit's own rate is another number
    assert result.control.mean != pytest.approx(
        (clicks / impressions)[~is_treated].mean(), rel=1e-3
    )


def test_every_interval_covers_as_often_as_it_says() -> None:
    # 1,000 experiments of 211 units with true means 2 and 3: the binomial error of 0.95 is 0.007
    rng = np.random.default_rng(11)
    covered = []
    for _ in range(1_000):
        past = rng.gamma(1, 1, size=211)
        is_treated = rng.random(211) < 0.5
        outcome = (past + rng.gamma(1, 1, size=211)) * np.where(is_treated, 1.5, 1.0)
        result = compare(outcome, is_treated, covariates=past)
        assert result.lift is not None
        truths = (
            (result.control, 2),
            (result.treated, 3),
            (result.difference, 1),
            (result.lift, 0.5),
        )
        covered.append([interval.low <= truth <= interval.high for interval, truth in truths])
    assert np.all(np.abs(np.mean(covered, axis=0) - 0.95) < 0.025)


def test_ratio_intervals_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(13)
    covered = []
    for _ in range(1_000):
        impressions = rng.integers(1, 20, size=307)
        # heavy users click less: an interval blind to it would be wrong
        clicks = rng.binomial(impressions, 0.4 / np.sqrt(impressions))
        interval = compare(clicks, np.arange(307) % 2, per=impressions).difference
        covered.append(interval.low <= 0 <= interval.high)
    assert abs(np.mean(covered) - 0.95) < 0.025


def test_a_lift_on_nothing_is_unknown_and_no_spread_is_no_width() -> None:
    around_zero = compare([-1, 0, 1, 2, 3, 4], [0, 0, 0, 1, 1, 1])
    assert around_zero.lift is None
    flat = compare([1, 1, 2, 2], [0, 0, 1, 1])
    assert (flat.difference.low, flat.difference.high, flat.difference.p) == (1, 1, 0)
    assert compare([1, 1, 1, 1], [0, 0, 1, 1]).difference.p == 1


def test_golden_power() -> None:
    # z 1.959964 + 0.841621 = 2.801585; sd / effect = 10 / (50 · 0.02) = 10: 2 · 2.801585² · 100
    assert units_needed(50, 10, 0.02) == math.ceil(2 * 2.801585**2 * 100) == 1570
    assert units_needed(-50, 10, -0.02) == 1570
    assert power_of(1570, 50, 10, 0.02) == pytest.approx(0.8, abs=1e-3)
    # no effect to speak of: α/2 of the tests are significant with the right sign
    assert power_of(1570, 50, 10, 1e-12) == pytest.approx(0.025)
    assert (units_needed(50, 0, 0.02), power_of(2, 50, 0, 0.02)) == (2, 1.0)


@given(st.floats(0.001, 0.5), st.floats(0.1, 9), st.floats(0.1, 0.99), st.floats(0.001, 0.1))
def test_power_is_the_inverse_of_units(lift, sd, power, alpha) -> None:
    n = units_needed(1, sd, lift, power=power, alpha=alpha)
    assert power_of(n, 1, sd, lift, alpha=alpha) >= power - 1e-9
    if n > 2:
        assert power_of(n - 1, 1, sd, lift, alpha=alpha) < power + 1e-9


def test_what_cannot_be_compared_is_told() -> None:
    with pytest.raises(InvalidRequest, match="fewer than two units"):
        compare([1, 2, 3], [1, 0, 0])
    with pytest.raises(InvalidRecord, match="row 1: is_treated 2; expected a flag"):
        compare([1, 2, 3], [1, 2, 0])
    with pytest.raises(InvalidRecord, match="row 2: outcome nan"):
        compare([1, 2, math.nan, 3], [1, 1, 0, 0])
    with pytest.raises(InvalidRequest, match=r"covariates of shape \(3,\); expected \[4\]"):
        compare([1, 2, 3, 4], [1, 1, 0, 0], covariates=[1, 2, 3])
    with pytest.raises(InvalidRecord, match=r"row 3: a covariate is not finite\. Give units"):
        compare([1, 2, 3, 4], [1, 1, 0, 0], covariates=[1, 2, 3, math.nan])
    with pytest.raises(InvalidRequest, match="ratio over a mean of 0"):
        compare([1, 2, 3, 4], [1, 1, 0, 0], per=[1, 1, 0, 0])
    with pytest.raises(InvalidRequest, match="neither is 0"):
        units_needed(50, 10, 0)
    with pytest.raises(InvalidRequest, match=r"power 1\.5"):
        units_needed(50, 10, 0.1, power=1.5)
    with pytest.raises(InvalidRequest, match="1 units per arm"):
        power_of(1, 50, 10, 0.1)
