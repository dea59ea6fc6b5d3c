"""How much time is left?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

Clock = Callable[[], float]
"""Monotonic seconds."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment by which an answer is worth something; passed along a request, never reset."""

    at: float
    """On the clock's own scale, in seconds."""
    clock: Clock = field(default=time.monotonic, repr=False)

    @classmethod
    def after(cls, milliseconds: float, clock: Clock = time.monotonic) -> Deadline:
        return cls(clock() + milliseconds / 1000, clock)

    @property
    def remaining_ms(self) -> float:
        """Milliseconds left, never below 0."""
        return max(0.0, (self.at - self.clock()) * 1000)

    @property
    def is_over(self) -> bool:
        return self.remaining_ms == 0.0

    def share(self, milliseconds: float) -> Deadline:
        """The sooner of this deadline and `milliseconds` from now: a stage's share of it."""
        return Deadline(min(self.at, self.clock() + milliseconds / 1000), self.clock)
