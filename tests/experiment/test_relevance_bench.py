"""The harness of ``bench relevance``, on a judged set of six queries."""

from __future__ import annotations

import math

import numpy as np
import pytest

from shopkeeper.data.judged import JudgedSet, query_id
from shopkeeper.experiment import (
    DEPTH,
    METRICS,
    Answer,
    absent_products,
    measure_arm,
    measure_arms,
    pooled_difference,
    random_arm,
    ranker_arm,
    summarise,
    to_json,
    yardstick,
)
from shopkeeper.experiment.relevance import complete
from shopkeeper.measure import exponential_gain, ndcg, ndcg_judged, recall, reciprocal_rank
from shopkeeper.records import InvalidRecord, InvalidRequest, Judgement

CATALOGUE = [f"p{i}" for i in range(211)]
GRADES = {
    "tent": {"p1": 3, "p2": 1, "p3": 0},
    "stove": {"p4": 2, "p5": 2, "p6": 0, "p7": 1},
    "rope": {"p8": 3, "p9": 0},
    "lamp": {"p10": 1, "p11": 0},  # a positive grade, but none that counts as relevant
    "netflix": {"p12": 0, "p13": 0},  # nothing fits
    "shoes": {"p14": 0},
}


def judged_set(grades: dict[str, dict[str, float]] = GRADES, headline="ndcg@10") -> JudgedSet:
    return JudgedSet(
        name="handmade",
        queries={query_id(text): text for text in grades},
        judgements=tuple(
            Judgement(query_id(text), product_id, grade)
            for text, of_query in grades.items()
            for product_id, grade in of_query.items()
        ),
        lowest_grade=0,
        relevant_from=2,
        headline=headline,
    )


@pytest.fixture(scope="module")
def yard():
    return yardstick(judged_set())


def oracle(text: str, judged) -> Answer:
    best = sorted(GRADES[text], key=GRADES[text].__getitem__, reverse=True)
    return Answer(best, best, fit=float(max(GRADES[text].values())))


def column(yard, arm, metric: str) -> dict[str, float]:
    return dict(zip(yard.texts, measure_arm(yard, arm)[metric], strict=True))


def test_golden_columns(yard) -> None:
    # every query: an unjudged product, then the judged ones as the file lists them
    arm = ranker_arm(lambda text: ["p200", *GRADES[text]], order=lambda text, ids: list(ids))
    nan = pytest.approx(math.nan, nan_ok=True)
    half, third = 1 / math.log2(3), 1 / math.log2(4)
    best_tent = 7 + half  # gains 7 and 1 at ranks 1 and 2
    assert column(yard, arm, "ndcg@10") == {
        "tent": pytest.approx((7 * half + third) / best_tent),
        # gains 3, 3, 0, 1 at ranks 2, 3, 4, 5; at best 3, 3, 1 at ranks 1, 2, 3
        "stove": pytest.approx((3 * half + 3 * third + 1 / math.log2(6)) / (3 + 3 * half + third)),
        "rope": pytest.approx(half),
        "lamp": pytest.approx(half),
        "netflix": nan,
        "shoes": nan,
    }
    assert column(yard, arm, "ndcg@10_judged") == {
        "tent": 1.0,
        "stove": pytest.approx((3 + 3 * half + 1 / math.log2(5)) / (3 + 3 * half + third)),
        "rope": 1.0,
        "lamp": 1.0,
        "netflix": nan,
        "shoes": nan,
    }
    relevant = {"tent": 0.5, "stove": 0.5, "rope": 0.5, "lamp": nan, "netflix": nan, "shoes": nan}
    assert column(yard, arm, "mrr") == relevant
    found = {"tent": 1.0, "stove": 1.0, "rope": 1.0, "lamp": nan, "netflix": nan, "shoes": nan}
    assert column(yard, arm, "recall@100") == found


def test_columns_equal_the_metrics_of_one_query_at_a_time(yard) -> None:
    arm = random_arm(CATALOGUE[:17], seed=3)
    columns = measure_arm(yard, arm)
    for row, (text, grades) in enumerate(GRADES.items()):
        answer = arm(text, tuple(grades))
        alone = {
            "ndcg@10": ndcg(answer.ranking, grades, gain=exponential_gain, k=10),
            "ndcg@10_judged": ndcg_judged(answer.judged, grades, gain=exponential_gain, k=10),
            "mrr": reciprocal_rank(answer.ranking, grades, relevant_from=2),
            "recall@100": recall(answer.ranking, grades, 100, relevant_from=2),
        }
        for metric, value in alone.items():
            expected = np.nan if value is None else value
            assert columns[metric][row] == pytest.approx(expected, nan_ok=True)
    assert np.nansum(columns["ndcg@10"]) > 0


def test_only_the_first_hundred_ranks_count(yard) -> None:
    def late(text: str) -> list[str]:
        return [f"x{i}" for i in range(DEPTH - 1)] + list(GRADES[text])

    arm = ranker_arm(late, order=None)
    # the first judged product stands on rank 100: p1, p4 and p8 are relevant, p5 is too late
    assert column(yard, arm, "mrr")["tent"] == pytest.approx(1 / 100)
    assert column(yard, arm, "recall@100")["stove"] == 0.5


def test_judged_products_an_arm_leaves_out_come_last_in_an_order_blind_to_grades(yard) -> None:
    judged = [f"p{i}" for i in range(13)]
    order = complete(["p7", "p2"], judged, "tent")
    assert order[:2] == ["p7", "p2"]
    assert sorted(order) == sorted(judged)
    assert complete(["p7", "p2"], judged[::-1], "tent") == order
    assert complete(["p7", "p2"], judged, "stove") != order
    assert order[2:] != [p for p in judged if p not in ("p7", "p2")]
    blind = ranker_arm(lambda text: [], order=None)
    assert column(yard, blind, "ndcg@10")["tent"] == 0.0
    assert 0.0 < column(yard, blind, "ndcg@10_judged")["tent"] < 1.0


def test_random_arm_is_fixed_by_seed_and_text() -> None:
    arm, again, other = (random_arm(CATALOGUE, seed=seed) for seed in (1, 1, 2))
    ids = tuple(GRADES["stove"])
    assert arm("stove", ids) == again("stove", ids)
    assert arm("stove", ids) != other("stove", ids)
    assert arm("stove", ids).ranking != arm("tent", ids).ranking
    assert len(set(arm("stove", ids).ranking)) == DEPTH
    assert sorted(arm("stove", ids).judged) == sorted(ids)
    assert len(random_arm(CATALOGUE[:7])("stove", ids).ranking) == 7


def test_random_arm_has_the_expected_ndcg(yard) -> None:
    # At each rank a random product gains on average the sum of gains over the size of the
    # catalogue: E[DCG@10] = Σ gains / n · Σ_{i ≤ 10} 1 / log₂(i + 1).
    few = CATALOGUE[:23]
    draws = [measure_arm(yard, random_arm(few, seed=seed)) for seed in range(2_000)]
    discounts = 1 / np.log2(np.arange(2, 12))
    for row, text in enumerate(["tent", "stove", "rope", "lamp"]):
        gains = np.sort([2.0**g - 1 for g in GRADES[text].values()])[::-1]
        best = (gains * discounts[: len(gains)]).sum()
        for metric, size in (("ndcg@10", len(few)), ("ndcg@10_judged", len(gains))):
            values = np.array([columns[metric][row] for columns in draws])
            expected = gains.sum() / size * discounts[: min(10, size)].sum() / best
            error = values.std() / math.sqrt(len(values))
            assert abs(values.mean() - expected) < 4 * error, (text, metric)


def test_an_arm_that_answers_wrongly_is_named(yard) -> None:
    with pytest.raises(InvalidRecord, match=r"twin: 'tent': a product is ranked twice"):
        measure_arm(yard, lambda text, ids: Answer(["p1", "p1"]), name="twin")
    with pytest.raises(InvalidRecord, match=r"odd: 'tent': 'p99' among the judged"):
        measure_arm(yard, lambda text, ids: Answer([], ["p99"]), name="odd")
    with pytest.raises(InvalidRequest, match="'random'"):
        measure_arms(yard, {"random": oracle}, CATALOGUE)


def test_progress_sees_every_query_once(yard) -> None:
    seen: list[int] = []

    def watch(items):
        for item in items:
            seen.append(item)
            yield item

    measure_arm(yard, oracle, watch=watch)
    assert seen == list(range(6))


def test_the_record_has_the_shape_that_the_command_promises(yard) -> None:
    arms = {"lexical": ranker_arm(lambda text: ["p200", *GRADES[text]], order=None), "best": oracle}
    columns = measure_arms(yard, arms, CATALOGUE)
    report = summarise(yard, columns, pairs=[("best", "lexical")], absent=0)
    record = to_json(report)
    assert (record["dataset"], record["queries"], record["left_out"]) == ("handmade", 6, 2)
    assert list(record["arms"]) == ["random", "lexical", "best"]
    for row in record["arms"].values():
        assert list(row) == list(METRICS)
        for ends in row.values():
            assert list(ends) == ["mean", "low", "high"]
            assert ends["low"] <= ends["mean"] <= ends["high"]
    assert record["arms"]["best"]["ndcg@10"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    difference = record["paired"]["best-lexical"]["ndcg@10"]
    both = [record["arms"][name]["ndcg@10"]["mean"] for name in ("best", "lexical")]
    assert difference["mean"] == pytest.approx(both[0] - both[1])
    assert 0 < difference["low"] < difference["mean"] < difference["high"]
    assert record["counted"] == {"ndcg@10": 4, "ndcg@10_judged": 4, "mrr": 3, "recall@100": 3}
    # the oracle's fit: 3, 2, 3, 1 against 0, 0; the other arms tell none
    assert record["nothing_fits_auc"] == {"best": 1.0}


def test_an_interval_of_one_query_is_none_not_certainty() -> None:
    yard = yardstick(judged_set({"tent": GRADES["tent"], "shoes": GRADES["shoes"]}))
    report = summarise(yard, {"best": measure_arm(yard, oracle)}, pairs=[], absent=0)
    assert report.counted["ndcg@10"] == 1
    assert report.arms["best"] == dict.fromkeys(METRICS)
    assert to_json(report)["arms"]["best"]["ndcg@10"] is None


def test_unknown_pairs_and_absent_products_are_told(yard) -> None:
    with pytest.raises(InvalidRequest, match="no arm dense"):
        summarise(yard, {"best": measure_arm(yard, oracle)}, pairs=[("dense", "best")], absent=0)
    assert absent_products(yard, CATALOGUE) == []
    assert absent_products(yard, CATALOGUE[:13]) == ["p13", "p14"]


def test_pooling_takes_each_sets_headline(yard) -> None:
    other = yardstick(judged_set(headline="recall@100"))
    late = ranker_arm(lambda text: ["p200", *GRADES[text]], order=None)
    sets = [
        (y, {"best": measure_arm(y, oracle), "late": measure_arm(y, late)}) for y in (yard, other)
    ]
    gap = np.nanmean(sets[0][1]["best"]["ndcg@10"] - sets[0][1]["late"]["ndcg@10"])
    # recall is 1 for both arms: half of the nDCG gap is left, over 4 + 3 queries
    pooled = pooled_difference(sets, ("best", "late"))
    assert pooled.mean == pytest.approx(gap / 2)
    assert pooled.n == 7
    assert pooled_difference(sets, ("best", "late"), metric="ndcg@10").mean == pytest.approx(gap)
    by_queries = pooled_difference(sets, ("best", "late"), weigh="queries")
    assert by_queries.mean == pytest.approx(gap * 4 / 7)
