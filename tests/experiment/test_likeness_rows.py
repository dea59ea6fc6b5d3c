from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from shopkeeper.experiment.crossfit import second_half
from shopkeeper.experiment.likeness import (
    Halves,
    Sample,
    Shares,
    distances,
    halve,
    likeness_markdown,
    sample,
    slope,
    targets,
)
from shopkeeper.measure.likeness import ZipfSlope
from shopkeeper.records import InvalidRequest


@dataclass(frozen=True, slots=True, eq=False)
class Shop:
    length: Sample | None = None
    typo: Sample | None = None
    positions: Shares | None = None
    zipf: ZipfSlope | None = None


TUNE = Shop(
    np.array([1.0, 2, 3]),
    np.array([0.0, 1]),
    Shares({"0": 3, "1": 1}),
    ZipfSlope(1, 0.9, 1.1, 7, 3),
)
REPORT = Shop(
    np.array([2.0, 3, 4]), np.array([0.0, 0]), Shares({"0": 1, "1": 1}), ZipfSlope(1.25, 1, 2, 7, 3)
)


def test_rows_say_how_far_the_simulation_is_and_how_far_the_halves_are_apart() -> None:
    made = Shop(np.array([5.0, 6, 7]), np.array([1.0]), Shares({"1": 2, "0": 0}))
    rows = [
        (r.statistic, r.measure, r.distance, r.floor) for r in distances(Halves(TUNE, REPORT), made)
    ]
    assert rows == [
        ("length", "wasserstein", pytest.approx(3), pytest.approx(1)),
        ("length", "ks", pytest.approx(1), pytest.approx(1 / 3)),
        ("typo", "difference", 1, 0.5),
        ("positions", "total variation", 0.5, 0.25),
    ]  # no row of the slope: the simulation has none


def test_rows_show_one_number_of_each_side() -> None:
    made = Shop(np.array([5.0, 6, 7]), None, Shares({"0": 1, "1": 3}), ZipfSlope(2.0, 1, 3, 7, 3))
    rows = distances(Halves(TUNE, REPORT), made)
    assert [(r.statistic, r.real, r.simulated) for r in rows[1:]] == [
        ("length", 3, 6),
        ("positions", 0.5, 0.25),
        ("zipf", 1.25, 2.0),
    ]
    assert (rows[-1].measure, rows[-1].distance, rows[-1].floor) == ("difference", 0.75, 0.25)
    table = likeness_markdown("shop", rows).splitlines()
    assert table[0] == "| shop | measure | real | simulated | distance | real halves |"
    assert table[-1] == "| zipf | difference | 1.25 | 2 | 0.75 | 0.25 |"


def test_targets_describe_every_kind_of_statistic() -> None:
    length, positions, zipf = targets(Shop(TUNE.length, None, TUNE.positions, TUNE.zipf))
    assert (length.n, length.value, length.deviation) == (3, 2, pytest.approx((2 / 3) ** 0.5))
    assert length.quantiles[2] == 2
    assert (positions.value, positions.quantiles) == (0.75, (0.75, 0.25))
    assert (zipf.n, zipf.value, zipf.quantiles) == (7, 1, (0.9, 1.1))


def test_profiles_of_different_kinds_cannot_be_compared() -> None:
    with pytest.raises(InvalidRequest, match="several kinds"):
        distances(Halves(TUNE, REPORT), Shop(length=Shares({"0": 1})))  # type: ignore[arg-type]


def test_halves_are_those_of_the_key() -> None:
    words = [f"query {i}" for i in range(97)]
    tune, report = halve(words, str)
    assert report == [word for word, late in zip(words, second_half(words), strict=True) if late]
    assert sorted(tune + report) == sorted(words)
    assert min(len(tune), len(report)) > 30


def test_nothing_is_no_statistic() -> None:
    assert sample([]) is None
    assert slope([4]) is None
    assert slope([4, 2]) is not None
