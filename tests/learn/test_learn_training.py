"""Tiny models learn tiny tasks in seconds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tasks
import torch
from peft import LoraConfig
from tiny_policy import LABELS, VOCABULARY, ids, save_tiny
from transformers import AutoModelForCausalLM, AutoTokenizer

from shopkeeper.learn import (
    ExactArmsConfig,
    GrpoConfig,
    RunConfig,
    SftConfig,
    coefficient_of_variation,
)
from shopkeeper.learn.trainers.dpo import train_dpo
from shopkeeper.learn.trainers.exact_arms import train_exact_arms
from shopkeeper.learn.trainers.grpo import accepted_labels, train_grpo
from shopkeeper.learn.trainers.sft import train_sft


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("base"))


def first_words(model: Path, prompts: list[str]) -> list[str]:
    policy = AutoModelForCausalLM.from_pretrained(model)
    with torch.no_grad():
        logits = [policy(torch.tensor([ids(prompt)])).logits[0, -1] for prompt in prompts]
    return [VOCABULARY[int(row.argmax())] for row in logits]


PROMPTS = [f"w{i} w{i + 1}" for i in range(8)]
TRUTH = [tasks.label_of(i) for i in range(8)]


def test_fine_tuning_learns_eight_rows_by_heart(base: Path, tmp_path: Path) -> None:
    assert first_words(base, PROMPTS) != TRUTH
    run = replace(tasks.RUN, steps=40, save_every=40, batch_size=8)
    finished = train_sft(base, tasks.sft_rows(), tmp_path / "run", run, SftConfig())
    assert first_words(finished.model, PROMPTS) == TRUTH
    assert finished.metrics[-1]["token_accuracy"] == 1.0
    assert AutoTokenizer.from_pretrained(finished.model).encode("A w1") == ids("A w1")


def test_preferences_lift_the_margin(base: Path, tmp_path: Path) -> None:
    run = replace(tasks.RUN, steps=20, save_every=20, batch_size=8)
    finished = train_dpo(base, tasks.dpo_rows(), tmp_path / "run", run, tasks.DPO)
    first, last = finished.metrics[0], finished.metrics[-1]
    assert first["rewards/margins"] == 0
    assert "rewards/label_share" not in first
    assert (last["rewards/margins"] or 0) > 1
    assert last["rewards/accuracies"] == 1.0
    assert 0 < (last["rewards/label_share"] or 0) < 1


def test_a_group_s_better_half_lifts_the_reward(base: Path, tmp_path: Path) -> None:
    run = replace(tasks.RUN, steps=25, save_every=25, batch_size=16)
    finished = train_grpo(
        base,
        tasks.grpo_rows(),
        [tasks.any_label],
        tmp_path / "run",
        run,
        replace(tasks.GRPO, group_size=8),
    )
    rewards = [row["reward"] or 0.0 for row in finished.metrics]
    assert sum(rewards[:5]) / 5 < 0.5
    assert sum(rewards[-5:]) / 5 > 0.8
    shares = [row["groups/zero_advantage_share"] or 0.0 for row in finished.metrics]
    assert shares == [row["frac_reward_zero_std"] for row in finished.metrics]
    assert max(shares) > 0


def test_the_exact_gradient_lifts_the_reward_without_sampling(base: Path, tmp_path: Path) -> None:
    run = replace(tasks.RUN, steps=40, save_every=40, batch_size=8)
    finished = train_exact_arms(base, tasks.arm_rows(), tmp_path / "run", run, ExactArmsConfig())
    rewards = [row["reward"] or 0.0 for row in finished.metrics]
    assert rewards[0] == pytest.approx(1 / len(LABELS), abs=0.15)
    assert rewards[-1] > 0.9


@pytest.mark.parametrize("algorithm", ["dpo", "grpo"])
def test_adapters_learn_with_the_policy_without_them_as_reference(
    algorithm: str, base: Path, tmp_path: Path
) -> None:
    adapter = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    run = replace(tasks.RUN, steps=4, save_every=4, batch_size=8)
    if algorithm == "dpo":
        rows = tasks.dpo_rows()
        finished = train_dpo(base, rows, tmp_path, run, tasks.DPO, adapter=adapter)
        away = [row["rewards/margins"] for row in finished.metrics]
    else:
        prompts, config = tasks.grpo_rows(), tasks.GRPO
        finished = train_grpo(
            base, prompts, [tasks.any_label], tmp_path, run, config, adapter=adapter
        )
        away = [row["kl"] for row in finished.metrics]
    assert away[0] == 0
    assert (away[-1] or 0) > 0
    assert (finished.model / "adapter_model.safetensors").exists()


def test_accumulated_passes_are_one_step(base: Path, tmp_path: Path) -> None:
    whole = RunConfig(steps=3, learning_rate=1e-2, batch_size=8, on_cpu=True)
    config = SftConfig(label_weight=4.0)
    logs = [
        train_sft(base, tasks.sft_rows(), tmp_path / str(i), run, config).metrics
        for i, run in enumerate([whole, replace(whole, batch_size=2, accumulate=4)])
    ]
    losses = [[row["loss"] for row in log] for log in logs]
    assert losses[0][0] != losses[0][2]
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)


def test_the_labels_that_were_learnt_from_are_counted(base: Path, tmp_path: Path) -> None:
    run = replace(tasks.RUN, log_every=2)
    finished = tasks.train("grpo", base, tmp_path / "run", run)
    counts = accepted_labels(finished, run)
    assert set(counts) == set(LABELS)
    accepted = [row["groups/accepted"] or 0.0 for row in finished.metrics]
    assert sum(counts.values()) == pytest.approx(2 * sum(accepted))
    assert sum(accepted) > 0
    assert coefficient_of_variation(list(counts.values())) >= 0


def test_grpo_configs_may_ask_for_no_reference(base: Path, tmp_path: Path) -> None:
    config = GrpoConfig(group_size=4, max_completion_tokens=2, kl_weight=0.0)
    run = replace(tasks.RUN, steps=1, batch_size=8)
    finished = train_grpo(base, tasks.grpo_rows(), [tasks.any_label], tmp_path / "run", run, config)
    assert "kl" not in finished.metrics[0]
