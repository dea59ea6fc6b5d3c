"""Direct preference optimisation by TRL, with a weight on the label tokens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from datasets import Dataset
from transformers import AutoTokenizer
from trl import DPOConfig, DPOTrainer

from shopkeeper.learn.dpo import DpoConfig, dpo_loss, implicit_reward, label_reward_share
from shopkeeper.learn.marks import Mark, token_weights
from shopkeeper.learn.run_config import RunConfig
from shopkeeper.learn.sft import weighted_nll
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
from shopkeeper.learn.trainers.sft import collate

if TYPE_CHECKING:
    from peft import PeftConfig

COLUMNS = ("prompt_ids", "chosen_ids", "rejected_ids", "chosen_marks", "rejected_marks")


def train_dpo(
    base: str | Path,
    rows: Dataset,
    folder: Path,
    run: RunConfig,
    config: DpoConfig,
    *,
    adapter: PeftConfig | None = None,
    progress: Progress | None = None,
) -> FinishedRun:
    """Teach a causal language model to prefer one completion to another.

    Args:
        base: folder of the model with its tokenizer, or its id on the hub; also the reference.
        rows: columns `prompt_ids`, `chosen_ids`, `rejected_ids`, and `chosen_marks`,
            `rejected_marks` (values of `Mark`) of the same lengths as the completions.
        folder: of this run; what is there already is gone on with.
        adapter: train these adapters in place of all weights.

    Raises:
        InvalidRecord: a column is missing.
        Refused: the folder holds another run.
        TrainingStopped: the run cannot go on.
    """
    check_columns(rows, COLUMNS)
    return execute(
        lambda: _Trainer(base, rows, folder, run, config, adapter),
        folder,
        description=described("dpo", base, run, config, rows),
        progress=progress,
    )


class _Trainer(Silent, DPOTrainer):
    def __init__(
        self,
        base: str | Path,
        rows: Dataset,
        folder: Path,
        run: RunConfig,
        config: DpoConfig,
        adapter: PeftConfig | None,
    ) -> None:
        self.config = config
        tokenizer = AutoTokenizer.from_pretrained(str(base))
        pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
        super().__init__(
            model=str(base),
            args=DPOConfig(**arguments(folder, run), beta=config.beta, max_length=None),
            data_collator=lambda examples: _collate_pairs(examples, pad),
            train_dataset=rows,
            processing_class=tokenizer,
            peft_config=adapter,
        )

    def _prepare_dataset(self, dataset: Dataset, *_: object) -> Dataset:
        return dataset  # the rows are tokens already

    def _compute_loss(
        self, model: torch.nn.Module, inputs: Batch, return_outputs: bool
    ) -> torch.Tensor:
        inputs = dict(inputs)
        marks = inputs.pop("marks")[:, 1:]
        logprobs = model(**inputs, use_cache=False, fused_lm_head=True).log_probs
        reference = self._reference_logprobs(inputs)
        weights = token_weights(marks, label_weight=self.config.label_token_weight)
        beta = self.config.beta
        rewards = implicit_reward(logprobs, reference, weights, beta=beta)
        chosen, rejected = rewards.chunk(2)
        loss = dpo_loss(chosen, rejected)
        if self.config.sft_weight:
            chosen_logprobs, is_learnt = logprobs.chunk(2)[0], (marks != Mark.CONTEXT).chunk(2)[0]
            loss = loss + self.config.sft_weight * weighted_nll(chosen_logprobs, is_learnt.float())
        on_label = implicit_reward(logprobs, reference, weights * (marks == Mark.LABEL), beta=beta)
        label_margins = on_label.chunk(2)[0] - on_label.chunk(2)[1]
        share = label_reward_share(
            self.accelerator.gather(label_margins.detach()),
            self.accelerator.gather((chosen - rejected - label_margins).detach()),
        )
        if not share.isnan():  # as long as policy and reference are equal
            self._metrics["train"]["rewards/label_share"].append(share.item())
        self._note("rewards/chosen", chosen)
        self._note("rewards/rejected", rejected)
        self._note("rewards/margins", chosen - rejected)
        self._note("rewards/accuracies", (chosen > rejected).float())
        tokens = self.accelerator.gather(inputs["attention_mask"].sum()).sum()
        self._total_train_tokens += int(tokens)
        self._metrics["train"]["num_tokens"] = [self._total_train_tokens]
        return loss

    def _reference_logprobs(self, inputs: Batch) -> torch.Tensor:
        """Of the frozen copy; with adapters, of the policy without them."""
        with torch.no_grad():
            if self.ref_model is not None:
                outputs = self.ref_model(**inputs, use_cache=False, fused_lm_head=True)
            else:
                policy = self.accelerator.unwrap_model(self.model)
                with policy.disable_adapter():
                    outputs = policy(**inputs, use_cache=False, fused_lm_head=True)
        logprobs: torch.Tensor = outputs.log_probs
        return logprobs

    def _note(self, name: str, values: torch.Tensor) -> None:
        """Log the mean over all processes."""
        self._metrics["train"][name].append(self.accelerator.gather(values.detach()).mean().item())

    def longest_batch(self) -> Batch:
        rows: Any = self.train_dataset
        lengths = (
            len(row["prompt_ids"]) + max(len(row["chosen_ids"]), len(row["rejected_ids"]))
            for row in rows
        )
        chosen = longest(rows, lengths, self.args.per_device_train_batch_size)
        batch: Batch = self._prepare_inputs(self.data_collator(chosen))
        return batch


def _collate_pairs(examples: list[dict[str, list[int]]], pad: int) -> Batch:
    """Pairs as one batch of twice as many rows: all chosen, then all rejected."""
    return collate(
        [
            {
                "input_ids": row["prompt_ids"] + row[f"{side}_ids"],
                "marks": [int(Mark.CONTEXT)] * len(row["prompt_ids"]) + row[f"{side}_marks"],
            }
            for side in ("chosen", "rejected")
            for row in examples
        ],
        pad,
    )
