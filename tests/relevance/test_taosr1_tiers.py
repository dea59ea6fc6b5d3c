"""Tiers by cumulative probability: the walk of the paper, and the cuts that it replaces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.measure import macro_f1
from shopkeeper.records import InvalidRequest
from shopkeeper.stages.relevance.taosr1.tiers import (
    Cuts,
    cumulative_grades,
    tune_cuts,
    tune_threshold,
)


def walk(probabilities: list[float], threshold: float) -> int:
    """As the paper tells it: from the best grade down, until enough has come together."""
    together = 0.0
    for grade in (3, 2, 1):
        together += probabilities[grade]
        if together >= threshold:
            return grade
    return 0


def test_four_by_hand() -> None:
    given_rows = np.array(
        [[0.1, 0.1, 0.2, 0.6], [0.1, 0.2, 0.3, 0.4], [0.1, 0.6, 0.2, 0.1], [0.7, 0.1, 0.1, 0.1]]
    )
    assert cumulative_grades(given_rows, 0.5).tolist() == [3, 2, 1, 0]


@given(
    st.lists(st.integers(0, 9), min_size=4, max_size=4).filter(any),
    st.integers(1, 20),
    st.integers(0, 2),
)
def test_it_is_the_walk_and_monotone(weights: list[int], twentieths: int, at: int) -> None:
    threshold = twentieths / 20 - 1e-3  # between the sums that such weights can make
    row = np.array(weights) / sum(weights)
    (found,) = cumulative_grades(row[None], threshold)
    assert found == walk(row.tolist(), threshold)
    better = row.copy()
    better[at + 1] += better[at]
    better[at] = 0
    assert cumulative_grades(better[None], threshold)[0] >= found


def test_tuning_finds_the_threshold_that_made_the_grades() -> None:
    rng = np.random.default_rng(3)
    rows = rng.dirichlet(np.full(4, 0.7), 4_001)
    grades = cumulative_grades(rows, 0.62)
    found = tune_threshold(rows, grades)
    assert abs(found - 0.62) < 0.011
    assert macro_f1(grades, cumulative_grades(rows, found), 4) == 1.0
    assert macro_f1(grades, cumulative_grades(rows, 0.4), 4) < 0.9


def test_tuned_cuts_beat_cuts_in_the_middle() -> None:
    rng = np.random.default_rng(5)
    rows = rng.dirichlet(np.full(4, 0.7), 1_009)
    grades = Cuts((0.4, 1.1, 1.9)).grades(rows)
    cuts = tune_cuts(rows, grades)
    middle = macro_f1(grades, Cuts((0.5, 1.5, 2.5)).grades(rows), 4)
    assert macro_f1(grades, cuts.grades(rows), 4) > max(0.9, middle + 0.1)


def test_all_alike_can_still_be_cut() -> None:
    rows = np.tile([0.0, 0.0, 0.0, 1.0], (7, 1))
    assert tune_cuts(rows, np.full(7, 3)).grades(rows).tolist() == [3] * 7


@pytest.mark.parametrize("threshold", [0.0, -0.1, 1.1])
def test_a_threshold_is_a_probability(threshold: float) -> None:
    with pytest.raises(InvalidRequest, match="threshold"):
        cumulative_grades(np.full((1, 4), 0.25), threshold)
