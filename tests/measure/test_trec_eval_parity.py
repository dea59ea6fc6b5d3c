"""Reference: the metrics against trec_eval itself (pytrec-eval-terrier) and ir-measures."""

from __future__ import annotations

import random
from dataclasses import dataclass

import ir_measures
import pytest
import pytrec_eval

from shopkeeper.measure import (
    ESCI_GAINS,
    average_precision,
    by_score,
    exponential_gain,
    linear_gain,
    ndcg,
    ndcg_judged,
    precision,
    recall,
    reciprocal_rank,
)

CASES = 10_000
CUTS = (1, 3, 10)


@dataclass(frozen=True)
class Case:
    grades: dict[str, int]
    scores: dict[str, float]


def _draw(rng: random.Random) -> Case:
    products = [f"p{i}" for i in range(rng.randint(1, 23))]
    judged = rng.sample(products, rng.randint(1, len(products)))
    ranked = rng.sample(products, rng.randint(1, len(products)))
    coarse = rng.random() < 0.5  # half of the cases are full of ties
    # 1 + 1e-9 equals 1 in the single precision that trec_eval keeps: a tie that float64 lacks.
    levels = (0.0, 0.25, 1.0, 1.0 + 1e-9, -2.5) if coarse else ()
    return Case(
        grades={p: rng.choice((-1, 0, 0, 1, 2, 3)) for p in judged},
        scores={p: rng.choice(levels) if coarse else rng.gauss(0, 1) for p in ranked},
    )


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    rng = random.Random(20_07)
    return {f"q{i}": _draw(rng) for i in range(CASES)}


def _trec_eval(cases: dict[str, Case], measures: set[str], *, grade=lambda g: g) -> dict:
    qrels = {q: {p: grade(g) for p, g in case.grades.items()} for q, case in cases.items()}
    runs = {q: case.scores for q, case in cases.items()}
    return pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(runs)


def test_the_cases_hold_what_is_hard(cases: dict[str, Case]) -> None:
    tied = [c for c in cases.values() if len(set(c.scores.values())) < len(c.scores)]
    hopeless = [c for c in cases.values() if max(c.grades.values()) <= 0]
    unjudged = [c for c in cases.values() if set(c.scores) - set(c.grades)]
    assert min(len(tied), len(hopeless), len(unjudged)) > 500


def test_metrics_equal_trec_eval_on_ten_thousand_random_cases(cases: dict[str, Case]) -> None:
    cuts = ",".join(map(str, CUTS))
    theirs = _trec_eval(
        cases,
        {f"ndcg_cut.{cuts}", f"P.{cuts}", f"recall.{cuts}", "ndcg", "map", "recip_rank"},
    )
    for query, case in cases.items():
        order, grades = by_score(case.scores), case.grades
        ours = {
            "ndcg": ndcg(order, grades, gain=linear_gain),
            "map": average_precision(order, grades),
            "recip_rank": reciprocal_rank(order, grades),
        }
        for k in CUTS:
            ours[f"ndcg_cut_{k}"] = ndcg(order, grades, gain=linear_gain, k=k)
            ours[f"P_{k}"] = precision(order, grades, k)
            ours[f"recall_{k}"] = recall(order, grades, k)
        assert ours.keys() == theirs[query].keys()
        for name, value in ours.items():
            # None: the judgements say nothing, where trec_eval prints 0
            assert theirs[query][name] == pytest.approx(value or 0.0, abs=1e-9), (query, name)


def test_none_is_exactly_where_nothing_is_relevant(cases: dict[str, Case]) -> None:
    for case in cases.values():
        order, hopeless = by_score(case.scores), max(case.grades.values()) <= 0
        assert (ndcg(order, case.grades, gain=linear_gain) is None) == hopeless
        assert (reciprocal_rank(order, case.grades) is None) == hopeless


def test_exponential_gain_equals_trec_eval_on_exponentiated_grades(cases: dict[str, Case]) -> None:
    theirs = _trec_eval(cases, {"ndcg_cut.10"}, grade=lambda g: 2 ** max(0, g) - 1)
    for query, case in cases.items():
        value = ndcg(by_score(case.scores), case.grades, gain=exponential_gain, k=10)
        assert theirs[query]["ndcg_cut_10"] == pytest.approx(value or 0.0, abs=1e-9)


@pytest.mark.parametrize("level", [2, 3])
def test_higher_relevance_levels_equal_trec_eval(cases: dict[str, Case], level: int) -> None:
    qrels = {q: case.grades for q, case in cases.items()}
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, {"map", "P.3"}, relevance_level=level)
    theirs = evaluator.evaluate({q: case.scores for q, case in cases.items()})
    for query, case in cases.items():
        order = by_score(case.scores)
        value = average_precision(order, case.grades, relevant_from=level)
        assert theirs[query]["map"] == pytest.approx(value or 0.0, abs=1e-9)
        share = precision(order, case.grades, 3, relevant_from=level)
        assert theirs[query]["P_3"] == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize("judged_only", [False, True])
@pytest.mark.parametrize("convention", ["paper", "official_script"])
def test_gains_by_table_and_judged_only_equal_ir_measures(
    cases: dict[str, Case], convention: str, judged_only: bool
) -> None:
    letters = {-1: "I", 0: "I", 1: "C", 2: "S", 3: "E"}
    table = ESCI_GAINS[convention]
    # whole gains for trec_eval; nDCG does not change when all gains are scaled
    hundredths = {level: round(100 * table[letters[level]]) for level in letters}
    some = dict(list(cases.items())[:1_000])
    measure = ir_measures.nDCG(gains=hundredths, judged_only=judged_only) @ 10
    values = ir_measures.iter_calc(
        [measure],
        {q: c.grades for q, c in some.items()},
        {q: c.scores for q, c in some.items()},
    )
    theirs = {metric.query_id: metric.value for metric in values}
    ours = ndcg_judged if judged_only else ndcg
    assert len(theirs) == len(some)
    for query, case in some.items():
        grades = {p: letters[g] for p, g in case.grades.items()}
        value = ours(by_score(case.scores), grades, gain=table, k=10)
        assert theirs[query] == pytest.approx(value or 0.0, abs=1e-9)
