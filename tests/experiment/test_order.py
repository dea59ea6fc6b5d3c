"""Orders of systems: agreement between sets, and what is hard."""

from __future__ import annotations

import gzip
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kendalltau

from shopkeeper.assemble.relevance_bench import measure_judged
from shopkeeper.data import JudgedSet, query_id
from shopkeeper.experiment import METRICS
from shopkeeper.experiment.order import (
    Agreement,
    Case,
    Measured,
    Reversal,
    compare,
    measure_case,
    real_case,
    standing,
)
from shopkeeper.experiment.order_report import agreement_table, reversal_table
from shopkeeper.records import InvalidRequest, Judgement, NotFound, Product

QUERIES = 61
NAMES = ("a", "b", "c", "d")


def judged_set(grades: dict[str, dict[str, float]], name: str = "handmade") -> JudgedSet:
    return JudgedSet(
        name=name,
        queries={query_id(text): text for text in grades},
        judgements=tuple(
            Judgement(query_id(text), id_, grade)
            for text, of_query in grades.items()
            for id_, grade in of_query.items()
        ),
        lowest_grade=1,
        relevant_from=3,
        headline="ndcg@10",
    )


def measured(levels: dict[str, float], *, noise: float = 0.02, seed: int = 0, **case) -> Measured:
    """Systems that are about so good on every query, and on every metric."""
    rng = np.random.default_rng(seed)
    columns = {}
    for name, level in levels.items():
        values = level + noise * rng.standard_normal(QUERIES)
        columns[name] = dict.fromkeys(METRICS, values)
    judged = judged_set({f"query {at}": {"p": 4.0} for at in range(QUERIES)})
    return Measured(Case(judged, (), **case), columns)


@pytest.mark.parametrize("order", list(permutations((0.2, 0.4, 0.6, 0.8)))[::5])
def test_tau_is_that_of_the_means(order: tuple[float, ...]) -> None:
    left = measured(dict(zip(NAMES, sorted(order), strict=True)))
    right = measured(dict(zip(NAMES, order, strict=True)), seed=1)
    found = compare(left, right)
    assert found.tau == pytest.approx(kendalltau(sorted(order), order).statistic)
    assert found.low == found.tau == found.high  # gaps of 0.2 against errors of 0.003
    assert found.systems == 4


def test_reversals_name_the_systems_that_two_sets_order_differently() -> None:
    left = measured({"a": 0.2, "b": 0.4, "c": 0.6, "only here": 0.9})
    right = measured({"c": 0.3, "b": 0.5, "a": 0.2}, seed=1)
    found = compare(left, right)
    assert found.systems == 3
    (reversal,) = found.reversals
    assert (reversal.better_left, reversal.better_right) == ("c", "b")
    assert reversal.gap_left == pytest.approx(0.2, abs=0.02)
    assert reversal.gap_right == pytest.approx(0.2, abs=0.02)
    assert found.tau == pytest.approx(1 / 3)


def test_a_gap_within_the_noise_is_no_reversal_and_widens_the_interval() -> None:
    left = measured({"a": 0.2, "b": 0.5, "c": 0.51}, noise=0.3)
    right = measured({"a": 0.2, "c": 0.5, "b": 0.51}, noise=0.3, seed=1)
    found = compare(left, right)
    assert found.reversals == ()
    assert found.low < found.high == 1.0
    alone = compare(left, left)
    assert alone.tau == 1.0 > alone.low


def test_too_few_systems_in_common_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="2 systems in common"):
        compare(measured({"a": 1, "b": 2, "c": 3}), measured({"a": 1, "b": 2}))


def test_a_query_that_a_metric_says_nothing_of_is_left_out() -> None:
    one = measured({"a": 0.2, "b": 0.4, "c": 0.6})
    for columns in one.columns.values():
        columns["mrr"] = np.where(np.arange(QUERIES) < 11, np.nan, columns["mrr"])
    systems = standing(one).systems
    assert systems["a"]["mrr"].n == QUERIES - 11
    assert systems["a"]["ndcg@10"].n == QUERIES
    assert compare(one, one, "mrr").tau == 1.0


def test_parts_stand_beside_their_easier_counterpart() -> None:
    is_hard = np.arange(QUERIES) < 23
    one = measured(
        {"a": 0.5, "b": 0.7, "c": 0.9},
        slices={"hard": is_hard, "easy": ~is_hard, "one": np.arange(QUERIES) == 5},
        easier={"hard": "easy", "one": "easy"},
    )
    one.columns["b"]["ndcg@10"][is_hard] -= 0.3
    found = standing(one)
    assert set(found.slices) == {"hard", "easy"}  # a part of one query has no interval
    assert set(found.harder) == {"hard"}
    gap = found.harder["hard"]["b"]
    assert gap.mean == pytest.approx(0.3, abs=0.03)
    assert 0.25 < gap.low < gap.mean < gap.high < 0.35
    assert gap.n == 23
    assert abs(found.harder["hard"]["a"].mean) < 0.03
    assert found.slices["hard"]["b"].mean == pytest.approx(0.4, abs=0.03)


@pytest.fixture(scope="module")
def case() -> Case:
    kinds = ("tent", "stove", "kayak", "lamp", "rope")
    colours = ("red", "blue", "green", "grey", "black", "white", "orange")
    products = [
        Product.from_dict({"id": f"{kind}-{colour}", "title": f"{colour} {kind} no {at}"})
        for kind in kinds
        for at, colour in enumerate(colours)
    ]
    grades: dict[str, dict[str, float]] = {}
    for kind in kinds:
        grades[kind] = {f"{kind}-{colour}": 4.0 for colour in colours}
        for colour in colours:
            near = {f"{kind}-{other}": 2.0 for other in colours}
            grades[f"{colour} {kind}"] = near | {f"{kind}-{colour}": 4.0}
    return Case(judged_set(grades), products)


def test_the_shops_own_arms_stand_beside_the_baselines(case: Case, tmp_path: Path) -> None:
    def shop(judged, products):
        return measure_judged(judged, products, encoder=None, cache=tmp_path).columns

    found = standing(measure_case(case, shop))
    assert list(found.systems) == [
        "random",
        "all words",
        "word overlap",
        "title bm25",
        "tf-idf",
        "characters",
        "lsa",
        "lexical",
    ]
    good = {name: row["ndcg@10"].mean for name, row in found.systems.items()}
    assert found.queries == 40
    assert good["random"] < 0.5 < good["all words"] < good["word overlap"]
    for name in ("lexical", "tf-idf", "title bm25"):
        assert found.systems[name]["ndcg@10_judged"].mean > 0.99


def test_a_real_set_comes_with_its_catalogue(tmp_path: Path) -> None:
    folder = tmp_path / "crowdflower-relevance"
    folder.mkdir()
    rows = "id,query,product_id,median_relevance,relevance_variance\n1,tent,t1,4,0\n2,tent,t2,1,0\n"
    with gzip.open(folder / "judgements.csv.gz", "wt", encoding="utf-8") as file:
        file.write(rows)
    goods = "product_id,product_title,product_description\nt1,A tent,Warm\nt2,A stove,\n"
    with gzip.open(folder / "products.csv.gz", "wt", encoding="utf-8") as file:
        file.write(goods)
    case = real_case("crowdflower", tmp_path)
    assert [product.id for product in case.products] == ["t1", "t2"]
    assert list(case.judged.queries.values()) == ["tent"]
    assert not case.is_simulated
    with pytest.raises(NotFound, match="icecat"):
        real_case("icecat", tmp_path)


def test_tables_of_agreement() -> None:
    pair = Reversal("lsa", "lexical", 0.0312, 0.2)
    agreements = [
        Agreement("world", "real", "ndcg@10", 7, 0.5, 0.25, 0.75, (pair,)),
        Agreement("world", "real", "mrr", 7, 1.0, 0.5, 1.0, ()),
        Agreement("real", "real", "ndcg@10", 7, 1.0, 0.9, 1.0, ()),
    ]
    assert agreement_table(agreements).splitlines()[2:] == [
        "| world – real | 0.50 [0.25, 0.75] | 1.00 [0.50, 1.00] |",
        "| real – real | 1.00 [0.90, 1.00] | – |",
    ]
    assert reversal_table(agreements).splitlines()[2:] == [
        "| world | lsa +0.031 | real | lexical +0.200 |"
    ]
