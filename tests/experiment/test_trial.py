"""A/B, interleaving and off-policy estimates in a tiny marketplace, against what is true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from shopkeeper.experiment.outcomes import METRICS, Trial, observe, totals
from shopkeeper.experiment.policies import FixedPolicy, fixed_policy
from shopkeeper.experiment.running import Plan, keep, run_ab, run_interleaving
from shopkeeper.experiment.systems import ladder
from shopkeeper.experiment.trial import Versus, ab, interleave, off_policy, true_effect
from shopkeeper.experiment.world_trials import offline_metrics
from shopkeeper.records.experiment import Experiment
from shopkeeper.world import Market
from shopkeeper.world.behaviour import DAY_MS
from shopkeeper.world.choice import NONE


@pytest.fixture(scope="module")
def systems(market: Market) -> dict[str, FixedPolicy]:
    pages = ladder(market)
    names = ("random", "engine", "engine, cheapest first", "oracle, shuffled")
    return {name: fixed_policy(market, pages[name]) for name in names}


def test_totals_equal_a_loop(market: Market, systems: dict[str, FixedPolicy]) -> None:
    shopping = replace(market.shopping, policy=systems["engine"])
    behaviour = shopping.run(market.shoppers(0, 60))
    begin, end = 5 * DAY_MS, 20 * DAY_MS
    found = totals(market, behaviour, begin, end)
    searches, later = behaviour.searches, behaviour.later
    expected = {name: np.zeros(60) for name in ("searches", "clicks", "purchases", "revenue")}
    for at in range(len(searches.asks)):
        if not begin <= searches.asks.time_ms[at] < end:
            continue
        who = searches.asks.who[at]
        expected["searches"][who] += 1
        for k, row in enumerate(searches.shown.rows[at]):
            if row == NONE:
                continue
            expected["clicks"][who] += searches.acts.clicked[at, k]
            expected["purchases"][who] += searches.acts.bought[at, k]
            expected["revenue"][who] += searches.acts.bought[at, k] * market.shelves.price[row]
    for request, position in zip(later.request, later.position, strict=True):
        if begin <= searches.asks.time_ms[request] < end:
            who, row = searches.asks.who[request], searches.shown.rows[request, position]
            expected["purchases"][who] += 1
            expected["revenue"][who] += market.shelves.price[row]
    assert expected["clicks"].sum() > 10
    for name, values in expected.items():
        assert getattr(found, name) == pytest.approx(values), name


def test_the_same_shoppers_do_the_same_in_any_number_of_processes(
    market: Market, systems: dict[str, FixedPolicy]
) -> None:
    trial = Trial(market, systems["engine"], 14 * DAY_MS)
    alone, together = (observe(trial, 2_100, processes=count) for count in (1, 2))
    assert alone.during.clicks.sum() > 100
    assert all(
        (getattr(alone.during, name) == getattr(together.during, name)).all() for name in METRICS
    )


def test_a_better_system_is_found_better_and_the_interval_holds_the_truth(
    market: Market, systems: dict[str, FixedPolicy]
) -> None:
    versus = Versus(market, systems["engine"], systems["oracle, shuffled"], begin_day=14)
    found = ab(observe(versus.split, 6_000))["clicks"]
    truth = true_effect(versus, 6_000)["expected_clicks"]
    assert found.lift is not None
    assert found.lift.low > 0.2
    assert found.lift.low <= truth.mean <= found.lift.high
    assert truth.high - truth.low < found.lift.high - found.lift.low


def test_a_system_against_itself_has_no_true_effect(
    market: Market, systems: dict[str, FixedPolicy]
) -> None:
    same = Versus(market, systems["engine"], systems["engine"], begin_day=14)
    assert all(lift.mean == 0 for lift in true_effect(same, 300).values())


def test_interleaving_prefers_the_better_side_whichever_it_is(
    market: Market, systems: dict[str, FixedPolicy]
) -> None:
    worse, better = systems["engine"], systems["oracle, shuffled"]
    assert interleave(market, worse, better, 1_500)["clicks"].lead.high < 0
    assert interleave(market, better, worse, 1_500)["clicks"].lead.low > 0


def test_estimates_from_a_log_hold_the_truth_where_it_has_support(
    market: Market, systems: dict[str, FixedPolicy]
) -> None:
    blocks = [(0, 2_048), (1, 2_048), (2, 2_048)]
    near = off_policy(market, systems["engine, cheapest first"], blocks)
    assert near.support == 1
    for name in ("IPS", "SNIPS", "DR"):
        value = near.estimates[name].value
        assert value.low <= near.truth <= value.high, name
    far = off_policy(market, systems["oracle, shuffled"], blocks)
    assert far.support < 0.9
    assert far.estimates["IPS"].value.high < far.truth


def test_offline_metrics_by_hand(market: Market) -> None:
    """The best ten of all products for each query: nDCG and recall 1; an empty page: 0."""
    everything = np.arange(len(market.shelves), dtype=np.int32)
    best = np.stack(
        [
            np.argsort(-market.truth.judge(query.asked.intent, everything).grades, kind="stable")[
                :10
            ]
            for query in market.book.queries
        ]
    ).astype(np.int32)
    ideal = offline_metrics(market, fixed_policy(market, best))
    nothing = offline_metrics(market, fixed_policy(market, np.full_like(best, NONE)))
    assert ideal["nDCG@10"] == pytest.approx(1)
    assert ideal["recall@10"] == pytest.approx(1)
    assert set(nothing.values()) == {0.0}


def test_an_experiment_is_written_day_by_day(
    market: Market,
    systems: dict[str, FixedPolicy],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("experiments")
    plan = Plan(
        "trial",
        market,
        ("engine", "oracle"),
        systems["engine"],
        systems["oracle, shuffled"],
        shoppers=2_000,
        begin_day=20,
        note="A test.",
    )
    states = list(run_ab(plan))
    assert [state.days_done for state in states[:-1]] == list(range(1, 9))
    done = keep(folder, iter(states))
    assert done.state == "done"
    assert done.true_effects is not None
    assert done.true_effects["clicks"] > 0.2
    assert {one.name for one in done.metrics} == {"purchases", "clicks", "carts", "revenue"}
    drafted = keep(folder, run_interleaving(replace(plan, name="drafted")))
    assert drafted.kind == "interleave"
    assert drafted.metrics[0].lift is not None
    assert drafted.metrics[0].lift > 0
    import json

    for name in ("trial", "drafted"):
        data = json.loads((folder / f"{name}.json").read_text("utf-8"))
        assert Experiment.from_dict(data).state == "done"
