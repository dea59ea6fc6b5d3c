from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from shopkeeper.measure import (
    PolicyValue,
    ShownRows,
    clustered_mean,
    direct_method,
    doubly_robust,
    ips,
    policy_difference,
    snips,
)
from shopkeeper.measure.student import critical
from shopkeeper.records import InvalidRecord, InvalidRequest


def _rows(request, reward, logged, target, requests) -> ShownRows:
    columns = (np.array(column) for column in (request, reward, logged, target))
    return ShownRows(*columns, requests=requests)


# weights 2 and 2 on the first page, ½ on the second
GOLDEN = _rows([0, 0, 1], [1.0, 0.0, 1.0], [0.5, 0.25, 1.0], [1.0, 0.5, 0.5], 2)


def test_golden_ips() -> None:
    # 2·1 + 2·0 and ½·1; (Σw)²/Σw² = 4.5² / 8.25
    told = ips(GOLDEN)
    assert told.contributions.tolist() == [2, 0.5]
    assert told.value.mean == 1.25
    assert told.effective_rows == pytest.approx(4.5**2 / 8.25)
    assert told.clipped == 0


def test_golden_clipping() -> None:
    # weights 1 1 ½ keep 2.5 of 4.5
    told = ips(GOLDEN, clip=1.0)
    assert told.contributions.tolist() == [1, 0.5]
    assert told.clipped == pytest.approx(2 / 4.5)
    assert told.effective_rows == pytest.approx(2.5**2 / 2.25)


def test_golden_snips() -> None:
    # 3 rows on 2 pages, Σwr / Σw = 2.5 / 4.5
    assert snips(GOLDEN).value.mean == pytest.approx(1.5 * 2.5 / 4.5)


def test_golden_doubly_robust_and_direct() -> None:
    # model ½ everywhere: 1 + 2·½ − 2·½ and ½ + ½·½
    told = doubly_robust(GOLDEN, [0.5, 0.5, 0.5], [1.0, 0.5])
    assert told.contributions.tolist() == [1, 0.75]
    direct = direct_method([1.0, 0.5])
    assert (direct.value.mean, direct.effective_rows, direct.clipped) == (0.75, None, None)


def _log(seed: int = 3, requests: int = 307) -> ShownRows:
    rng = np.random.default_rng(seed)
    request = np.sort(rng.integers(requests, size=1_009))
    logged, target = rng.uniform(0.05, 1, 1_009), rng.uniform(0, 1, 1_009)
    return _rows(request, rng.poisson(0.3, 1_009), logged, target, requests)


def test_without_a_bound_that_binds_clipping_is_ips() -> None:
    for method in (ips, snips):
        told, whole = method(_log(), clip=math.inf), method(_log())
        assert told.value == whole.value
        assert told.clipped == 0
        assert method(_log(), clip=0.5).value.mean != pytest.approx(whole.value.mean, rel=0.01)


def test_the_logging_policy_as_target_has_the_plain_mean() -> None:
    log = _log()
    itself = ShownRows(log.request, log.reward, log.logged_propensity, log.logged_propensity, 307)
    plain = clustered_mean(np.bincount(log.request, weights=log.reward, minlength=307))
    for method in (ips, snips):
        told = method(itself)
        assert told.value.mean == pytest.approx(plain.mean)
        assert told.effective_rows == pytest.approx(1_009)
        assert policy_difference(told, ips(itself)).mean == pytest.approx(0, abs=1e-12)
    assert ips(itself).value.high == pytest.approx(plain.high)


def test_doubly_robust_becomes_ips_and_the_direct_method() -> None:
    log = _log()
    assert doubly_robust(log, np.zeros(1_009), np.zeros(307)).value == ips(log).value
    expected = np.random.default_rng(5).random(307)
    perfect = doubly_robust(log, log.reward, expected)
    assert perfect.value == direct_method(expected).value


def test_a_constant_reward_is_exact_under_snips_alone() -> None:
    log = _log()
    ones = ShownRows(log.request, np.ones(1_009), log.logged_propensity, log.target_propensity, 307)
    assert snips(ones).value.mean == pytest.approx(1_009 / 307)
    assert ips(ones).value.mean != pytest.approx(1_009 / 307, rel=0.01)


def test_snips_spreads_as_the_slow_derivative_says() -> None:
    log = _log()
    w = log.target_propensity / log.logged_propensity
    sums = np.stack([log.per_request(x) for x in (w * log.reward, w, np.ones(1_009))], axis=1)

    def value(totals: np.ndarray) -> float:
        return totals[2] / 307 * totals[0] / totals[1]

    totals, step = sums.sum(axis=0), 1e-5
    slopes = [
        (value(totals + step * unit) - value(totals - step * unit)) / (2 * step)
        for unit in np.eye(3)
    ]
    influence = sums @ slopes
    error = math.sqrt(307 / 306 * ((influence - influence.mean()) ** 2).sum())
    told = snips(log).value
    assert told.high - told.mean == pytest.approx(critical(0.95, 306) * error, rel=1e-4)


ORDERS = np.array(list(itertools.permutations(range(4))))
ATTRACTION = np.array([0.8, 0.5, 0.3, 0.1])
EXAMINATION = np.array([1.0, 0.6, 0.4, 0.2])


def _plackett_luce(strength: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probability of each order [24], and of each item [4] at each position [4]."""
    chosen = strength[ORDERS]
    left = np.cumsum(chosen[:, ::-1], axis=1)[:, ::-1]
    of_order = np.prod(chosen / left, axis=1)
    at = np.zeros((4, 4))
    for probability, order in zip(of_order, ORDERS, strict=True):
        at[order, np.arange(4)] += probability
    return of_order, at


def _simulated(rng: np.random.Generator, requests: int) -> tuple[ShownRows, np.ndarray]:
    """A log of one policy with another as target, and the items shown."""
    of_order, logged = _plackett_luce(np.array([1.0, 2.0, 3.0, 2.0]))
    _, target = _plackett_luce(np.array([4.0, 2.0, 1.0, 1.0]))
    items = ORDERS[rng.choice(24, size=requests, p=of_order)].ravel()
    positions = np.tile(np.arange(4), requests)
    clicks = rng.random(4 * requests) < ATTRACTION[items] * EXAMINATION[positions]
    request = np.repeat(np.arange(requests), 4)
    return (
        _rows(request, clicks, logged[items, positions], target[items, positions], requests),
        items,
    )


def test_intervals_cover_the_true_value_of_the_target_policy() -> None:
    _, target = _plackett_luce(np.array([4.0, 2.0, 1.0, 1.0]))
    truth = float((target * np.outer(ATTRACTION, EXAMINATION)).sum())
    model = np.outer(ATTRACTION * [0.7, 1.2, 1.0, 2.0], EXAMINATION)  # roughly right
    rng = np.random.default_rng(7)
    told: dict[str, list[PolicyValue]] = {"ips": [], "snips": [], "dr": []}
    for _ in range(400):  # the binomial error of 0.95 is 0.011
        rows, items = _simulated(rng, 307)
        told["ips"].append(ips(rows))
        told["snips"].append(snips(rows))
        predicted = model[items, np.tile(np.arange(4), 307)]
        expected = np.full(307, (target * model).sum())
        told["dr"].append(doubly_robust(rows, predicted, expected))
    spread = {}
    for name, values in told.items():
        covered = [v.value.low <= truth <= v.value.high for v in values]
        assert 0.92 < np.mean(covered) < 0.985, name
        means = [v.value.mean for v in values]
        spread[name] = np.std(means)
        assert abs(np.mean(means) - truth) < 4 * spread[name] / 20
    assert spread["dr"] < spread["ips"]
    assert spread["snips"] < spread["ips"]
    # the model alone is off, and its interval does not know
    assert direct_method(expected).value.high < truth - 0.05


def test_the_effect_against_the_logging_policy_is_found_from_its_log_alone() -> None:
    rows, _ = _simulated(np.random.default_rng(11), 2_003)
    itself = ShownRows(
        rows.request, rows.reward, rows.logged_propensity, rows.logged_propensity, 2_003
    )
    effect = policy_difference(snips(rows), ips(itself))
    tables = [_plackett_luce(np.array(s))[1] for s in ([4.0, 2, 1, 1], [1.0, 2, 3, 2])]
    truth = float(((tables[0] - tables[1]) * np.outer(ATTRACTION, EXAMINATION)).sum())
    assert effect.low < truth < effect.high
    assert effect.low > 0


def test_requests_of_one_shopper_are_counted_once() -> None:
    log = _log()
    shopper = np.arange(307) // 7
    alone, together = ips(log), ips(log, cluster=shopper)
    assert (alone.value.n, together.value.n) == (307, 44)
    assert together.value == clustered_mean(alone.contributions, shopper)
    assert together.value.mean == alone.value.mean


@pytest.mark.parametrize(
    ("logged", "target", "message"),
    [
        ([0.5, 0.0], [0.5, 0.5], r"row 1: logged propensity 0\.0; expected above 0, ≤ 1"),
        ([-0.5, 0.5], [0.5, 0.5], r"row 0: logged propensity -0\.5"),
        ([0.5, 1.5], [0.5, 0.5], r"row 1: logged propensity 1\.5"),
        ([0.5, math.nan], [0.5, 0.5], r"row 1: logged propensity nan; expected a finite number"),
        ([0.5, 0.5], [0.5, 1.01], r"row 1: target propensity 1\.01; expected 0 … 1"),
    ],
)
def test_what_is_no_propensity_is_told_by_its_row(logged, target, message) -> None:
    with pytest.raises(InvalidRecord, match=message):
        _rows([0, 1], [0.0, 1.0], logged, target, 2)


def test_what_cannot_be_weighed_is_told() -> None:
    with pytest.raises(InvalidRecord, match="row 1: request 2; expected below 2"):
        _rows([0, 2], [0.0, 1.0], [0.5, 0.5], [0.5, 0.5], 2)
    with pytest.raises(InvalidRequest, match="expected a column of 2 rows"):
        _rows([0, 1], [0.0, 1.0, 2.0], [0.5, 0.5], [0.5, 0.5], 2)
    with pytest.raises(InvalidRequest, match="clip 0"):
        ips(GOLDEN, clip=0)
    nothing = _rows([0, 1], [0.0, 1.0], [0.5, 0.5], [0.0, 0.0], 2)
    with pytest.raises(InvalidRequest, match="shows nothing that was logged"):
        snips(nothing)
    assert (ips(nothing).value.mean, ips(nothing).effective_rows) == (0, 0)
    with pytest.raises(InvalidRequest, match="expected of shape"):
        doubly_robust(GOLDEN, [0.5, 0.5, 0.5], [1.0, 0.5, 0.5])
