"""How is an experiment doing? One record, written again whenever more is known.

A shop keeps each as ``experiments/<name>.json`` in its folder. Whoever writes it puts the whole
file in place of the older one at once, so that a reader never sees half of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, Literal, TypeAlias, get_args

from shopkeeper.records.errors import InvalidRecord

ExperimentKind: TypeAlias = Literal["ab", "interleave"]
"""ab: each shopper sees one arm · interleave: each page mixes both."""
ExperimentState: TypeAlias = Literal["running", "done", "failed"]

Lift: TypeAlias = float | None
"""treated / control − 1, so 0.02 is "two per cent more". Of an interleaving: the treatment's share
of the credit minus the control's, −1 … 1. None: not known yet."""


@dataclass(frozen=True, slots=True)
class MetricEffect:
    """What the treatment did to one metric, over all days so far."""

    name: str
    control: float | None
    """Mean per unit of the control; of an interleaving, its share of the credit."""
    treated: float | None
    lift: Lift
    low: Lift
    """Ends of the lift's 95 % interval; lift, low and high are known together."""
    high: Lift
    significant: bool
    """The interval leaves out 0."""

    def __post_init__(self) -> None:
        _text(self, "name")
        _numbers(self, "control", "treated")
        _interval(self)
        _flag(self, "significant")


@dataclass(frozen=True, slots=True)
class DayEffect:
    """What was known of one metric's lift at the end of a day, over all days up to it."""

    day: int
    """From 1."""
    metric: str
    lift: Lift
    low: Lift
    high: Lift

    def __post_init__(self) -> None:
        _count(self, "day", least=1)
        _text(self, "metric")
        _interval(self)


@dataclass(frozen=True, slots=True)
class Experiment:
    """Two arms on the same shoppers, and what is known of their difference."""

    name: str
    kind: ExperimentKind
    state: ExperimentState
    simulated: bool
    started_ms: int
    """Since 1970-01-01 UTC."""
    updated_ms: int
    arms: tuple[str, str]
    """Control, treatment."""
    days_done: int
    days: int
    """How many are planned, 1 or more."""
    metrics: tuple[MetricEffect, ...] = ()
    """The one that decides comes first."""
    series: tuple[DayEffect, ...] = ()
    """Day by day, each metric in turn."""
    true_effects: Mapping[str, float] | None = None
    """By metric, the lift that is there in truth; None where nobody can know."""
    note: str = ""
    """For people: what is compared, or why it failed."""

    def __post_init__(self) -> None:
        _text(self, "name")
        _one_of(self, "kind", get_args(ExperimentKind))
        _one_of(self, "state", get_args(ExperimentState))
        _flag(self, "simulated")
        for name, least in (("started_ms", 0), ("updated_ms", 0), ("days_done", 0), ("days", 1)):
            _count(self, name, least=least)
        if self.days_done > self.days or self.updated_ms < self.started_ms:
            raise InvalidRecord(
                f"experiment {self.name!r} ends before it begins",
                expected="days_done ≤ days and started_ms ≤ updated_ms",
            )
        if len(self.arms) != 2 or not all(isinstance(arm, str) and arm for arm in self.arms):
            raise InvalidRecord(f"arms {self.arms!r:.80}", expected="control and treatment by name")
        if not isinstance(self.note, str):
            raise InvalidRecord(f"note {self.note!r:.60}", expected="a text")
        for lift in (self.true_effects or {}).values():
            _finite("true_effects", lift)

    def to_dict(self) -> dict[str, Any]:
        """The form of the JSON file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Experiment:
        """Read the form of the JSON file; InvalidRecord names what is missing, unknown or wrong."""
        given = _given(cls, data)
        for name, kind in (("metrics", MetricEffect), ("series", DayEffect)):
            rows = _list(given.get(name, []), name)
            given[name] = tuple(kind(**_given(kind, row)) for row in rows)
        effects = given.get("true_effects")
        if effects is not None and not isinstance(effects, Mapping):
            raise InvalidRecord(
                f"true_effects {effects!r:.60}", expected="lifts by metric, or null"
            )
        return cls(**{**given, "arms": tuple(_list(given["arms"], "arms"))})


def _given(record: type[Any], data: Any) -> dict[str, Any]:
    """The record's fields as given, whatever they hold."""
    if not isinstance(data, Mapping):
        raise InvalidRecord(f"{data!r:.60}", expected=f"the fields of {record.__name__}")
    known = {each.name: each.default for each in fields(record)}
    for name in data.keys() - known.keys():
        raise InvalidRecord(f"unknown key {name!r:.60}", expected=f"one of {', '.join(known)}")
    for name in known.keys() - data.keys():
        if known[name] is MISSING:
            raise InvalidRecord(f"no {name!r}", where=record.__name__, expected="every known key")
    return dict(data)


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise InvalidRecord(f"{name} {value!r:.60}", expected="a list")
    return list(value)


def _text(record: object, name: str) -> None:
    value = getattr(record, name)
    if not isinstance(value, str) or not value:
        raise InvalidRecord(f"{name} {value!r:.60}", expected="a text")


def _flag(record: object, name: str) -> None:
    if not isinstance(getattr(record, name), bool):
        raise InvalidRecord(f"{name} {getattr(record, name)!r:.60}", expected="true or false")


def _one_of(record: object, name: str, values: tuple[str, ...]) -> None:
    if getattr(record, name) not in values:
        raise InvalidRecord(f"{name} {getattr(record, name)!r:.60}", expected=" or ".join(values))


def _count(record: object, name: str, *, least: int) -> None:
    value = getattr(record, name)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidRecord(f"{name} {value!r:.60}", expected=f"a whole number, {least} or more")


def _finite(name: str, value: object) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value):  # type: ignore[arg-type]
        raise InvalidRecord(f"{name} {value!r:.60}", expected="a finite number")


def _numbers(record: object, *names: str) -> None:
    for name in names:
        if getattr(record, name) is not None:
            _finite(name, getattr(record, name))


def _interval(record: MetricEffect | DayEffect) -> None:
    _numbers(record, "lift", "low", "high")
    ends = record.low, record.lift, record.high
    known = [end for end in ends if end is not None]
    if known and (len(known) < 3 or known != sorted(known)):
        raise InvalidRecord(f"interval {ends!r}", expected="low ≤ lift ≤ high, or none of them")
