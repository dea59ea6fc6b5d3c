"""What is the same for every run of gradient descent, whatever it learns?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shopkeeper.records import InvalidRequest


@dataclass(frozen=True, slots=True)
class RunConfig:
    steps: int
    """Optimiser steps, 1 or more."""
    learning_rate: float
    """Peak of the schedule, more than 0."""
    batch_size: int = 8
    """Rows (for GRPO: completions) in one pass of one process, 1 or more."""
    accumulate: int = 1
    """Passes whose gradients make one step, 1 or more."""
    seed: int = 0
    """Of order, dropout and sampling, 0 or more. On a CPU the same seed gives the same log."""
    schedule: Literal["constant_with_warmup", "cosine", "linear"] = "cosine"
    warmup_steps: int = 0
    """Steps in which the learning rate rises from 0, at most `steps`."""
    weight_decay: float = 0.0
    """AdamW's, 0 or more."""
    max_grad_norm: float = 1.0
    """Where the gradient's norm is clipped, more than 0."""
    log_every: int = 1
    """Steps of one line of the log, 1 or more."""
    save_every: int = 100
    """Steps between checkpoints, a multiple of `log_every`, so that no line spans one."""
    bf16: bool = False
    """Autocast to bfloat16; worth it from some 3 M parameters on."""
    gradient_checkpointing: bool = False
    """Less memory for a third more time. Off, since it also takes the cache from generation."""
    on_cpu: bool = False
    """Leave an accelerator alone."""

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "accumulate", "log_every", "save_every"):
            if getattr(self, name) < 1:
                raise InvalidRequest(f"{name} {getattr(self, name)}", expected="1 or more")
        for name in ("learning_rate", "max_grad_norm"):
            if not 0 < getattr(self, name) < float("inf"):
                raise InvalidRequest(f"{name} {getattr(self, name):g}", expected="more than 0")
        if self.seed < 0 or self.weight_decay < 0:
            raise InvalidRequest("a seed or weight_decay below 0", expected="0 or more")
        if not 0 <= self.warmup_steps <= self.steps:
            raise InvalidRequest(
                f"warmup_steps {self.warmup_steps}", expected=f"0 … steps ({self.steps})"
            )
        if self.save_every % self.log_every:
            raise InvalidRequest(
                f"save_every {self.save_every}",
                expected=f"a multiple of log_every ({self.log_every})",
                hint="a line of the log that spans a checkpoint would differ after a resume",
            )
