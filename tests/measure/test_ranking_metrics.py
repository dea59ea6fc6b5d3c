from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.measure import (
    ESCI_GAINS,
    average_precision,
    by_score,
    exponential_gain,
    formulas,
    gains,
    judged_only,
    linear_gain,
    ndcg,
    ndcg_judged,
    precision,
    recall,
    reciprocal_rank,
)
from shopkeeper.records import InvalidRecord, InvalidRequest

GRADES = {"tent": 3.0, "tarp": 1.0, "stove": 0.0, "peg": 2.0}
RANKING = ["stove", "tent", "mug", "peg"]  # nobody judged the mug


def test_golden_ndcg() -> None:
    # gains 2^g − 1 in ranked order: 0, 7, 0, 3; discounts log₂ 2 … log₂ 5
    #   DCG  = 7 / log₂ 3 + 3 / log₂ 5            = 4.416508 + 1.292030 = 5.708538
    #   best = 7 / 1 + 3 / log₂ 3 + 1 / log₂ 4    = 7 + 1.892789 + 0.5  = 9.392789
    assert ndcg(RANKING, GRADES, gain=exponential_gain) == pytest.approx(5.708538 / 9.392789)
    # the first two ranks: 4.416508 of 7 + 1.892789
    assert ndcg(RANKING, GRADES, gain=exponential_gain, k=2) == pytest.approx(4.416508 / 8.892789)
    # linear: (3 / log₂ 3 + 2 / log₂ 5) of (3 + 2 / log₂ 3 + 1 / 2)
    linear = (3 / math.log2(3) + 2 / math.log2(5)) / (3.5 + 2 / math.log2(3))
    assert ndcg(RANKING, GRADES, gain=linear_gain) == pytest.approx(linear)


def test_golden_ndcg_of_the_judged_alone() -> None:
    # without the mug: gains 0, 7, 3 → 4.416508 + 1.5 = 5.916508, of 9.392789 as above
    assert ndcg_judged(RANKING, GRADES, gain=exponential_gain) == pytest.approx(5.916508 / 9.392789)
    assert judged_only(RANKING, GRADES) == ["stove", "tent", "peg"]


def test_golden_binary_metrics() -> None:
    # relevant from 2: tent at rank 2, peg at rank 4
    assert reciprocal_rank(RANKING, GRADES, relevant_from=2) == 1 / 2
    assert precision(RANKING, GRADES, 3, relevant_from=2) == pytest.approx(1 / 3)
    assert recall(RANKING, GRADES, 3, relevant_from=2) == 1 / 2
    assert average_precision(RANKING, GRADES, relevant_from=2) == (1 / 2 + 2 / 4) / 2
    # five places asked for, four filled: the empty one is a miss
    assert precision(RANKING, GRADES, 5, relevant_from=2) == 2 / 5


def test_esci_conventions_swap_substitute_and_complement() -> None:
    paper, script = ESCI_GAINS["paper"], ESCI_GAINS["official_script"]
    assert (paper["S"], paper["C"]) == (script["C"], script["S"]) == (0.1, 0.01)
    assert (paper["E"], paper["I"]) == (script["E"], script["I"]) == (1.0, 0.0)
    labels = {"charger": "C", "other phone": "S"}
    # the complement first: by the paper (0.01 + 0.1/log₂3) / (0.1 + 0.01/log₂3), by the script 1
    ranking = ["charger", "other phone"]
    half = 1 / math.log2(3)
    expected = (0.01 + 0.1 * half) / (0.1 + 0.01 * half)
    assert ndcg(ranking, labels, gain=paper) == pytest.approx(expected)
    assert ndcg(ranking, labels, gain=script) == 1.0


def test_nothing_to_find_is_none_and_an_empty_page_is_zero() -> None:
    hopeless = {"tent": 0.0, "tarp": 0.0}
    for ranking in (["tent"], []):
        assert ndcg(ranking, hopeless, gain=exponential_gain) is None
        assert reciprocal_rank(ranking, hopeless) is None
        assert recall(ranking, hopeless, 10) is None
        assert average_precision(ranking, hopeless) is None
        assert precision(ranking, hopeless, 10) == 0.0
    assert ndcg([], GRADES, gain=exponential_gain) == 0.0
    assert reciprocal_rank([], GRADES) == 0.0
    assert recall([], GRADES) == 0.0
    assert ndcg(["tent"], {}, gain=exponential_gain) is None


def test_what_cannot_be_measured_says_so() -> None:
    with pytest.raises(InvalidRecord, match="'tent' is ranked twice"):
        ndcg(["tent", "peg", "tent"], GRADES, gain=linear_gain)
    with pytest.raises(InvalidRequest, match="cut-off k = 0"):
        recall(RANKING, GRADES, 0)
    with pytest.raises(InvalidRecord, match=r"label 'X' has no gain; expected E, S, C, I"):
        ndcg(["tent"], {"tent": "X"}, gain=ESCI_GAINS["paper"])
    with pytest.raises(InvalidRecord, match="gain -1"):
        gains({"tent": 1.0}, lambda grade: -grade)


def test_by_score_breaks_ties_by_id_descending_in_single_precision() -> None:
    assert by_score({"a": 1.0, "b": 1.0 + 1e-9, "c": 2.0, "d": 1.0}) == ["c", "d", "b", "a"]
    assert by_score({"a": 1.0 + 1e-6, "b": 1.0}) == ["a", "b"]


def test_padding_changes_nothing() -> None:
    gained, found = [[0.0, 7.0, 3.0]], [[False, True, True]]
    wide, flags = [[0.0, 7.0, 3.0, 0.0, 0.0]], [[False, True, True, False, False]]
    assert formulas.ndcg(gained, [[7.0, 3.0]]) == formulas.ndcg(wide, [[7.0, 0.0, 3.0, 0.0]])
    for formula in (formulas.average_precision, formulas.reciprocal_rank, formulas.recall):
        assert formula(found, [3]) == formula(flags, [3]) > 0


rankings = st.lists(st.sampled_from([f"p{i}" for i in range(11)]), unique=True)
judgements = st.dictionaries(
    st.sampled_from([f"p{i}" for i in range(13)]), st.integers(-1, 4), max_size=13
)


@given(st.lists(st.tuples(rankings, judgements), min_size=2, max_size=5))
def test_rows_of_many_queries_equal_one_query_at_a_time(queries) -> None:
    gained, best = np.zeros((len(queries), 17)), np.zeros((len(queries), 13))
    found, total = np.zeros((len(queries), 17), dtype=bool), np.zeros(len(queries))
    for row, (ranking, grades) in enumerate(queries):
        worth = gains(grades, exponential_gain)
        gained[row, : len(ranking)] = [worth.get(p, 0.0) for p in ranking]
        best[row, : len(worth)] = list(worth.values())
        found[row, : len(ranking)] = [grades.get(p, 0) >= 1 for p in ranking]
        total[row] = sum(grade >= 1 for grade in grades.values())
    rows = (
        formulas.ndcg(gained, best, 7),
        formulas.reciprocal_rank(found, total),
        formulas.recall(found, total, 7),
        formulas.average_precision(found, total),
        formulas.precision(found, 7),
    )
    for row, (ranking, grades) in enumerate(queries):
        alone = (
            ndcg(ranking, grades, gain=exponential_gain, k=7),
            reciprocal_rank(ranking, grades),
            recall(ranking, grades, 7),
            average_precision(ranking, grades),
            precision(ranking, grades, 7),
        )
        for column, value in zip(rows, alone, strict=True):
            assert column[row] == pytest.approx(np.nan if value is None else value, nan_ok=True)


@given(rankings, judgements)
def test_metrics_stay_within_0_and_1_and_the_best_order_is_1(ranking, grades) -> None:
    best = sorted(grades, key=grades.__getitem__, reverse=True)
    for value in (
        ndcg(ranking, grades, gain=exponential_gain, k=5),
        average_precision(ranking, grades),
        reciprocal_rank(ranking, grades),
        recall(ranking, grades, 5),
        precision(ranking, grades, 5),
    ):
        assert value is None or 0.0 <= value <= 1.0 + 1e-12
    if max(grades.values(), default=0) > 0:
        assert ndcg(best, grades, gain=exponential_gain) == pytest.approx(1.0)
        assert average_precision(best, grades) == pytest.approx(1.0)


@given(st.permutations([f"p{i}" for i in range(7)]), st.integers(0, 5))
def test_moving_the_better_of_two_neighbours_up_never_lowers_ndcg(order, at) -> None:
    grades = {f"p{i}": float(i % 4) for i in range(7)}
    swapped = list(order)
    swapped[at], swapped[at + 1] = swapped[at + 1], swapped[at]
    before = ndcg(order, grades, gain=exponential_gain)
    after = ndcg(swapped, grades, gain=exponential_gain)
    if grades[order[at]] < grades[order[at + 1]]:
        assert after > before
    else:
        assert after <= before
