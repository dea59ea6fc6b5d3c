"""Is what an experiment's file says possible, and does it come back as it was written?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from shopkeeper.records import InvalidRecord
from shopkeeper.records.experiment import DayEffect, Experiment, MetricEffect

PURCHASES = MetricEffect("purchases", 0.31, 0.33, 0.065, -0.01, 0.14, significant=False)
UNKNOWN = MetricEffect("revenue", None, None, None, None, None, significant=False)
RUNNING = Experiment(
    name="exact-first",
    kind="ab",
    state="running",
    simulated=True,
    started_ms=1_000,
    updated_ms=2_000,
    arms=("today", "exact first"),
    days_done=1,
    days=28,
    metrics=(PURCHASES, UNKNOWN),
    series=(DayEffect(1, "purchases", 0.065, -0.01, 0.14),),
    true_effects={"purchases": 0.05},
    note="Exact matches come first.",
)
LEAST = {
    "name": "x", "kind": "interleave", "state": "done", "simulated": False, "started_ms": 0,
    "updated_ms": 0, "arms": ["a", "b"], "days_done": 0, "days": 1,
}  # fmt: skip


def test_what_is_written_is_read() -> None:
    assert Experiment.from_dict(json.loads(json.dumps(RUNNING.to_dict()))) == RUNNING


def test_what_may_be_left_out() -> None:
    read = Experiment.from_dict(LEAST)
    assert (read.metrics, read.series, read.true_effects, read.note) == ((), (), None, "")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"kind": "bandit"}, "ab or interleave"),
        ({"state": "paused"}, "running or done or failed"),
        ({"simulated": 1}, "true or false"),
        ({"name": ""}, "a text"),
        ({"note": None}, "a text"),
        ({"arms": ["a"]}, "control and treatment"),
        ({"arms": "ab"}, "a list"),
        ({"days": 0}, "1 or more"),
        ({"days_done": 2}, "days_done ≤ days"),
        ({"started_ms": 5}, "started_ms ≤ updated_ms"),
        ({"started_ms": 0.5}, "whole number"),
        ({"metrics": {}}, "a list"),
        ({"metrics": [{"name": "clicks"}]}, "no '(control|treated|lift|low|high|significant)'"),
        ({"true_effects": {"clicks": None}}, "finite number"),
        ({"true_effects": {"clicks": float("nan")}}, "finite number"),
        ({"true_effects": [1]}, "lifts by metric"),
        ({"winner": "a"}, "unknown key 'winner'"),
    ],
)
def test_what_cannot_be(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidRecord, match=complaint):
        Experiment.from_dict({**LEAST, **changes})


@pytest.mark.parametrize("missing", LEAST)
def test_what_may_not_be_left_out(missing: str) -> None:
    given = {key: value for key, value in LEAST.items() if key != missing}
    with pytest.raises(InvalidRecord, match=f"no '{missing}'"):
        Experiment.from_dict(given)


@pytest.mark.parametrize(
    "interval", [(0.1, 0.2, 0.3), (None, 0.0, 0.1), (0.0, None, None), (0.0, 0.0, float("inf"))]
)
def test_an_interval_holds_its_lift_and_is_known_whole(
    interval: tuple[float | None, float | None, float | None],
) -> None:
    with pytest.raises(InvalidRecord):
        DayEffect(1, "clicks", *interval)


def test_what_is_no_object() -> None:
    with pytest.raises(InvalidRecord, match="fields of Experiment"):
        Experiment.from_dict([])  # type: ignore[arg-type]
