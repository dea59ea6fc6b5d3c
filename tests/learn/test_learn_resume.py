"""A run that was killed goes on upon the same curve, and leaves nothing torn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tasks
import torch
from tiny_policy import save_tiny
from transformers import AutoModelForCausalLM

import shopkeeper
from shopkeeper.learn.trainers import checkpoints, running
from shopkeeper.learn.trainers.metrics_log import MetricsLog
from shopkeeper.records import Refused, TrainingStopped

ALGORITHMS = ["sft", "dpo", "exact_arms", "grpo"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def uninterrupted(base: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A whole run of each algorithm."""
    root = tmp_path_factory.mktemp("uninterrupted")
    for algorithm in ALGORITHMS:
        tasks.train(algorithm, base, root / algorithm)
    return {algorithm: root / algorithm for algorithm in ALGORITHMS}


def log_of(folder: Path) -> str:
    return (folder / "metrics.jsonl").read_text()


class Interrupted(Exception):
    pass


def interrupt_at(step: int) -> running.Progress:
    def progress(done: int, _total: int) -> None:
        if done == step:
            raise Interrupted

    return progress


def same_weights(a: Path, b: Path) -> bool:
    first, second = (AutoModelForCausalLM.from_pretrained(p).state_dict() for p in (a, b))
    return all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_interrupted_run_ends_as_one_that_was_not(
    algorithm: str, base: Path, tmp_path: Path, uninterrupted: dict[str, Path]
) -> None:
    whole = log_of(uninterrupted[algorithm])
    with pytest.raises(Interrupted):
        tasks.train(algorithm, base, tmp_path, progress=interrupt_at(6))
    assert log_of(tmp_path).count("\n") == 5  # one more than the checkpoint has
    finished = tasks.train(algorithm, base, tmp_path)
    assert log_of(tmp_path) == whole
    assert whole.count("\n") == tasks.RUN.steps
    assert same_weights(finished.model, uninterrupted[algorithm] / "model")
    assert not same_weights(finished.model, base)


def test_a_killed_process_s_run_is_gone_on_with(
    base: Path, tmp_path: Path, uninterrupted: dict[str, Path]
) -> None:
    source = str(Path(shopkeeper.__file__).parents[1])
    child = subprocess.Popen(
        [
            sys.executable,
            tasks.__file__,
            "grpo",
            str(base),
            str(tmp_path),
            "3",
            "refill",
            "stepwise",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": source, "OMP_NUM_THREADS": str(torch.get_num_threads())},
    )
    assert child.stdin is not None
    assert child.stdout is not None
    for line in child.stdout:
        if line == "step 6\n":
            child.kill()
            break
        child.stdin.write("on\n")
        child.stdin.flush()
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    assert not (tmp_path / "model").exists()
    assert checkpoints.newest_whole(tmp_path / "checkpoints") is not None
    tasks.train("grpo", base, tmp_path)
    assert log_of(tmp_path) == log_of(uninterrupted["grpo"])


def test_a_torn_checkpoint_does_not_count(
    base: Path, tmp_path: Path, uninterrupted: dict[str, Path]
) -> None:
    with pytest.raises(Interrupted):
        tasks.train("sft", base, tmp_path, progress=interrupt_at(6))
    torn = tmp_path / "checkpoints" / "checkpoint-4"
    (torn / "whole.json").unlink()
    (torn / "model.safetensors").write_bytes(b"half")
    tasks.train("sft", base, tmp_path)
    assert log_of(tmp_path) == log_of(uninterrupted["sft"])


def test_a_run_whose_model_alone_is_missing_only_writes_it(
    base: Path, tmp_path: Path, uninterrupted: dict[str, Path]
) -> None:
    finished = tasks.train("sft", base, tmp_path)
    for path in finished.model.iterdir():
        path.unlink()
    finished.model.rmdir()
    again = tasks.train("sft", base, tmp_path, progress=interrupt_at(1))
    assert same_weights(again.model, uninterrupted["sft"] / "model")
    assert log_of(tmp_path) == log_of(uninterrupted["sft"])


def test_the_same_seed_gives_the_same_rewards_and_another_one_others(
    base: Path, tmp_path: Path, uninterrupted: dict[str, Path]
) -> None:
    same, other = tmp_path / "same", tmp_path / "other"
    tasks.train("grpo", base, same)
    tasks.train("grpo", base, other, run=replace(tasks.RUN, seed=1))
    assert log_of(same) == log_of(uninterrupted["grpo"])
    rewards = [row["reward"] for row in MetricsLog(same / "metrics.jsonl").rows()]
    assert len(set(rewards)) > 1
    assert rewards != [row["reward"] for row in MetricsLog(other / "metrics.jsonl").rows()]


def test_a_finished_run_is_found_and_another_one_refused(
    base: Path, uninterrupted: dict[str, Path]
) -> None:
    folder = uninterrupted["dpo"]
    found = tasks.train("dpo", base, folder, progress=interrupt_at(1))
    assert len(found.metrics) == tasks.RUN.steps
    with pytest.raises(Refused, match="other run"):
        tasks.train("dpo", base, folder, run=replace(tasks.RUN, seed=1))
    with pytest.raises(Refused, match="algorithm"):
        tasks.train("sft", base, folder)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_trying_the_longest_batch_changes_nothing(
    algorithm: str,
    base: Path,
    tmp_path: Path,
    uninterrupted: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "try_longest_batch", lambda _trainer: None)
    tasks.train(algorithm, base, tmp_path)
    assert log_of(tmp_path) == log_of(uninterrupted[algorithm])


@pytest.mark.parametrize(("algorithm", "width"), [("sft", 9), ("dpo", 6), ("grpo", 5)])
def test_the_longest_batch_is_tried_before_the_first_step(
    algorithm: str, width: int, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A machine on which a pass as wide as the longest row does not fit.
    from transformers import LlamaModel

    forward = LlamaModel.forward

    def small(self: LlamaModel, input_ids: torch.Tensor, **rest: Any) -> Any:
        if self.training and input_ids.shape[1] >= width:
            raise torch.OutOfMemoryError("out of memory")
        return forward(self, input_ids, **rest)

    monkeypatch.setattr(LlamaModel, "forward", small)
    steps: list[int] = []
    with pytest.raises(TrainingStopped, match="longest batch does not fit"):
        tasks.train(algorithm, base, tmp_path, progress=lambda done, _: steps.append(done))
    assert steps == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "run.json"]


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path / "metrics.jsonl")
    log.append(1, {"loss": 0.5, "epoch": 0.1, "step_time": 3.0})
    with pytest.raises(TrainingStopped, match="step 2: loss is nan"):
        log.append(2, {"loss": float("nan")})
    assert log.rows() == [{"step": 1, "loss": 0.5}]


def test_a_log_forgets_what_is_done_again_and_what_was_cut_short(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path / "metrics.jsonl")
    for step in (1, 2, 3):
        log.append(step, {"loss": 1.0 / step})
    with log.path.open("a") as file:
        file.write('{"step": 4, "lo')
    assert [row["step"] for row in log.rows()] == [1, 2, 3]
    log.rewind(2)
    log.append(3, {"loss": 9.0})
    assert [row["loss"] for row in log.rows()] == [1.0, 0.5, 9.0]
