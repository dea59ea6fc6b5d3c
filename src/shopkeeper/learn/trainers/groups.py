"""How do groups come to a trainer, and how do some of them become a batch?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from trl.trainer.utils import RepeatSampler

from shopkeeper.learn.trainers.rollout import Completion
from shopkeeper.learn.trainers.running import Batch

_LEFT = frozenset({"prompt_ids", "prompt_mask"})
"""Tensors of a batch that are padded on the left; the others on the right."""


@dataclass(frozen=True, slots=True)
class Group:
    """The completions of one prompt, on their way into a batch."""

    tensors: Batch
    completions: list[Completion]
    right: int
    is_accepted: bool


class OrderOfEpoch(RepeatSampler):
    """TRL's order of prompts, but drawn from (seed, epoch): its own goes on from a state that a
    resumed run does not have."""

    def __init__(self, base: RepeatSampler, epoch: Callable[[], int]) -> None:
        super().__init__(
            base.data_source,
            base.mini_repeat_count,
            base.batch_size,
            base.repeat_count,
            base.shuffle,
            base.seed,
        )
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        place = np.random.SeedSequence([self.seed, self.epoch()])
        self.generator.manual_seed(int(place.generate_state(1, np.uint32)[0]))
        order: Iterator[int] = super().__iter__()
        return order


def joined(groups: Sequence[Batch], pad: int) -> Batch:
    """Groups of different widths as one batch."""
    whole: Batch = {}
    for name in groups[0]:
        parts = [group[name] for group in groups]
        width = max(part.shape[1] for part in parts)
        value = pad if name.endswith("_ids") else 0
        whole[name] = torch.cat(
            [
                torch.nn.functional.pad(
                    part,
                    (width - part.shape[1], 0) if name in _LEFT else (0, width - part.shape[1]),
                    value=value,
                )
                for part in parts
            ]
        )
    return whole
