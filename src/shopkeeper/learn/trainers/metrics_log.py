"""One line of JSON for every logged step, with no line twice after a resume."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path

from shopkeeper.records import TrainingStopped

TIMINGS = frozenset({"epoch", "step_time"})
"""What the log leaves out, so that the same seed gives the same bytes; the step says the epoch."""


class MetricsLog:
    """The file `metrics.jsonl` of a run; one process writes it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self) -> list[dict[str, float | None]]:
        """The lines so far; the rest of one that a crash cut short is not among them."""
        if not self.path.exists():
            return []
        whole, _, _ = self.path.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def rewind(self, step: int) -> None:
        """Forget what came after this step: it is about to be done again."""
        kept = [_line(row) for row in self.rows() if (row["step"] or 0) <= step]
        temporary = self.path.with_name(f".{self.path.name}.tmp")
        temporary.write_text("".join(kept))
        os.replace(temporary, self.path)

    def append(self, step: int, metrics: Mapping[str, float | None]) -> None:
        """Add a line in one write. None is a metric that had no value in these steps.

        Raises:
            TrainingStopped: the loss or the gradient is not finite.
        """
        for name in ("loss", "grad_norm"):
            value = metrics.get(name)
            if value is not None and not math.isfinite(value):
                raise TrainingStopped(
                    f"{name} is {value}",
                    where=f"step {step}",
                    expected="a finite number",
                    hint="lower the learning rate, or look at the rows of this step",
                )
        row = {name: value for name, value in metrics.items() if name not in TIMINGS}
        line = _line({"step": step, **row}).encode()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)


def _line(row: Mapping[str, float | None]) -> str:
    return json.dumps(row, allow_nan=False) + "\n"
