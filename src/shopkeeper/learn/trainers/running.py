"""What do all runs have in common? To go on after a crash, to say what they do, to fail early."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from datasets import Dataset
from transformers import (
    PreTrainedTokenizerBase,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from shopkeeper.learn.run_config import RunConfig
from shopkeeper.learn.trainers import checkpoints
from shopkeeper.learn.trainers.metrics_log import MetricsLog
from shopkeeper.records import InvalidRecord, TrainingStopped
from shopkeeper.store.sealed import JSON

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (steps done, steps in all) after each step, by one process."""

Batch: TypeAlias = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class FinishedRun:
    model: Path
    """Folder of the trained model with its tokenizer, in the Hugging Face layout."""
    metrics: list[dict[str, float | None]]
    """The log: a row for each logged step."""


class Silent:
    """Keeps TRL from reporting to its makers what is trained, and from writing its own model card
    at each checkpoint: the recipe knows what the model is for."""

    def _send_telemetry(self) -> None:
        return

    def create_model_card(self, *_: object, **__: object) -> None:
        return


def arguments(folder: Path, run: RunConfig) -> dict[str, Any]:
    """Arguments of every TRL config; each trainer adds its algorithm's."""
    return {
        "output_dir": str(folder / "checkpoints"),
        "max_steps": run.steps,
        "per_device_train_batch_size": run.batch_size,
        "gradient_accumulation_steps": run.accumulate,
        "learning_rate": run.learning_rate,
        "lr_scheduler_type": run.schedule,
        "warmup_steps": run.warmup_steps,
        "weight_decay": run.weight_decay,
        "max_grad_norm": run.max_grad_norm,
        "logging_steps": run.log_every,
        "logging_nan_inf_filter": False,  # a loss that is not finite stops the run
        "save_steps": run.save_every,
        "save_total_limit": 2,  # the last one may be torn
        "seed": run.seed,
        "bf16": run.bf16,
        "gradient_checkpointing": run.gradient_checkpointing,
        "use_cpu": run.on_cpu,
        "dataloader_pin_memory": torch.cuda.is_available() and not run.on_cpu,
        "remove_unused_columns": False,
        "report_to": [],
        "disable_tqdm": True,
    }


def longest(rows: Any, lengths: Iterable[int], count: int) -> list[Any]:
    """The `count` longest rows, given the length of each; of equals the earlier."""
    order = np.argsort(-np.fromiter(lengths, np.int64), kind="stable")
    return [rows[int(at)] for at in order[:count]]


def check_columns(rows: Dataset, columns: tuple[str, ...]) -> None:
    """
    Raises:
        InvalidRecord: there are no rows, or a column is missing.
    """
    missing = [name for name in columns if name not in rows.column_names]
    if missing or not len(rows):
        raise InvalidRecord(
            f"{len(rows)} rows with columns {rows.column_names}",
            where="rows",
            expected=f"rows with columns {', '.join(columns)}",
        )


def execute(
    build: Callable[[], Trainer],
    folder: Path,
    *,
    description: Mapping[str, JSON],
    progress: Progress | None,
) -> FinishedRun:
    """Start a run, go on with it, or find it done.

    Raises:
        Refused: the folder holds another run.
        TrainingStopped: going on would be wrong; what was written so far is whole.
    """
    model, log = folder / "model", MetricsLog(folder / "metrics.jsonl")
    is_main = int(os.environ.get("RANK", "0")) == 0
    if is_main:
        checkpoints.claim(folder, description)
    if model.exists():
        return FinishedRun(model, log.rows())
    trainer = build()
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(_Run(trainer, log, progress))
    written = Path(str(trainer.args.output_dir))
    if is_main:
        checkpoints.remove_torn(written)
    trainer.accelerator.wait_for_everyone()
    last = checkpoints.newest_whole(written)
    if last is not None and checkpoints.step_of(last) == trainer.args.max_steps:
        trainer._load_from_checkpoint(str(last))  # only the model's folder was missing
    else:
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    temporary = folder / ".model.tmp"
    trainer.save_model(str(temporary))
    if is_main:
        assert isinstance(trainer.processing_class, PreTrainedTokenizerBase)
        trainer.processing_class.save_pretrained(str(temporary))
        os.replace(temporary, model)
    trainer.accelerator.wait_for_everyone()
    return FinishedRun(model, log.rows())


def described(
    algorithm: str, base: str | Path, run: RunConfig, config: Any, rows: Dataset
) -> dict[str, JSON]:
    """What makes two runs the same one."""
    return {
        "algorithm": algorithm,
        "base": str(base),
        "run": asdict(run),
        "config": asdict(config),
        "rows": checkpoints.digest(rows),
    }


class _Run(TrainerCallback):
    """Tries the longest batch, keeps the log in step with the checkpoints, reports progress."""

    def __init__(self, trainer: Any, log: MetricsLog, progress: Progress | None) -> None:
        self.trainer, self.log, self.progress = trainer, log, progress

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        try_longest_batch(self.trainer)
        counted = [row["num_tokens"] for row in state.log_history if "num_tokens" in row]
        self.trainer._total_train_tokens = int(counted[-1]) if counted else 0
        if state.is_world_process_zero:
            self.log.rewind(state.global_step)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float | None] | None = None,
        **_: object,
    ) -> None:
        if logs is not None and state.is_world_process_zero and "train_runtime" not in logs:
            self.log.append(state.global_step, logs)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        if self.progress and state.is_world_process_zero:
            self.progress(state.global_step, state.max_steps)

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        self.trainer.accelerator.wait_for_everyone()  # each process writes its own random state
        if state.is_world_process_zero:
            checkpoints.seal_checkpoint(Path(str(args.output_dir)), state.global_step)


def try_longest_batch(trainer: Any) -> None:
    """One pass forward and back over the largest batch there can be, with room for the optimiser.

    It comes before the first step, so that a run fails after a second and not after a night.
    Tensors of their size stand in for AdamW's two moments. Weights, random state, optimiser,
    counters and log are as before.

    Raises:
        TrainingStopped: it does not fit into memory.
    """
    parameters = [p for p in trainer.model_wrapped.parameters() if p.requires_grad]
    seen = trainer.state.num_input_tokens_seen
    moments: list[torch.Tensor] = []
    try:
        with torch.random.fork_rng(_devices()):
            if not trainer.optimizer.state:
                moments = [torch.zeros_like(p) for p in parameters for _ in range(2)]
            trainer.current_gradient_accumulation_steps = 1
            trainer.model_wrapped.train()
            batch = trainer.longest_batch()
            with trainer.compute_loss_context_manager():
                loss = trainer.compute_loss(trainer.model_wrapped, batch)
            trainer.accelerator.backward(loss)
    except (MemoryError, RuntimeError) as error:
        if not _is_out_of_memory(error):
            raise
        raise TrainingStopped(
            "the longest batch does not fit into memory",
            where="before the first step",
            hint="lower batch_size and raise accumulate, or shorten the longest rows",
        ) from error
    finally:
        del moments
        trainer.model_wrapped.zero_grad(set_to_none=True)
        trainer._metrics["train"].clear()
        trainer.state.num_input_tokens_seen = seen


def _devices() -> list[int]:
    return [torch.cuda.current_device()] if torch.cuda.is_available() else []


def _is_out_of_memory(error: Exception) -> bool:
    is_said = "not enough memory" in str(error) or "can't allocate memory" in str(error)
    return is_said or isinstance(error, (MemoryError, torch.OutOfMemoryError))
