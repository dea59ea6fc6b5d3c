"""Dynamic sampling: learn from groups that are neither all wrong nor too easy."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from shopkeeper.records import InvalidRequest

How: TypeAlias = Literal["refill", "mask"]
Group = TypeVar("Group")
Label = TypeVar("Label", bound=Hashable)


@dataclass(frozen=True, slots=True)
class DynamicSamplingConfig:
    how: How = "refill"
    """"refill" samples other prompts in place of rejected groups (DAPO, and what TaoSR1's text
    describes); "mask" leaves them in the batch without a gradient, so that it shrinks."""
    ceiling: int | None = None
    """γ: a group is rejected from so many right completions on, 2 … group size; None is the group
    size: only all-wrong and all-right groups are rejected, which TaoSR1 found best."""
    right_from: float = 1.0
    """Value of the first reward function from which a completion is right."""
    max_tries: int = 4
    """Rounds of new prompts for one batch, 1 or more; what is missing then stays masked. Ours."""
    label_column: str | None = None
    """Column whose values are counted over accepted groups; None counts nothing."""

    def __post_init__(self) -> None:
        if self.how not in ("refill", "mask"):
            raise InvalidRequest(f"how {self.how!r}", expected="refill or mask")
        if self.ceiling is not None and self.ceiling < 2:
            raise InvalidRequest(f"ceiling {self.ceiling}", expected="2 or more, or None")
        if self.max_tries < 1:
            raise InvalidRequest(f"max_tries {self.max_tries}", expected="1 or more")


def right_counts(
    rewards: Float[Tensor, "groups size"], *, right_from: float
) -> Int[Tensor, " groups"]:
    """k: right completions of each group. A NaN, a completion nobody scored, is not right."""
    return (rewards >= right_from).sum(-1)


def is_accepted(counts: Int[Tensor, " groups"], *, ceiling: int) -> Bool[Tensor, " groups"]:
    """Which groups are to be learnt from.

        0 < k < γ

    TaoSR1, arXiv:2508.12365 (stated as the constraint of its objective). With γ = group size it is
    the filter of DAPO (Yu et al. 2025, arXiv:2503.14476): all others have zero advantages anyway.
    """
    return (counts > 0) & (counts < ceiling)


def masked(
    advantages: Float[Tensor, "batch time"],
    completion_mask: Int[Tensor, "batch time"],
    accepted: Bool[Tensor, " groups"],
) -> tuple[Float[Tensor, "batch time"], Int[Tensor, "batch time"]]:
    """Advantages and completion mask in which rejected groups are zero.

    Both, since the KL term and any divisor that counts tokens would still see the completions. The
    rows of a group follow each other. All accepted: unchanged.
    """
    size = advantages.shape[0] // accepted.shape[0]
    keep = accepted.repeat_interleave(size)[:, None]
    return advantages * keep, completion_mask * keep


@dataclass(frozen=True, slots=True)
class Refilled(Generic[Group]):
    accepted: list[Group]
    """At most as many as were wanted, in the order in which they came."""
    rejected: list[Group]
    tries: int
    """Rounds of new prompts that it took."""


def refill(
    first: Sequence[Group],
    wanted: int,
    *,
    accepts: Callable[[Group], bool],
    draw: Callable[[int, int], Sequence[Group]],
    max_tries: int,
    most: Callable[[int], int] = lambda missing: missing,
) -> Refilled[Group]:
    """Sample more groups until enough are accepted.

    Yu et al. 2025, DAPO, arXiv:2503.14476 §3.2 (stated: sample until the batch is full of groups
    with accuracy neither 0 nor 1). Deviation: at most `max_tries` rounds.

    Args:
        draw: (round from 1, number) → that many new groups.
        most: the largest of the numbers that each process misses. All draw as many, so that their
            rounds agree; alone it is the number itself.
    """
    accepted = [group for group in first if accepts(group)]
    rejected = [group for group in first if not accepts(group)]
    tries = 0
    while tries < max_tries and (number := most(max(wanted - len(accepted), 0))) > 0:
        tries += 1
        for group in draw(tries, number):
            (accepted if accepts(group) else rejected).append(group)
    return Refilled(accepted[:wanted], rejected, tries)


def right_histogram(
    counts: Int[Tensor, " groups"], *, group_size: int
) -> Int[Tensor, " group_size+1"]:
    """Number of groups with k = 0 … group size right completions."""
    return torch.bincount(counts, minlength=group_size + 1)


def coefficient_of_variation(counts: Sequence[float]) -> float:
    """How uneven a label distribution is; 0 is balanced.

        CV = std(counts) / mean(counts)

    Named by TaoSR1, arXiv:2508.12365, which found it to go with a worse macro-F1; the formula is
    reconstructed, with the population's std. Count the *accepted* groups: the filter skews a pool
    that was balanced. A label that never came counts as 0. Nothing counted, or one label: 0.
    """
    mean = float(np.mean(counts)) if len(counts) else 0.0
    return float(np.std(counts)) / mean if mean else 0.0


def balanced_pool(labels: Sequence[Label], *, seed: int) -> list[int]:
    """Positions of a sample in which every label is as frequent as the rarest one, in random order.

    TaoSR1's label-balanced down-sampling (CV = 0), arXiv:2508.12365; the draw is assumed. Sorted by
    first appearance of the labels, so that the same labels and seed give the same pool.
    """
    positions: dict[Label, list[int]] = {}
    for position, label in enumerate(labels):
        positions.setdefault(label, []).append(position)
    fewest = min((len(of_label) for of_label in positions.values()), default=0)
    random = np.random.default_rng(seed)
    chosen = [
        int(position)
        for of_label in positions.values()
        for position in random.choice(of_label, size=fewest, replace=False)
    ]
    return [chosen[i] for i in random.permutation(len(chosen))]
