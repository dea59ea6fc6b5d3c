"""What happens to a stage that is slow, broken or wrong? Nothing outside its lane."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from shopkeeper.online.breaker import Breaker, BreakerConfig
from shopkeeper.online.checks import WrongAnswer
from shopkeeper.online.workers import Late, Occupied, Stuck, Workers
from shopkeeper.records import Deadline, InvalidRequest, StageReport
from shopkeeper.records.deadline import Clock

T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Budget:
    """The time of one request. `scale` is its timeout over the default one.

    A request that has waited has less time in all, but its stages have no smaller shares: those at
    the end are skipped when it is over, rather than all of them cut.
    """

    deadline: Deadline
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """A checked answer, or None and the error that says why there is none."""

    value: T | None
    report: StageReport
    error: Exception | None = None


class Lane:
    """One stage's own threads, breaker and share of the time.

    `call` never raises: whatever the stage does ends as an outcome with a report.
    """

    def __init__(
        self,
        stage: str,
        share_ms: float,
        workers: int,
        breaker: BreakerConfig,
        clock: Clock = time.monotonic,
    ) -> None:
        self.stage = stage
        self.workers = Workers(stage, workers, share_ms)
        self.breaker = Breaker(breaker, clock)
        self._share_ms = share_ms

    def call(
        self, ask: Callable[[Deadline], T], check: Callable[[T], None], budget: Budget
    ) -> Outcome[T]:
        """Ask the stage within its share; `check` runs there too, and raises `WrongAnswer`."""
        started = time.perf_counter()
        value: T | None = None
        error: Exception | None = None
        deadline = budget.deadline.share(self._share_ms * budget.scale)
        if deadline.is_over:
            error = Late("no time left")
        elif (permit := self.breaker.enter()) is None:
            error = Stuck("paused after repeated failures")
        else:
            try:
                value = self.workers.run(lambda: _checked(ask, check, deadline), deadline)
            except Exception as raised:
                error = raised
            has_its_share = budget.scale >= 1 and deadline.at < budget.deadline.at
            self.breaker.leave(permit, _is_healthy(error, has_its_share))
        report = StageReport(
            self.stage,
            "ok" if error is None else "degraded",
            self._reason(error),
            (time.perf_counter() - started) * 1000,
        )
        return Outcome(value, report, error)

    def close(self) -> None:
        """End the lane's threads; a later call is degraded."""
        self.workers.close()

    def _reason(self, error: Exception | None) -> str:
        match error:
            case None:
                return ""
            case Late() | Occupied() | Stuck() | WrongAnswer():
                return str(error)
            case InvalidRequest():
                return f"refused: {error}"
        _log.warning("stage %s raised", self.stage, exc_info=error)
        return f"{type(error).__name__}: {error}"[:200]


def _checked(ask: Callable[[Deadline], T], check: Callable[[T], None], deadline: Deadline) -> T:
    answer = ask(deadline)
    check(answer)
    return answer


def _is_healthy(error: Exception | None, has_its_share: bool) -> bool | None:
    """What the breaker learns; None, nothing, where the caller or the load is to blame.

    A caller who gives less than the usual time, or asks for what cannot be given, must not be able
    to switch a stage off for everyone; nor does a crowd, in which requests wait until little of
    their time is left, mean that the stage is broken.
    """
    match error:
        case None:
            return True
        case InvalidRequest() | Occupied():
            return None
        case Late() if not has_its_share:
            return None
    return False
