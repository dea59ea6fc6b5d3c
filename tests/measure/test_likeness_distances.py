from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from shopkeeper.measure.likeness import (
    kolmogorov_smirnov,
    total_variation,
    wasserstein,
    zipf_slope,
)
from shopkeeper.records import InvalidRequest

SAMPLES = st.lists(st.integers(-7, 7).map(lambda n: n / 2), min_size=1, max_size=23)


def test_golden_distances() -> None:
    # F − G on [0, 1): 1/2 − 1/3, on [1, 4): 1 − 1/3, on [4, 5): 1 − 2/3
    assert wasserstein([0, 1], [0, 4, 5]) == pytest.approx(1 / 6 + 3 * 2 / 3 + 1 / 3)
    assert kolmogorov_smirnov([0, 1], [0, 4, 5]) == pytest.approx(2 / 3)
    # of yes and no: the difference of the shares, 3/4 − 1/3
    assert wasserstein([1, 1, 0, 1], [0, 1, 0]) == pytest.approx(5 / 12)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of scipy's p-value for a handful
@given(SAMPLES, SAMPLES)
def test_distances_equal_scipys(left: list[float], right: list[float]) -> None:
    moved = stats.wasserstein_distance(left, right)
    assert wasserstein(left, right) == pytest.approx(moved)
    apart = stats.ks_2samp(left, right).statistic
    assert kolmogorov_smirnov(left, right) == pytest.approx(apart)


def test_total_variation_is_the_share_that_has_to_move() -> None:
    # 1/2, 1/2, 0 against 1/4, 0, 3/4
    assert total_variation({"a": 5, "b": 5}, {"c": 3, "a": 1}) == pytest.approx(0.75)
    assert total_variation({"a": 2, "b": 6}, {"b": 3, "a": 1}) == 0
    assert total_variation({"a": 2}, {"b": 3}) == 1


@pytest.mark.parametrize("law", [0.6, 1.0, 1.4])
def test_the_slope_of_a_law_is_found_and_lies_in_its_interval(law: float) -> None:
    expected = 1e7 * np.arange(1, 998) ** -law
    found = zipf_slope(np.random.default_rng(3).permutation(expected))
    assert found.slope == pytest.approx(law, abs=1e-6)
    assert found.low < law < found.high
    assert (found.types, found.tokens) == (997, int(expected.sum()))


def test_slope_and_interval_equal_a_numerical_maximum_of_scipys_law() -> None:
    counts = np.array([53, 29, 23, 11, 7, 5, 3, 2, 1, 1])
    ranks = np.arange(1, 11)

    def loss(slope: float) -> float:
        return -float(counts @ stats.zipfian.logpmf(ranks, slope, 10))

    best = optimize.minimize_scalar(loss, bounds=(0.1, 5), method="bounded").x
    curvature = (loss(best + 1e-3) - 2 * loss(best) + loss(best - 1e-3)) / 1e-6
    found = zipf_slope([*counts, 0], level=0.95)
    assert found.slope == pytest.approx(best, abs=1e-4)
    assert (found.high - found.low) / 2 == pytest.approx(1.95996 / curvature**0.5, rel=1e-3)
    assert found.types == 10


def test_the_interval_covers_at_its_rate_where_every_type_is_frequent() -> None:
    rng = np.random.default_rng(11)
    law = np.arange(1, 14) ** -1.1
    draws = [zipf_slope(rng.multinomial(50_000, law / law.sum())) for _ in range(400)]
    covered = np.mean([draw.low <= 1.1 <= draw.high for draw in draws])
    assert 0.92 < covered < 0.98  # 95 % ± 2.7 standard errors


def test_rare_types_move_the_slope_as_the_docstring_warns() -> None:
    rng = np.random.default_rng(13)
    law = np.arange(1, 20_011) ** -1.0
    few, many = (zipf_slope(rng.multinomial(n, law / law.sum())).slope for n in (2_003, 2_000_003))
    assert many == pytest.approx(1.0, abs=0.02)
    assert few < 0.9


@pytest.mark.parametrize("counts", [[], [3], [3, 0], [3, -1], [3, np.nan]])
def test_no_slope_of_less_than_two_types(counts: list[float]) -> None:
    with pytest.raises(InvalidRequest, match="two types or more"):
        zipf_slope(counts)


def test_nothing_cannot_be_compared() -> None:
    for distance in (wasserstein, kolmogorov_smirnov):
        with pytest.raises(InvalidRequest, match="one finite value"):
            distance([], [1.0])
        with pytest.raises(InvalidRequest, match="one finite value"):
            distance([1.0], [np.inf])
    for left in ({}, {"a": 0}, {"a": 2, "b": -1}):
        with pytest.raises(InvalidRequest, match="0 or more"):
            total_variation(left, {"a": 1})
