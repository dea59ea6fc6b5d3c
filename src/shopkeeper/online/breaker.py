"""When is a stage not worth asking? After failing too often, and until it has had time to recover.

    closed ──failure rate reached──▶ open ──cool-down over──▶ half-open ──▶ closed | open

Closed: every call goes. Open: none goes. Half-open: one probe goes, and its outcome decides.
Nygard 2007, Release It!, ch. 5; with a window counted in calls, not in seconds.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shopkeeper.records import InvalidRequest
from shopkeeper.records.deadline import Clock

BreakerState: TypeAlias = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True)
class BreakerConfig:
    window: int = 20
    """Calls, the last ones, among which failures are counted; 1 or more."""
    failure_rate: float = 0.5
    """Share of failures in the window that opens the breaker; above 0, at most 1."""
    minimum_calls: int = 10
    """Calls in the window before it is judged at all; 1 … window."""
    cooldown_s: float = 5.0
    """Seconds without calls before one is tried again; 0 or more."""

    def __post_init__(self) -> None:
        if self.window < 1:
            raise InvalidRequest(f"breaker window {self.window}", expected="1 or more calls")
        if not 0 < self.failure_rate <= 1:
            raise InvalidRequest(f"failure_rate {self.failure_rate:g}", expected="above 0 … 1")
        if not 1 <= self.minimum_calls <= self.window:
            raise InvalidRequest(
                f"minimum_calls {self.minimum_calls}", expected=f"1 … window ({self.window})"
            )
        if not 0 <= self.cooldown_s < float("inf"):
            raise InvalidRequest(f"cooldown_s {self.cooldown_s:g}", expected="0 or more seconds")


class Breaker:
    """`enter` before a call, `leave` with its outcome after. Safe to share between threads."""

    def __init__(self, config: BreakerConfig, clock: Clock = time.monotonic) -> None:
        self._config = config
        self._clock = clock
        self._lock = threading.Lock()
        self._outcomes: deque[bool] = deque(maxlen=config.window)
        self._opened_at: float | None = None
        self._is_probing = False
        # Grows with each change of state: an outcome from before the change says nothing after it.
        self._epoch = 0

    @property
    def state(self) -> BreakerState:
        if self._opened_at is None:
            return "closed"
        return "half-open" if self._has_cooled(self._opened_at) else "open"

    def enter(self) -> int | None:
        """A permit to call, to be handed to `leave`; None: do not call."""
        with self._lock:
            if self._opened_at is None:
                return self._epoch
            if self._is_probing or not self._has_cooled(self._opened_at):
                return None
            self._is_probing = True
            self._epoch += 1
            return self._epoch

    def leave(self, permit: int, ok: bool | None) -> None:
        """Tell how the call went; None when its outcome says nothing about the stage."""
        with self._lock:
            if permit != self._epoch:
                return
            if self._is_probing:
                self._is_probing = False
                if ok is not None:
                    self._change(None if ok else self._clock())
            elif ok is not None:
                self._outcomes.append(ok)
                if self._is_failing():
                    self._change(self._clock())

    def _has_cooled(self, opened_at: float) -> bool:
        return self._clock() - opened_at >= self._config.cooldown_s

    def _is_failing(self) -> bool:
        calls = len(self._outcomes)
        failures = calls - sum(self._outcomes)
        return calls >= self._config.minimum_calls and failures >= self._config.failure_rate * calls

    def _change(self, opened_at: float | None) -> None:
        self._opened_at = opened_at
        self._outcomes.clear()
        self._epoch += 1
