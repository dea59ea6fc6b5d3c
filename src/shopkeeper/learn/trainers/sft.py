"""Supervised fine-tuning by TRL, with a weight on each token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from datasets import Dataset
from transformers import AutoTokenizer
from trl import SFTConfig, SFTTrainer

from shopkeeper.learn.marks import Mark, token_weights
from shopkeeper.learn.run_config import RunConfig
from shopkeeper.learn.sft import SftConfig, drop_reasoning, weighted_nll
from shopkeeper.learn.trainers.running import (
    Batch,
    FinishedRun,
    Progress,
    Silent,
    arguments,
    check_columns,
    described,
    execute,
    longest,
)

if TYPE_CHECKING:
    from peft import PeftConfig


def train_sft(
    base: str | Path,
    rows: Dataset,
    folder: Path,
    run: RunConfig,
    config: SftConfig,
    *,
    adapter: PeftConfig | None = None,
    progress: Progress | None = None,
) -> FinishedRun:
    """Fine-tune a causal language model on marked tokens.

    Args:
        base: folder of the model with its tokenizer, or its id on the hub.
        rows: columns `input_ids` and `marks` (values of `Mark`), of equal length in each row.
        folder: of this run; what is there already is gone on with.
        adapter: train these adapters in place of all weights.

    Raises:
        InvalidRecord: a column is missing.
        Refused: the folder holds another run.
        TrainingStopped: the run cannot go on.
    """
    check_columns(rows, ("input_ids", "marks"))
    return execute(
        lambda: _Trainer(base, rows, folder, run, config, adapter),
        folder,
        description=described("sft", base, run, config, rows),
        progress=progress,
    )


class _Trainer(Silent, SFTTrainer):
    loss_is_scaled_for_ga = True  # the divisor is the weight of the whole step

    def __init__(
        self,
        base: str | Path,
        rows: Dataset,
        folder: Path,
        run: RunConfig,
        config: SftConfig,
        adapter: PeftConfig | None,
    ) -> None:
        self.config = config
        tokenizer = AutoTokenizer.from_pretrained(str(base))
        pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
        super().__init__(
            model=str(base),
            args=SFTConfig(
                **arguments(folder, run),
                max_length=None,
                dataset_kwargs={"skip_prepare_dataset": True},
            ),
            data_collator=lambda examples: collate(examples, pad),
            train_dataset=rows,
            processing_class=tokenizer,
            peft_config=adapter,
        )

    def get_batch_samples(
        self, epoch_iterator: Iterator[Batch], num_batches: int, device: torch.device
    ) -> tuple[list[Batch], torch.Tensor]:
        """The passes of one step, with their weights and the sum of these over all processes.

        What drops out is drawn from (seed, step, process), not from a state, so that a run that
        resumed draws the same.
        """
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        place = [self.args.seed, self.state.global_step, self.args.process_index]
        drawn = int(np.random.SeedSequence(place).generate_state(1, np.uint32)[0])
        generator = torch.Generator().manual_seed(drawn)
        for batch in batches:
            weights = token_weights(batch["marks"], label_weight=self.config.label_weight)
            batch["weights"] = drop_reasoning(
                weights, batch["marks"], self.config.reasoning_dropout, generator
            )
        local = torch.stack([batch["weights"][:, 1:].sum() for batch in batches]).sum()
        return batches, self.accelerator.gather(local.to(device)).sum()

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: Batch,
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | None = None,
    ) -> torch.Tensor:
        assert not return_outputs, "nothing here asks for the logits"
        inputs = dict(inputs)
        weights, marks = inputs.pop("weights")[:, 1:], inputs.pop("marks")[:, 1:]
        outputs = model(**inputs, use_cache=False, fused_lm_head=True)
        loss = weighted_nll(outputs.log_probs, weights, total=num_items_in_batch)
        if num_items_in_batch is not None:
            loss = loss * self.accelerator.num_processes  # their gradients are averaged
        is_right = outputs.is_top1.bool()
        self._note("token_accuracy", is_right, marks != Mark.CONTEXT)
        self._note("label_accuracy", is_right, marks == Mark.LABEL)
        tokens = self.accelerator.gather(inputs["attention_mask"].sum()).sum()
        self._total_train_tokens += int(tokens)
        self._metrics["train"]["num_tokens"] = [self._total_train_tokens]
        return loss

    def _note(self, name: str, values: torch.Tensor, where: torch.Tensor) -> None:
        """Log the share of tokens, over all processes; nothing if there are none."""
        counts = torch.stack([(values & where).sum(), where.sum()])
        right, number = self.accelerator.reduce(counts, reduction="sum").tolist()
        if number:
            self._metrics["train"][name].append(right / number)

    def longest_batch(self) -> Batch:
        rows: Any = self.train_dataset
        chosen = longest(rows, map(len, rows["input_ids"]), self.args.per_device_train_batch_size)
        batch: Batch = self._prepare_inputs(self.data_collator(chosen))
        batch["weights"] = token_weights(batch["marks"], label_weight=self.config.label_weight)
        return batch


def collate(examples: list[dict[str, list[int]]], pad: int) -> Batch:
    """Rows as one batch, padded on the right; padding has the mark CONTEXT."""
    width = max(len(row["input_ids"]) for row in examples)

    def padded(column: str, value: int) -> torch.Tensor:
        return torch.tensor([r[column] + [value] * (width - len(r[column])) for r in examples])

    input_ids, marks = padded("input_ids", pad), padded("marks", Mark.CONTEXT)
    lengths = torch.tensor([[len(row["input_ids"])] for row in examples])
    return {
        "input_ids": input_ids,
        "attention_mask": (torch.arange(width) < lengths).long(),
        "labels": input_ids.masked_fill(marks == Mark.CONTEXT, -100),
        "marks": marks,
    }
