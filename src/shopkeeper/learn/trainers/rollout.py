"""What is a completion, who writes it, who scores it, and who gets the credit?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

import torch
from transformers import PreTrainedModel

from shopkeeper.records import TrainingStopped


@dataclass(frozen=True, slots=True)
class Completion:
    prompt: str
    text: str
    """Decoded, without special tokens."""
    ids: tuple[int, ...]
    """Its tokens, the end token included; never empty."""
    row: Mapping[str, object]
    """The other columns of the prompt's row, and what a rollout added."""


class Reward(Protocol):
    """Scores completions: higher is better. Its `__name__` is its name in the log."""

    __name__: str

    def __call__(self, completions: Sequence[Completion], /) -> Sequence[float | None]:
        """One finite number for each, or None where it has nothing to say."""
        ...


class Credit(Protocol):
    """Spreads a completion's advantage over its tokens."""

    def __call__(
        self, completions: Sequence[Completion], advantages: Sequence[float], /
    ) -> Sequence[Sequence[float]]:
        """For each completion as many finite advantages as it has tokens. Groups are whole and
        their rows follow each other."""
        ...


@dataclass(frozen=True, slots=True)
class Rollouts:
    """What a rollout wrote, one entry for each prompt it was given."""

    prompt_ids: Sequence[Sequence[int]]
    completion_ids: Sequence[Sequence[int]]
    logprobs: Sequence[Sequence[float]]
    """Nats, of each completion token under softmax(logits / temperature) of the policy that drew
    it, before any cut by top-k or top-p. The trainer computes them again and compares."""


class Rollout(Protocol):
    """Writes completions in place of TRL's own generation."""

    def __call__(self, prompts: Sequence[str], policy: PreTrainedModel, /) -> Rollouts:
        """Each prompt comes group-size times in a row. The policy is in evaluation mode."""
        ...


def for_trl(reward: Reward) -> Callable[..., list[float | None]]:
    """The reward as TRL calls it, with its answer checked."""

    def scored(
        prompts: list[str],
        completions: list[str],
        completion_ids: list[list[int]],
        **columns: Any,
    ) -> list[float | None]:
        asked = as_completions(prompts, completions, completion_ids, columns)
        values = list(reward(asked))
        if len(values) != len(asked):
            raise TrainingStopped(
                f"{len(values)} rewards for {len(asked)} completions", where=reward.__name__
            )
        for value, completion in zip(values, asked, strict=True):
            if value is not None and not math.isfinite(value):
                raise TrainingStopped(
                    f"a reward of {value} for {completion.text!r}",
                    where=reward.__name__,
                    expected="a finite number, or None where the reward has nothing to say",
                )
        return values

    scored.__name__ = reward.__name__
    return scored


def as_completions(
    prompts: Sequence[str],
    texts: Sequence[str],
    ids: Sequence[Sequence[int]],
    columns: Mapping[str, Any],
) -> list[Completion]:
    """Rows out of columns; what is no column of the rows (TRL adds callables) is left out."""
    listed = {name: values for name, values in columns.items() if isinstance(values, list)}
    return [
        Completion(
            prompts[i], texts[i], tuple(ids[i]), {name: col[i] for name, col in listed.items()}
        )
        for i in range(len(prompts))
    ]


def roll_out(
    rollout: Rollout, prompts: Sequence[str], policy: PreTrainedModel, *, group_size: int
) -> Rollouts:
    """Ask the rollout, and look at what came.

    Raises:
        TrainingStopped: the prompts are not in whole groups, or an answer is missing, empty, or
            has other than one finite log-probability for each token.
    """
    for start in range(0, len(prompts), group_size):
        group = list(islice(prompts, start, start + group_size))
        assert group == [group[0]] * group_size, "TRL repeats prompts in groups"
    was_training = policy.training
    policy.train(False)
    try:
        with torch.no_grad():
            answer = rollout(prompts, policy)
    finally:
        policy.train(was_training)
    counts = {len(answer.prompt_ids), len(answer.completion_ids), len(answer.logprobs)}
    if counts != {len(prompts)}:
        raise TrainingStopped(
            f"{sorted(counts)} completions for {len(prompts)} prompts",
            where="rollout",
            expected="one for each prompt: an empty group cannot be learnt from",
        )
    for prompt, ids, logprobs in zip(prompts, answer.completion_ids, answer.logprobs, strict=True):
        if not len(ids) or len(ids) != len(logprobs) or not all(map(math.isfinite, logprobs)):
            raise TrainingStopped(
                f"{len(ids)} tokens with log-probabilities {list(logprobs)[:3]} …",
                where=f"rollout of {prompt!r}",
                expected="one token or more, each with a finite log-probability",
            )
    return answer
