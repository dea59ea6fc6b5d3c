"""What happened on the way, and how long did it take?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

StageState: TypeAlias = Literal["ok", "off", "degraded", "skipped"]
"""ok · off: no artefact · degraded: late or failed · skipped: this request had no need of it."""


@dataclass(frozen=True, slots=True)
class StageReport:
    """One stage's line in the response: its state, why when it is not ok, and its time."""

    stage: str
    state: StageState
    reason: str = ""
    latency_ms: float = 0.0
