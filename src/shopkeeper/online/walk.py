"""What does one request meet on its way? The stages there are, and a report of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from shopkeeper.online.checks import check_verdict
from shopkeeper.online.lane import Budget, Lane, Outcome
from shopkeeper.records import Deadline, Hit, Query, StageReport, Verdict
from shopkeeper.records.ports import (
    Guard,
    GuardRequest,
    Merchandise,
    Rank,
    ReadProducts,
    Relevance,
    Rerank,
    Retrieve,
    RewriteQuery,
    Suggest,
    Understand,
)
from shopkeeper.records.trace import StageState

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stages:
    """What answers the questions of a shop; None is a stage without an artefact: off."""

    understand: Understand
    retrieve: Retrieve
    rewrite: RewriteQuery | None = None
    relevance: Relevance | None = None
    rank: Rank | None = None
    merchandise: Merchandise | None = None
    guard: Guard | None = None
    suggest: Suggest | None = None
    rerank: Rerank | None = None
    static_guard: Guard | None = None
    """Deny rules that need no model: they serve when `guard` fails or is off."""


@dataclass(slots=True)
class Walk:
    """One request's way: asks stages in their lanes and collects their reports, in order."""

    stages: Stages
    products: ReadProducts
    lanes: Mapping[str, Lane]
    budget: Budget
    reports: list[StageReport] = field(default_factory=list)

    def ask(
        self,
        stage: str,
        question: Callable[[Deadline], T],
        check: Callable[[T], None],
        *,
        otherwise: str = "",
    ) -> Outcome[T]:
        """Ask a stage that is there. `otherwise` tells the reader what is done when it fails."""
        outcome = self.lanes[stage].call(question, check, self.budget)
        report = outcome.report
        if outcome.value is None and otherwise:
            report = replace(report, reason=f"{report.reason}; {otherwise}")
        self.reports.append(report)
        return outcome

    def pass_by(self, stage: str, *, skipped: str = "") -> None:
        """Report a stage that is not asked: off, or skipped for the reason given."""
        self.reports.append(StageReport(stage, "skipped" if skipped else "off", skipped))

    def amend(self, reason: str) -> None:
        """Add to the last report what became of its answer."""
        last = self.reports[-1]
        reason = f"{last.reason}; {reason}" if last.reason else reason
        self.reports[-1] = replace(last, reason=reason)

    def guard(self, turn: str, query: Query, hits: tuple[Hit, ...] = ()) -> Verdict:
        """The guard's verdict, else the static rules'; when neither can say, nothing is shown."""
        guards = (("guard", self.stages.guard), ("static_guard", self.stages.static_guard))
        present = [(lane, guard) for lane, guard in guards if guard is not None]
        if not present:
            self.pass_by(turn)
            return Verdict(allowed=True)
        request = GuardRequest(query, hits)
        reasons: list[str] = []
        latency_ms = 0.0
        verdict: Verdict | None = None
        for lane, guard in present:
            question = partial(guard.guard, request)
            outcome = self.lanes[lane].call(question, partial(check_verdict, hits), self.budget)
            latency_ms += outcome.report.latency_ms
            if (verdict := outcome.value) is not None:
                break
            reasons.append(outcome.report.reason)
        state: StageState = "degraded" if reasons else "ok"
        if verdict is None:
            verdict = Verdict(allowed=False, blocked_by=turn)
            reasons.append("nothing is shown")
        elif lane == "static_guard":
            reasons.append("the static rules serve")
        self.reports.append(StageReport(turn, state, "; ".join(reasons), latency_ms))
        return verdict
