"""A world as a judged set, and the whole check upon a small one."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shopkeeper.assemble.relevance_bench import measure_judged
from shopkeeper.experiment import yardstick
from shopkeeper.experiment.order_report import order_markdown
from shopkeeper.experiment.world_judged import WorldSample, judge_world
from shopkeeper.experiment.world_order import run, to_json
from shopkeeper.knowledge import Grade
from shopkeeper.records import InvalidRequest
from shopkeeper.world import Market, QueryDials, World, WorldConfig, market_of

SAMPLE = WorldSample(queries=97, least=11, irrelevant=5)
DIALS = QueryDials(searches=900, negation=0.06, alternative=0.06, question=0.06, knowledge=0.06)


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=5, size=700)


@pytest.fixture(scope="module")
def market(world: World) -> Market:
    return market_of(world, WorldConfig(queries=DIALS))


def test_whatever_comes_near_is_judged_and_truly(market: Market) -> None:
    found = judge_world(market, SAMPLE)
    grades = found.judged.grades()
    everything = np.arange(len(market.shelves), dtype=np.int32)
    best = 0
    for query in found.queries:
        truth = market.truth.judge(query.asked.intent, everything).grades
        by_id = dict(zip(market.shelves.ids, truth.tolist(), strict=True))
        said = grades[query.id]
        assert all(said[id_] == by_id[id_] for id_ in said)
        assert {id_ for id_, grade in by_id.items() if grade > 1} <= said.keys()
        assert sum(grade == 1 for grade in said.values()) == SAMPLE.irrelevant
        best += max(said.values()) == Grade.EXCELLENT
    assert best > 90
    assert yardstick(found.judged).satisfiable.mean() > 0.95
    assert len({query.text for query in found.queries}) == len(found.queries)


def test_slices_follow_the_queries(market: Market) -> None:
    found = judge_world(market, SAMPLE)
    assert found.slices["all"].sum() == 97
    types = [query.asked.intent.type for query in found.queries]
    book = judge_world(market, replace(SAMPLE, queries=10**6)).queries
    in_book = Counter(query.asked.intent.type for query in book)
    for type_ in ("general", "negation", "alternative", "question", "knowledge"):
        flags = found.slices[type_]
        assert flags.tolist() == [one == type_ for one in types]
        drawn = int((flags & found.slices["all"]).sum())
        assert flags.sum() == max(drawn, min(11, in_book[type_])), type_
    added = ~found.slices["all"]
    assert added.any()
    for bucket in ("head", "torso", "tail"):
        assert not (found.slices[bucket] & added).any()
    three = sum(found.slices[bucket].astype(int) for bucket in ("head", "torso", "tail"))
    assert (three == found.slices["all"]).all()


def test_what_is_asked_often_is_drawn_often(market: Market) -> None:
    drawn = [judge_world(market, replace(SAMPLE, least=0, seed=seed)) for seed in range(3)]
    counts = [np.mean([query.count for query in one.queries]) for one in drawn]
    all_ = judge_world(market, replace(SAMPLE, queries=10**6)).queries
    assert len(all_) > 300
    assert min(counts) > 1.2 * np.mean([query.count for query in all_])
    assert drawn[0].queries != drawn[1].queries
    assert drawn[0].judged == judge_world(market, replace(SAMPLE, least=0)).judged


def test_held_out_queries_are_all_held_out_and_none_is_told(market: Market) -> None:
    held = judge_world(market, replace(SAMPLE, held_out=True, queries=40))
    told = judge_world(market, SAMPLE)
    assert all(query.asked.is_held_out for query in held.queries)
    assert not any(query.asked.is_held_out for query in told.queries)
    assert held.judged.name == "world keyword held out en"


def test_noise_moves_some_labels_and_no_product(market: Market) -> None:
    clear, noisy = (judge_world(market, replace(SAMPLE, noise=n)).judged for n in (0.0, 0.2))
    pairs = [(j.query_id, j.product_id) for j in clear.judgements]
    assert {(j.query_id, j.product_id) for j in noisy.judgements} > set(pairs[:1])
    before = {(j.query_id, j.product_id): j.grade for j in clear.judgements}
    moved = [
        before[j.query_id, j.product_id] != j.grade
        for j in noisy.judgements
        if (j.query_id, j.product_id) in before
    ]
    assert len(moved) > 1_000
    assert np.mean(moved) == pytest.approx(0.2, abs=0.03)


def test_a_pool_holds_what_the_engine_finds_and_flatters_engines_like_it(market: Market) -> None:
    found = judge_world(market, replace(SAMPLE, pool=7)).judged
    everything = judge_world(market, SAMPLE).judged.grades()
    shown = 0
    for query_id, grades in found.grades().items():
        rows, _ = market.engine.find(found.queries[query_id], 7)
        assert grades.keys() == {market.shelves.ids[row] for row in rows}
        known = everything[query_id]
        assert all(known.get(id_, 1.0) == grade for id_, grade in grades.items())
        shown += len(grades)
    assert shown > 60
    assert found.name == "world keyword en pool 7"
    assert yardstick(found).satisfiable.mean() < 1  # the engine does not understand every query


def test_a_sample_that_cannot_be_is_refused(market: Market) -> None:
    with pytest.raises(InvalidRequest, match="queries ≥ 2"):
        WorldSample(queries=1)
    with pytest.raises(InvalidRequest, match="0 queries for world keyword xx"):
        judge_world(market, replace(SAMPLE, locale="xx"))


def test_the_whole_check(world: World, market: Market, tmp_path: Path) -> None:
    def shop(judged, products):
        return measure_judged(judged, products, encoder=None, cache=tmp_path).columns

    sample = replace(SAMPLE, queries=61, least=7)
    samples = (sample, replace(sample, grammar="spoken"), replace(sample, pool=20, least=0))
    found = run(market, list(world.products()), None, shop=shop, samples=samples, probed=120)
    keyword, spoken, pooled = found.standings
    assert (keyword.is_simulated, spoken.dataset) == (True, "world spoken en")
    assert len(keyword.systems) == 8
    good = {name: row["ndcg@10"].mean for name, row in keyword.systems.items()}
    assert good["random"] == min(good.values())
    assert good["all words"] < good["tf-idf"]
    assert keyword.harder["question"]["lexical"].low > 0
    pairs = {(one.left, one.right, one.metric) for one in found.agreements}
    assert len(pairs) == 3 * 4  # the first with each of the three
    gap = {
        one.dataset: one.systems["title bm25"]["ndcg@10"].mean - one.systems["lsa"]["ndcg@10"].mean
        for one in (keyword, pooled)
    }
    assert gap[pooled.dataset] > gap[keyword.dataset] + 0.05  # unjudged is not irrelevant
    assert [one.dataset for one in found.probes][1:] == ["world spoken en"]
    assert all(0.1 < one.macro_f1["boosted"].mean < 0.8 for one in found.probes)

    record = json.loads(json.dumps(to_json(found)))
    assert record["simulated"] is True
    assert record["standings"][0]["systems"]["lexical"]["ndcg@10"]["mean"] == good["lexical"]
    text = order_markdown(found)
    assert "world keyword en (simulated), 61 queries" in text
    assert f"| lexical | {good['lexical']:.3f} [" in text
    assert "| question (" in text
