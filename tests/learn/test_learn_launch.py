"""The same code under `accelerate launch`, in two processes."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import tasks
from tiny_policy import save_tiny

import shopkeeper
from shopkeeper.learn.trainers.grpo import accepted_labels
from shopkeeper.learn.trainers.metrics_log import MetricsLog
from shopkeeper.learn.trainers.running import FinishedRun

pytestmark = pytest.mark.slow


def launch(*arguments: str) -> None:
    command = [
        *(sys.executable, "-m", "accelerate.commands.launch"),
        *("--multi_gpu", "--num_processes=2", "--num_machines=1"),  # on CPUs this means torchrun
        *("--mixed_precision=no", "--dynamo_backend=no", "--main_process_port=0"),
    ]
    source = str(Path(shopkeeper.__file__).parents[1])
    done = subprocess.run(
        [*command, tasks.__file__, *arguments],
        env={**os.environ, "PYTHONPATH": source, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_two_processes_learn_what_one_with_twice_the_batch_does(tmp_path: Path) -> None:
    base = save_tiny(tmp_path / "base")
    launch("sft", str(base), str(tmp_path / "two"), "4", "whole")
    run = replace(tasks.RUN, batch_size=8)
    one = tasks.train("sft", base, tmp_path / "one", run, "whole")
    two = MetricsLog(tmp_path / "two" / "metrics.jsonl").rows()
    assert len(two) == tasks.RUN.steps
    assert [row["loss"] for row in two] == pytest.approx(
        [row["loss"] for row in one.metrics], rel=1e-3
    )


@pytest.mark.parametrize("how", ["refill", "mask"])
def test_two_processes_sample_until_both_are_full(how: str, tmp_path: Path) -> None:
    base = save_tiny(tmp_path / "base")
    launch("grpo", str(base), str(tmp_path / "run"), "3", how)
    rows = MetricsLog(tmp_path / "run" / "metrics.jsonl").rows()
    assert len(rows) == tasks.RUN.steps
    assert (tmp_path / "run" / "model" / "model.safetensors").exists()
    size = tasks.GRPO.group_size
    for row in rows:
        tried = sum(row[f"groups/right_{k}"] or 0 for k in range(size + 1))
        assert 0 <= (row["groups/accepted"] or 0) <= 4
        if how == "mask":
            assert tried == 4
    finished = FinishedRun(tmp_path / "run" / "model", rows)
    labels = accepted_labels(finished, tasks.RUN)
    assert sum(labels.values()) == sum(row["groups/accepted"] or 0 for row in rows) > 0
    if how == "refill":
        assert max(row["groups/refill_rounds"] or 0 for row in rows) > 0
