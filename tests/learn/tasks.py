"""Small runs of every trainer, for this process or for one that is to be killed.

As a program: `tasks.py ALGORITHM BASE FOLDER BATCH_SIZE HOW [stepwise]`. Stepwise it says
each finished step on a line and waits for one before it goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from datasets import Dataset
from tiny_policy import LABELS, ids
from transformers import PreTrainedModel

from shopkeeper.learn import (
    DpoConfig,
    DynamicSamplingConfig,
    ExactArmsConfig,
    GrpoConfig,
    Mark,
    RunConfig,
    SftConfig,
)
from shopkeeper.learn.trainers.dpo import train_dpo
from shopkeeper.learn.trainers.exact_arms import train_exact_arms
from shopkeeper.learn.trainers.grpo import train_grpo
from shopkeeper.learn.trainers.rollout import Completion, Rollouts
from shopkeeper.learn.trainers.running import FinishedRun, Progress
from shopkeeper.learn.trainers.sft import train_sft

RUN = RunConfig(steps=6, learning_rate=1e-2, batch_size=3, save_every=2, on_cpu=True)
"""Three steps are an epoch: the second checkpoint lies amid the second."""
SFT = SftConfig(label_weight=4.0, reasoning_dropout=0.3)
DPO = DpoConfig(label_token_weight=2.0, sft_weight=0.1)
GRPO = GrpoConfig(group_size=4, max_completion_tokens=3, top_k=None, kl_weight=0.001)
REFILL = DynamicSamplingConfig(how="refill", label_column="label", max_tries=2)


def label_of(i: int) -> str:
    return LABELS[i % 3]


def sft_rows(number: int = 8) -> Dataset:
    """Two words, a label that follows from them, words of reasoning; of differing lengths."""
    return Dataset.from_list(
        [
            {
                "input_ids": ids(f"w{i} w{i + 1} {label_of(i)} " + "w9 " * (3 + i % 3) + "<eos>"),
                "marks": [Mark.CONTEXT, Mark.CONTEXT, Mark.LABEL]
                + [Mark.REASONING] * (3 + i % 3)
                + [Mark.PLAIN],
            }
            for i in range(number)
        ]
    )


def dpo_rows(number: int = 8) -> Dataset:
    return Dataset.from_list(
        [
            {
                "prompt_ids": ids(f"w{i} w{i + 1}"),
                "chosen_ids": ids(f"{label_of(i)} w1 <eos>"),
                "rejected_ids": ids(f"{label_of(i + 1)} w2 w3 <eos>"),
                "chosen_marks": [Mark.LABEL, Mark.REASONING, Mark.PLAIN],
                "rejected_marks": [Mark.LABEL, Mark.REASONING, Mark.REASONING, Mark.PLAIN],
            }
            for i in range(number)
        ]
    )


def grpo_rows(number: int = 7) -> Dataset:
    return Dataset.from_list(
        [{"prompt": f"w{i} w{i + 1}", "label": label_of(i)} for i in range(number)]
    )


def arm_rows(number: int = 8) -> Dataset:
    return Dataset.from_list(
        [
            {
                "prompt_ids": ids(f"w{i} " * (1 + i % 2) + f"w{i + 1}"),
                "arm_ids": ids(" ".join(LABELS)),
                "arm_rewards": [float(label == label_of(i)) for label in LABELS],
            }
            for i in range(number)
        ]
    )


def hits(completions: Sequence[Completion]) -> list[float]:
    """1 where the first word is the row's label."""
    return [float(c.text.split(" ")[0] == c.row["label"]) for c in completions]


def any_label(completions: Sequence[Completion]) -> list[float]:
    """1 where the first word is a label at all: a policy learns it within some steps."""
    return [float(c.text.split(" ")[0] in LABELS) for c in completions]


def plain_rollout(prompts: Sequence[str], policy: PreTrainedModel) -> Rollouts:
    """Two tokens each, drawn one by one from the policy at GRPO.temperature, without a cache."""
    prompt_ids = [ids(prompt) for prompt in prompts]
    sequences, logprobs = torch.tensor(prompt_ids), torch.zeros(len(prompts), 0)
    for _ in range(2):
        logits = policy(input_ids=sequences).logits[:, -1] / GRPO.temperature
        drawn = torch.multinomial(logits.softmax(-1), 1)
        logprobs = torch.cat([logprobs, logits.log_softmax(-1).gather(1, drawn)], 1)
        sequences = torch.cat([sequences, drawn], 1)
    return Rollouts(prompt_ids, sequences[:, -2:].tolist(), logprobs.tolist())


def train(
    algorithm: str,
    base: Path,
    folder: Path,
    run: RunConfig = RUN,
    how: str = "refill",
    progress: Progress | None = None,
) -> FinishedRun:
    """A run of the algorithm on its small task; `how` matters to GRPO, and "whole" to SFT."""
    if algorithm == "sft":
        config = replace(SFT, reasoning_dropout=0.0) if how == "whole" else SFT
        return train_sft(base, sft_rows(), folder, run, config, progress=progress)
    if algorithm == "dpo":
        return train_dpo(base, dpo_rows(), folder, run, DPO, progress=progress)
    if algorithm == "exact_arms":
        return train_exact_arms(base, arm_rows(), folder, run, ExactArmsConfig(), progress=progress)
    return train_grpo(
        base,
        grpo_rows(),
        [any_label, hits],
        folder,
        replace(run, batch_size=2 * GRPO.group_size),
        GRPO,
        sampling=replace(REFILL, how=how),
        progress=progress,
    )


def say_and_wait(done: int, _total: int) -> None:
    sys.stdout.write(f"step {done}\n")
    sys.stdout.flush()
    sys.stdin.readline()


if __name__ == "__main__":
    algorithm, base, folder, batch_size, how, *stepwise = sys.argv[1:]
    run = replace(RUN, batch_size=int(batch_size))
    train(algorithm, Path(base), Path(folder), run, how, say_and_wait if stepwise else None)
