from __future__ import annotations

import math

import numpy as np
import pytest

from shopkeeper.measure import (
    Reruns,
    compare,
    coverage,
    power_of,
    rerandomise,
    reruns,
    right_sign_share,
)
from shopkeeper.records import InvalidRequest

RNG = np.random.default_rng(17)
PAST = RNG.gamma(1, 1, size=2_003)
SPENT = RNG.poisson(3 * PAST) * RNG.lognormal(0, 0.5, size=2_003)  # skewed, a third are zeros


@pytest.mark.parametrize("lift", [0.0, 0.1])
@pytest.mark.parametrize("covariates", [None, PAST[:101], np.c_[PAST, PAST**2][:101]])
def test_a_run_equals_a_comparison_of_its_split(lift, covariates) -> None:
    outcome, runs = SPENT[:101], 13
    told = rerandomise(outcome, runs=runs, seed=5, covariates=covariates, lift=lift)
    split = np.broadcast_to(np.arange(101) < 50, (runs, 101))
    splits = np.random.default_rng(5).permuted(split, axis=1)
    assert told.truth == pytest.approx(lift * outcome.mean())
    for run, is_treated in enumerate(splits):
        slow = compare(
            np.where(is_treated, 1 + lift, 1) * outcome, is_treated, covariates=covariates
        )
        assert told.differences[run] == pytest.approx(slow.difference.mean)
        assert told.low[run] == pytest.approx(slow.difference.low)
        assert told.high[run] == pytest.approx(slow.difference.high)
    assert len(set(told.differences)) == runs


def test_blocks_do_not_change_the_draws(monkeypatch) -> None:
    whole = rerandomise(SPENT[:211], runs=19, seed=3)
    monkeypatch.setattr(reruns, "_CELLS", 1_000)  # four runs a block
    blocks = rerandomise(SPENT[:211], runs=19, seed=3)
    np.testing.assert_allclose(blocks.low, whole.low)
    other = rerandomise(SPENT[:211], runs=19, seed=4)
    assert not np.isclose(other.differences, whole.differences).any()


@pytest.mark.parametrize("covariates", [None, PAST])
def test_of_4000_tests_without_an_effect_95_percent_cover_none(covariates) -> None:
    told = coverage(rerandomise(SPENT, runs=4_000, seed=1, covariates=covariates))
    assert 0.94 < told.mean < 0.96
    assert told.n == 4_000


@pytest.mark.parametrize("lift", [0.2, -0.2])
def test_the_power_is_the_stated_one_and_covariates_raise_it(lift) -> None:
    plain = right_sign_share(rerandomise(SPENT, runs=1_000, seed=2, lift=lift))
    spread = SPENT.std() * math.sqrt((1 + (1 + lift) ** 2) / 2)  # of the two arms together
    stated = power_of(1_001, SPENT.mean(), spread, lift)
    assert 0.6 < stated < 0.95
    assert plain.mean == pytest.approx(stated, abs=0.05)
    adjusted = rerandomise(SPENT, runs=1_000, seed=2, lift=lift, covariates=PAST)
    assert right_sign_share(adjusted).low > plain.high


def test_golden_shares() -> None:
    # intervals 0…2, −1…1, 1…3, −3…−1 around a truth of 1: the first three hold it, the third alone
    # lies above 0 entirely; the fourth is significant with the wrong sign
    told = Reruns(
        np.array([1.0, 0, 2, -2]), np.array([0.0, -1, 1, -3]), np.array([2.0, 1, 3, -1]), truth=1.0
    )
    assert coverage(told).mean == 3 / 4
    assert right_sign_share(told).mean == 1 / 4


def test_what_cannot_be_rerun_is_told() -> None:
    with pytest.raises(InvalidRequest, match="4 units or more"):
        rerandomise([1, 2, 3])
    with pytest.raises(InvalidRequest, match="no lift was put in"):
        right_sign_share(rerandomise(SPENT[:11], runs=2))


@pytest.mark.slow
def test_20000_units_cover_at_95_percent() -> None:
    rng = np.random.default_rng(19)
    past = rng.gamma(0.5, 2, size=20_000)
    spent = rng.poisson(past) * rng.lognormal(3, 1, size=20_000)
    for covariates in (None, past):
        assert 0.94 < coverage(rerandomise(spent, covariates=covariates, seed=7)).mean < 0.96
