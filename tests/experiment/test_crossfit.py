from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pytest

from shopkeeper.experiment import crossfit, second_half
from shopkeeper.experiment.crossfit import choose
from shopkeeper.records import InvalidRequest

TEXTS = [f"query {i}" for i in range(101)]


@dataclass(frozen=True)
class Setting:
    weight: float


def test_halves_depend_on_the_text_alone_and_are_about_even() -> None:
    side = second_half(TEXTS)
    assert side[3] == bool(hashlib.sha256(b"query 3").digest()[-1] % 2)
    np.testing.assert_array_equal(second_half(TEXTS[::-1]), side[::-1])
    assert 30 < side.sum() < 71


def test_each_half_is_reported_under_the_setting_chosen_on_the_other() -> None:
    side = second_half(TEXTS)
    # setting 1 is perfect on the first half and useless on the second; setting 2 the reverse
    table = {0: np.full(101, 0.4), 1: np.where(side, 0.0, 1.0), 2: np.where(side, 1.0, 0.0)}
    calls: list[float] = []

    def measure(setting: Setting):
        calls.append(setting.weight)
        return {"ndcg@10": table[setting.weight], "mrr": table[setting.weight] / 2}

    fitted = crossfit([Setting(0), Setting(1), Setting(2)], measure, TEXTS, objective="ndcg@10")
    assert fitted.chosen == (Setting(2), Setting(1))
    assert not fitted.columns["ndcg@10"].any()  # what was fitted to noise does not survive
    assert not fitted.columns["mrr"].any()
    assert calls == [0, 1, 2]


def test_choosing_the_best_of_noise_gains_nothing() -> None:
    rng = np.random.default_rng(29)
    texts = [f"query {i}" for i in range(2_003)]
    noise = rng.normal(size=(67, len(texts)))
    settings = [Setting(float(i)) for i in range(67)]
    fitted = crossfit(settings, lambda s: {"x": noise[int(s.weight)]}, texts, objective="x")
    error = 1 / np.sqrt(len(texts))
    assert noise.mean(axis=1).max() > 1.5 * error  # the best of 67 looks good where it was chosen
    assert abs(fitted.columns["x"].mean()) < 2.5 * error


def test_golden_choice() -> None:
    values = np.array([[0.5, 0.5, np.nan], [0.8, 0.4, np.nan], [0.4, 0.8, np.nan]])
    equal = np.ones(3)
    assert choose(values, equal) == 1  # 0.5, 0.6, 0.6: a tie goes to the earlier
    assert choose(values, equal, tolerance=0.11) == 0
    assert choose(values, equal, tolerance=0.09) == 1  # NaN is no 0: the means differ by 0.1
    assert choose(values, np.array([1.0, 3.0, 9.0])) == 2  # 0.5, 0.5, 0.7
    assert choose(np.full((3, 2), np.nan), np.ones(2)) == 0


def test_weights_let_a_small_set_speak() -> None:
    small, large = [f"small {i}" for i in range(41)], [f"large {i}" for i in range(997)]
    texts = small + large
    is_small = np.arange(len(texts)) < len(small)
    table = {0: np.where(is_small, 0.9, 0.5), 1: np.where(is_small, 0.1, 0.6)}

    def chosen(weights):
        settings = [Setting(0), Setting(1)]
        measure = lambda s: {"x": table[int(s.weight)]}  # noqa: E731
        return crossfit(settings, measure, texts, objective="x", weights=weights).chosen

    assert chosen(None) == (Setting(1), Setting(1))
    per_set = np.where(is_small, 1 / len(small), 1 / len(large))
    assert chosen(per_set) == (Setting(0), Setting(0))


def test_nothing_to_choose_from() -> None:
    with pytest.raises(InvalidRequest, match="no setting"):
        crossfit([], lambda s: {}, TEXTS, objective="x")
