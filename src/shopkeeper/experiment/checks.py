"""What was asked of the world, and what was found? Rows of a check, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from shopkeeper.measure import Interval


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure of a check; everything is simulated."""

    what: str
    value: float
    low: float | None = None
    """Ends of its interval."""
    high: float | None = None
    goal: str = ""
    """What was asked of it; empty: nothing, it is reported."""
    holds: bool | None = None
    """Whether it is as asked; None where nothing was asked."""
    note: str = ""


def finding(
    what: str,
    value: float | Interval,
    *,
    within: tuple[float, float] | None = None,
    rate: float | None = None,
    at_least: float | None = None,
    goal: str = "",
    note: str = "",
) -> Finding:
    """A figure with its goal, of which one at most is given.

    Args:
        within: the figure itself lies between these ends, both included.
        rate: its interval holds this rate.
        at_least: its interval reaches up to this, or beyond.
    """
    low: float | None = None
    high: float | None = None
    if isinstance(value, Interval):
        low, high, value = value.low, value.high, value.mean
    holds = None if within is None else within[0] <= value <= within[1]
    if rate is not None and low is not None and high is not None:
        holds = low <= rate <= high
    if at_least is not None and high is not None:
        holds = high >= at_least
    kept = None if holds is None else bool(holds)
    return Finding(what, float(value), low, high, goal, kept, note)


def findings_markdown(findings: Sequence[Finding]) -> str:
    """A table with one row for each."""
    lines = ["| what | asked | found | | |", "|:--|:--|--:|:--|:--|"]
    for one in findings:
        ends = "" if one.low is None else f"[{one.low:.4g}, {one.high:.4g}]"
        mark = {True: "holds", False: "**does not hold**", None: ""}[one.holds]
        note = f"{mark}{'; ' if mark and one.note else ''}{one.note}"
        lines.append(f"| {one.what} | {one.goal} | {one.value:.4g} | {ends} | {note} |")
    return "\n".join(lines)


def findings_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [asdict(one) for one in findings]
