"""How does an experiment run? Day by day, each day written where people see it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from shopkeeper.experiment.outcomes import OBSERVED, Trial
from shopkeeper.experiment.policies import FixedPolicy, InterleavedPolicy
from shopkeeper.experiment.trial import CREDITED, Versus, ab, credit, preferred, true_effect
from shopkeeper.measure import Interval, Preference
from shopkeeper.records.experiment import DayEffect, Experiment, ExperimentKind, MetricEffect
from shopkeeper.world import Market
from shopkeeper.world.arrays import lay
from shopkeeper.world.behaviour import DAY_MS
from shopkeeper.world.shoppers import shopper_blocks

TOLD = ("purchases", "clicks", "carts", "revenue")
"""`OBSERVED`; the one that decides comes first."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Two systems before the same simulated shoppers."""

    name: str
    market: Market
    arms: tuple[str, str]
    control: FixedPolicy
    treatment: FixedPolicy
    shoppers: int
    begin_day: int
    """The days before it are the past that CUPED uses."""
    note: str = ""

    @property
    def days(self) -> int:
        return self.market.config.shoppers.days - self.begin_day


def run_ab(plan: Plan) -> Iterator[Experiment]:
    """The experiment as it stands after each day, the last with the true effect beside it."""
    versus = Versus(plan.market, plan.control, plan.treatment, plan.begin_day)
    split = versus.split
    behaviours = [split.run(part) for part in shopper_blocks(plan.shoppers)]
    state = _planned(plan, "ab")
    for day in range(1, plan.days + 1):
        end_ms = versus.begin_ms + day * DAY_MS
        outcomes = lay([split.outcomes(behaviour, end_ms) for behaviour in behaviours])
        if min(getattr(outcomes.during, name).max() for name in OBSERVED) == 0:
            continue
        found = ab(outcomes)
        effects = tuple(
            MetricEffect(
                name,
                found[name].control.mean,
                found[name].treated.mean,
                *_ends(found[name].lift),
                significant=found[name].difference.p < 0.05,
            )
            for name in TOLD
        )
        state = _after(state, day, effects)
        yield state
    lifts = true_effect(versus, plan.shoppers)
    yield replace(
        state,
        state="done",
        true_effects={name: lifts[name].mean for name in TOLD},
        updated_ms=_now_ms(),
    )


def run_interleaving(plan: Plan) -> Iterator[Experiment]:
    """Team-draft interleaving as it stands after each day."""
    begin_ms = plan.begin_day * DAY_MS
    trial = Trial(plan.market, InterleavedPolicy(plan.control, plan.treatment), begin_ms)
    behaviours = [trial.run(part) for part in shopper_blocks(plan.shoppers)]
    state = _planned(plan, "interleave")
    for day in range(1, plan.days + 1):
        end_ms = begin_ms + day * DAY_MS
        effects = tuple(
            _credit_effect(
                name, preferred([credit(done, name, begin_ms, end_ms) for done in behaviours])
            )
            for name in CREDITED
        )
        state = _after(state, day, effects)
        yield state
    yield replace(state, state="done", updated_ms=_now_ms())


def keep(folder: Path, states: Iterator[Experiment], pause_s: float = 0.0) -> Experiment:
    """Write each state to ``<folder>/<name>.json``, whole; the last one.

    An experiment that breaks off is written down as failed, with the reason.

    Args:
        pause_s: how long each day lasts for those who watch; 0 or more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    last: Experiment | None = None
    try:
        for last in states:
            _write(folder, last)
            time.sleep(pause_s)
    except BaseException as error:
        if last is not None:
            _write(folder, replace(last, state="failed", note=f"{last.note} Stopped: {error!r}"))
        raise
    assert last is not None, "an experiment has at least its end"
    return last


def _write(folder: Path, state: Experiment) -> None:
    path = folder / f"{state.name}.json"
    new = path.with_suffix(".new")
    new.write_bytes(orjson.dumps(state.to_dict(), option=orjson.OPT_INDENT_2))
    os.replace(new, path)


def _credit_effect(name: str, found: Preference) -> MetricEffect:
    """The treatment is the right team: its share of what was decided, minus the control's."""
    share = found.requests.share
    if share is None:
        return MetricEffect(name, None, None, None, None, None, significant=False)
    lift, low, high = (1 - 2 * end for end in (share.mean, share.high, share.low))
    return MetricEffect(
        name, share.mean, 1 - share.mean, lift, low, high, significant=not low <= 0 <= high
    )


def _ends(lift: Interval | None) -> tuple[float | None, float | None, float | None]:
    """Lift and its interval, None where the control is too near 0 to tell."""
    if lift is None:
        return None, None, None
    return lift.mean, lift.low, lift.high


def _planned(plan: Plan, kind: ExperimentKind) -> Experiment:
    now_ms = _now_ms()
    return Experiment(
        name=plan.name,
        kind=kind,
        state="running",
        simulated=True,
        started_ms=now_ms,
        updated_ms=now_ms,
        arms=plan.arms,
        days_done=0,
        days=plan.days,
        note=plan.note,
    )


def _after(state: Experiment, day: int, effects: tuple[MetricEffect, ...]) -> Experiment:
    days = tuple(DayEffect(day, one.name, one.lift, one.low, one.high) for one in effects)
    return replace(
        state,
        days_done=day,
        metrics=effects,
        series=(*state.series, *days),
        updated_ms=_now_ms(),
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


Runner = Callable[[Plan], Iterator[Experiment]]
RUNNERS: Mapping[ExperimentKind, Runner] = {"ab": run_ab, "interleave": run_interleaving}
