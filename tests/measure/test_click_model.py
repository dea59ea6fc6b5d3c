from __future__ import annotations

import math

import numpy as np
import pytest

from shopkeeper.measure import fit_clicks, randomised_examination
from shopkeeper.records import InvalidRecord, InvalidRequest


def test_golden_fit_and_what_the_log_cannot_tell() -> None:
    # e = 1, ½; a = 0.4, 0.2; pair 2 stands at position 2 alone, pair 3 nowhere, pair 4 has no click
    model = fit_clicks(
        pair=[0, 0, 1, 1, 2, 4],
        position=[0, 1, 0, 1, 2, 1],
        impressions=[100, 100, 200, 50, 70, 30],
        clicks=[40, 20, 40, 5, 9, 0],
    )
    assert model.examination == pytest.approx([1, 0.5, math.nan], nan_ok=True)
    assert model.attraction == pytest.approx([0.4, 0.2, math.nan, math.nan, 0], nan_ok=True)
    assert model.has_converged


def test_click_rates_by_position_are_not_examination() -> None:
    # the wanted pair stands on top more often: click rates say 0.34 : 0.12, examination is ½
    counts = {"impressions": [90, 10, 10, 90], "clicks": [36, 2, 2, 9]}
    model = fit_clicks(pair=[0, 0, 1, 1], position=[0, 1, 0, 1], **counts)
    assert model.examination[1] == pytest.approx(0.5)


def test_split_rows_and_a_chain_of_pairs_change_nothing() -> None:
    # pairs link 0–1 and 1–2: position 2 is known through position 1, e = 1, ½, ¼
    whole = fit_clicks([0, 0, 1, 1], [0, 1, 1, 2], [100, 100, 100, 100], [40, 20, 40, 20])
    assert whole.examination == pytest.approx([1, 0.5, 0.25])
    assert whole.attraction == pytest.approx([0.4, 0.8])
    split = fit_clicks(
        [1, 0, 0, 1, 1, 1], [2, 0, 1, 1, 2, 1], [30, 100, 100, 90, 70, 10], [20, 40, 20, 40, 0, 0]
    )
    assert split.examination == pytest.approx(whole.examination)


EXAMINATION = 1 / np.arange(1, 8) ** 0.8


def _log(rng: np.random.Generator, pairs: int, impressions: float) -> tuple[np.ndarray, ...]:
    """Pairs near the position that their attraction earns, five rows each."""
    attraction = rng.beta(2, 5, size=pairs)
    earned = (1 - np.argsort(np.argsort(attraction)) / pairs) * 7
    position = np.clip(earned[:, None] + rng.normal(0, 3, (pairs, 5)), 0, 6).astype(int).ravel()
    pair = np.repeat(np.arange(pairs), 5)
    shown = rng.poisson(impressions, size=len(pair))
    return pair, position, shown, rng.binomial(shown, EXAMINATION[position] * attraction[pair])


def _expectation_maximisation(pair, position, shown, clicks, rounds: int) -> np.ndarray:
    """The Bernoulli model's maximum likelihood, by the textbook (Chuklin et al. 2015)."""
    e, a = np.full(7, 0.5), np.full(pair.max() + 1, 0.5)
    for _ in range(rounds):
        unclicked = (shown - clicks) / np.maximum(1 - e[position] * a[pair], 1e-12)
        seen = clicks + unclicked * e[position] * (1 - a[pair])
        wanted = clicks + unclicked * a[pair] * (1 - e[position])
        e = np.bincount(position, weights=seen) / np.bincount(position, weights=shown)
        a = np.bincount(pair, weights=wanted) / np.bincount(pair, weights=shown).clip(1e-12)
    return e / e[0]


def test_with_many_impressions_it_equals_expectation_maximisation() -> None:
    log = _log(np.random.default_rng(3), pairs=211, impressions=2_000)
    model, slow = fit_clicks(*log), _expectation_maximisation(*log, rounds=1_500)
    assert model.examination == pytest.approx(slow, rel=0.01)
    assert model.examination == pytest.approx(EXAMINATION, rel=0.03)
    assert np.ptp(model.examination) > 0.7
    assert model.iterations < 200


def test_few_impressions_per_pair_bring_no_bias_where_expectation_maximisation_has_one() -> None:
    logs = [_log(np.random.default_rng(seed), pairs=12_007, impressions=0.5) for seed in range(5)]
    ours = np.mean([fit_clicks(*log).examination for log in logs], axis=0)
    theirs = np.mean([_expectation_maximisation(*log, rounds=200) for log in logs], axis=0)
    assert ours[1:] == pytest.approx(EXAMINATION[1:], rel=0.08)
    assert np.all(theirs[1:] > 1.15 * EXAMINATION[1:])


def test_an_examination_without_bound_does_not_pass_for_a_fit() -> None:
    # position 0 is clicked on its own pair alone; the shared pair says that it is never seen
    model = fit_clicks([0, 1, 1], [0, 0, 1], [10, 10, 10], [5, 0, 5], iterations=50)
    assert not model.has_converged
    assert model.iterations == 50


def test_golden_randomised_examination() -> None:
    # 3 clicks of 4 at the top, 1 of 4 below
    first, second = randomised_examination([0, 1] * 4, [1, 0, 1, 1, 0, 0, 1, 0])
    assert (first.mean, first.low, first.high) == (1, 1, 1)
    assert second.mean == pytest.approx(1 / 3)
    # delta method over 8 rows: e²·((1−p₁)/(4·p₁) + (1−p₀)/(4·p₀)) = (3/4 + 1/12) / 9, by 8/7 and
    # with t(0.95, 7) = 2.364624
    error = math.sqrt((3 / 4 + 1 / 12) / 9 * 8 / 7)
    assert second.high == pytest.approx(1 / 3 + 2.364624 * error, rel=1e-6)


def test_randomised_examination_covers_the_truth_with_requests_as_clusters() -> None:
    rng = np.random.default_rng(5)
    requests = 503
    request, position = np.repeat(np.arange(requests), 7), np.tile(np.arange(7), requests)
    covered = []
    for _ in range(400):  # the binomial error of 0.95 is 0.011
        mood = rng.beta(1, 1, size=requests)[request]  # some pages please, others do not
        clicked = rng.random(len(request)) < EXAMINATION[position] * mood
        told = randomised_examination(position, clicked, cluster=request)
        assert told[3].n == requests
        covered.append([i.low <= e <= i.high for i, e in zip(told, EXAMINATION, strict=True)])
    assert np.all(np.abs(np.mean(covered, axis=0)[1:] - 0.95) < 0.035)


def test_what_cannot_be_told_apart_is_told() -> None:
    with pytest.raises(InvalidRequest, match="no click at position 0"):
        fit_clicks([0, 0], [0, 1], [10, 10], [0, 5])
    with pytest.raises(InvalidRecord, match=r"row 1: clicks 11\.0; expected 0 … impressions"):
        fit_clicks([0, 0], [0, 1], [10, 10], [5, 11])
    with pytest.raises(InvalidRecord, match="row 0: impressions -1"):
        fit_clicks([0, 0], [0, 1], [-1, 10], [0, 1])
    with pytest.raises(InvalidRecord, match="row 1: pair -1; expected 0 or more"):
        fit_clicks([0, -1], [0, 1], [10, 10], [5, 5])
    with pytest.raises(InvalidRequest, match="position of type float64"):
        fit_clicks([0, 0], [0.0, 1.0], [10, 10], [5, 5])
    with pytest.raises(InvalidRequest, match="no click at position 0"):
        randomised_examination([0, 1], [0, 1])
    with pytest.raises(InvalidRequest, match="position 1 was never shown"):
        randomised_examination([0, 2], [1, 1])
