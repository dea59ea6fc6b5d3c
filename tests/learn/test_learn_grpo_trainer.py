"""GRPO's trainer against the pure functions, and against rewards and rollouts that misbehave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tasks
import torch
from datasets import Dataset
from tiny_policy import EOS, save_tiny
from transformers import PreTrainedModel

from shopkeeper.learn import (
    DynamicSamplingConfig,
    GrpoConfig,
    group_advantages,
    grpo_loss,
)
from shopkeeper.learn.trainers.grpo import _Trainer, train_grpo
from shopkeeper.learn.trainers.metrics_log import MetricsLog
from shopkeeper.learn.trainers.rollout import Completion, Rollouts
from shopkeeper.records import InvalidRecord, InvalidRequest, TrainingStopped

SIZE = tasks.GRPO.group_size
RUN = replace(tasks.RUN, steps=2, batch_size=3 * SIZE)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("base"))


def trainer(base: Path, folder: Path, config: GrpoConfig = tasks.GRPO, **rest: Any) -> _Trainer:
    """One that can be asked for a batch without a run around it."""
    asked = {"sampling": None, "rollout": None, "credit": None, "adapter": None, **rest}
    made = _Trainer(
        base, tasks.grpo_rows(), [tasks.any_label], folder, run=RUN, config=config, **asked
    )
    made.model.train()
    made.current_gradient_accumulation_steps = 1
    return made


def inputs(number: int = 3) -> list[dict[str, Any]]:
    rows = tasks.grpo_rows()
    return [dict(rows[i]) for i in range(number) for _ in range(SIZE)]


def test_credit_and_loss_are_the_pure_functions(base: Path, tmp_path: Path) -> None:
    config = replace(tasks.GRPO, advantage_clamp=None, kl_weight=0.3)
    subject = trainer(base, tmp_path, config)
    with torch.no_grad():  # away from the reference, or the divergence would be zero
        for parameter in subject.model.parameters():
            parameter.mul_(1.1)
    batch = subject._generate_and_score_completions(inputs())
    assert batch["advantages"].abs().sum() > 0
    rewards = subject._rewards[:, 0].view(-1, SIZE)
    own = group_advantages(rewards).flatten()
    torch.testing.assert_close(batch["advantages"], own[:, None] * batch["completion_mask"])
    torch.testing.assert_close(own, torch.tensor(list(subject._logs["advantages"])))

    loss = subject._compute_loss(subject.model, batch)
    loss.backward()
    gradients = [p.grad.clone() for p in subject.model.parameters()]
    subject.model.zero_grad()
    ids = torch.cat([batch["prompt_ids"], batch["completion_ids"]], 1)
    time = batch["completion_ids"].shape[1]
    logits = subject.model(input_ids=ids).logits[:, -time - 1 : -1] / config.temperature
    logprobs = logits.log_softmax(-1).gather(-1, batch["completion_ids"][..., None])[..., 0]
    expected = grpo_loss(
        logprobs,
        logprobs.detach(),
        batch["ref_per_token_logps"],
        batch["advantages"],
        batch["completion_mask"].bool(),
        clip=config.clip,
        kl_weight=config.kl_weight,
    )
    expected.backward()
    torch.testing.assert_close(loss, expected, atol=1e-5, rtol=1e-4)
    for ours, parameter in zip(gradients, subject.model.parameters(), strict=True):
        assert parameter.grad is not None
        torch.testing.assert_close(ours, parameter.grad, atol=1e-5, rtol=1e-3)
    assert gradients[0].abs().sum() > 0


def test_advantages_are_clamped(base: Path, tmp_path: Path) -> None:
    subject = trainer(base, tmp_path, replace(tasks.GRPO, advantage_clamp=0.25))
    assert subject._generate_and_score_completions(inputs())["advantages"].abs().max() == 0.25


@pytest.mark.parametrize("how", ["mask", "refill"])
def test_only_accepted_groups_are_learnt_from(how: str, base: Path, tmp_path: Path) -> None:
    sampling = DynamicSamplingConfig(how=how, max_tries=9, label_column="label")  # type: ignore[arg-type]
    subject = trainer(base, tmp_path, sampling=sampling)
    torch.manual_seed(4)
    batch = subject._generate_and_score_completions(inputs())
    logged = {name: values[-1] for name, values in subject._metrics["train"].items()}
    learnt = batch["completion_mask"].view(3, SIZE, -1).any(-1).all(-1)
    teaches = (batch["advantages"].view(3, SIZE, -1) != 0).any(-1).any(-1)
    assert torch.equal(learnt, teaches)
    tried = sum(logged[f"groups/right_{k}"] for k in range(SIZE + 1))
    accepted = sum(logged[f"groups/right_{k}"] for k in range(1, SIZE))
    labels = sum(v for name, v in logged.items() if name.startswith("groups/accepted_label/"))
    assert labels == logged["groups/accepted"] == int(learnt.sum())
    if how == "mask":
        assert tried == 3
        assert 0 < accepted < 3
        assert logged["groups/refill_rounds"] == 0
    else:
        assert learnt.all()
        assert tried > 3
        assert logged["groups/refill_rounds"] > 0
    assert int(batch["num_items_in_batch"]) == int(batch["completion_mask"].sum())


def test_other_prompts_are_drawn_the_same_after_a_resume(base: Path, tmp_path: Path) -> None:
    first, second = (trainer(base, tmp_path / name) for name in "ab")
    drawn = first._drawn(1, 2, inputs())
    assert drawn == second._drawn(1, 2, inputs())
    assert len(drawn) == 2 * SIZE
    assert not {row["prompt"] for row in drawn} & {row["prompt"] for row in inputs()}
    assert drawn != first._drawn(2, 2, inputs())


def first_token_only(
    completions: Sequence[Completion], advantages: Sequence[float]
) -> list[list[float]]:
    return [
        [advantage] + [0.0] * (len(c.ids) - 1)
        for c, advantage in zip(completions, advantages, strict=True)
    ]


def test_credit_may_differ_from_token_to_token(base: Path, tmp_path: Path) -> None:
    batch = trainer(base, tmp_path, credit=first_token_only)._generate_and_score_completions(
        inputs()
    )
    assert batch["advantages"].shape == batch["completion_ids"].shape
    assert batch["advantages"][:, 0].abs().sum() > 0
    assert batch["advantages"][:, 1:].abs().sum() == 0
    wrong = trainer(base, tmp_path, credit=lambda c, _: [[1.0] * 9 for _ in c])
    with pytest.raises(TrainingStopped, match="9 advantages for"):
        wrong._generate_and_score_completions(inputs())


def grpo(base: Path, folder: Path, reward: Any = tasks.any_label, **rest: Any) -> Any:
    return train_grpo(base, tasks.grpo_rows(), [reward], folder, RUN, tasks.GRPO, **rest)


def test_a_given_rollout_is_learnt_from_and_compared(base: Path, tmp_path: Path) -> None:
    finished = grpo(base, tmp_path, rollout=tasks.plain_rollout)
    for row in finished.metrics:
        assert 0 < (row["rollout/logprob_gap"] or 0) < 1e-5
        assert row["completions/max_length"] == 2


def changed(change: Callable[[Rollouts], Rollouts]) -> Any:
    def rollout(prompts: Sequence[str], policy: PreTrainedModel) -> Rollouts:
        return change(tasks.plain_rollout(prompts, policy))

    return rollout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda r: replace(r, logprobs=[[v - 0.5 for v in row] for row in r.logprobs]),
            "log-probabilities of rollout and trainer differ by 0.5 nats",
        ),
        (
            lambda r: Rollouts(r.prompt_ids[:-1], r.completion_ids[:-1], r.logprobs[:-1]),
            "11.* for 12 prompts",
        ),
        (lambda r: Rollouts([], [], []), "an empty group cannot be learnt from"),
        (lambda r: replace(r, completion_ids=[[]] * 12, logprobs=[[]] * 12), "one token or more"),
        (lambda r: replace(r, logprobs=[[float("nan")] * 2] * 12), "finite log-probability"),
        (lambda r: replace(r, completion_ids=[[EOS]] * 12), "each with a finite log-prob"),
    ],
)
def test_a_rollout_that_cannot_be_trusted_stops_the_run(
    change: Callable[[Rollouts], Rollouts], message: str, base: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingStopped, match=message):
        grpo(base, tmp_path, rollout=changed(change))
    assert MetricsLog(tmp_path / "metrics.jsonl").rows() == []
    assert not (tmp_path / "model").exists()


def constantly(value: float | None) -> Any:
    def reward(completions: Sequence[Completion]) -> list[float | None]:
        return [value] * len(completions)

    return reward


@pytest.mark.parametrize(
    ("reward", "message"),
    [
        (constantly(float("nan")), "reward: a reward of nan for"),
        (constantly(float("inf")), "reward: a reward of inf for"),
        (constantly(None), "no reward for any completion of a group"),
        (lambda completions: [1.0], "<lambda>: 1 rewards for 12 completions"),
    ],
)
def test_a_reward_that_says_nothing_stops_the_run(
    reward: Any, message: str, base: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingStopped, match=message):
        grpo(base, tmp_path, reward)
    assert MetricsLog(tmp_path / "metrics.jsonl").rows() == []


def test_some_completions_may_go_unscored(base: Path, tmp_path: Path) -> None:
    def half(completions: Sequence[Completion]) -> list[float | None]:
        assert {c.row["label"] for c in completions} <= set("ABC")
        assert all(c.ids and c.prompt.startswith("w") for c in completions)
        return [None if i % SIZE == 0 else float(i % 2) for i in range(len(completions))]

    subject = trainer(base, tmp_path)
    subject.reward_funcs = [trainer_reward(half)]
    batch = subject._generate_and_score_completions(inputs())
    first_of_each = batch["advantages"][::SIZE]
    assert first_of_each.abs().sum() == 0
    assert batch["advantages"].abs().sum() > 0


def trainer_reward(reward: Any) -> Any:
    from shopkeeper.learn.trainers.rollout import for_trl

    return for_trl(reward)


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ({"run": replace(RUN, batch_size=6)}, "a multiple of group_size"),
        ({"run": replace(RUN, batch_size=8 * SIZE)}, "of at most 7 rows"),
        ({"sampling": DynamicSamplingConfig(ceiling=5)}, "at most group_size"),
    ],
)
def test_what_cannot_be_sampled_is_refused(
    rest: dict[str, Any], message: str, base: Path, tmp_path: Path
) -> None:
    asked = {"run": RUN, "config": tasks.GRPO, **rest}
    with pytest.raises(InvalidRequest, match=message):
        train_grpo(base, tasks.grpo_rows(), [tasks.hits], tmp_path, **asked)


def test_rows_without_a_prompt_are_refused(base: Path, tmp_path: Path) -> None:
    rows = Dataset.from_list([{"question": "w1"}])
    with pytest.raises(InvalidRecord, match="prompt"):
        train_grpo(base, rows, [tasks.hits], tmp_path, RUN, tasks.GRPO)
