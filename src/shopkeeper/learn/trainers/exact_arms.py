"""The exact expected policy gradient over a few answers, run as any other training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from datasets import Dataset
from transformers import AutoTokenizer
from trl import SFTConfig, SFTTrainer

from shopkeeper.learn.exact_arms import ExactArmsConfig, exact_arms_loss
from shopkeeper.learn.run_config import RunConfig
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
from shopkeeper.records import InvalidRecord

if TYPE_CHECKING:
    from peft import PeftConfig


def train_exact_arms(
    base: str | Path,
    rows: Dataset,
    folder: Path,
    run: RunConfig,
    config: ExactArmsConfig,
    *,
    adapter: PeftConfig | None = None,
    progress: Progress | None = None,
) -> FinishedRun:
    """Reinforce the token after a prompt, without sampling.

    Args:
        base: folder of the model with its tokenizer, or its id on the hub.
        rows: columns `prompt_ids`, `arm_ids` (the tokens that may follow) and `arm_rewards`; as
            many arms in every row.
        folder: of this run; what is there already is gone on with.
        adapter: train these adapters in place of all weights.

    Raises:
        InvalidRecord: a column is missing, or rows differ in their number of arms.
        Refused: the folder holds another run.
        TrainingStopped: the run cannot go on.
    """
    check_columns(rows, ("prompt_ids", "arm_ids", "arm_rewards"))
    arms = {len(values) for name in ("arm_ids", "arm_rewards") for values in rows[name]}
    if len(arms) != 1:
        raise InvalidRecord(f"{sorted(arms)} arms", where="rows", expected="the same number in all")
    return execute(
        lambda: _Trainer(base, rows, folder, run, config, adapter),
        folder,
        description=described("exact_arms", base, run, config, rows),
        progress=progress,
    )


class _Trainer(Silent, SFTTrainer):
    loss_is_scaled_for_ga = False

    def __init__(
        self,
        base: str | Path,
        rows: Dataset,
        folder: Path,
        run: RunConfig,
        config: ExactArmsConfig,
        adapter: PeftConfig | None,
    ) -> None:
        self.config = config
        super().__init__(
            model=str(base),
            args=SFTConfig(
                **arguments(folder, run),
                max_length=None,
                dataset_kwargs={"skip_prepare_dataset": True},
            ),
            data_collator=_collate,
            train_dataset=rows,
            processing_class=AutoTokenizer.from_pretrained(str(base)),
            peft_config=adapter,
        )

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: Batch,
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | None = None,
    ) -> torch.Tensor:
        inputs = dict(inputs)
        arms, rewards = inputs.pop("arm_ids"), inputs.pop("arm_rewards")
        logits = model(**inputs, use_cache=False, logits_to_keep=1).logits[:, -1].float()
        arm_logits = logits.gather(1, arms)
        expected = (arm_logits.detach().softmax(-1) * rewards).sum(-1)
        self._metrics["train"]["reward"].append(self.accelerator.gather(expected).mean().item())
        return exact_arms_loss(arm_logits, rewards, scale_by_std=self.config.scale_by_std)

    def longest_batch(self) -> Batch:
        rows: Any = self.train_dataset
        chosen = longest(rows, map(len, rows["prompt_ids"]), self.args.per_device_train_batch_size)
        batch: Batch = self._prepare_inputs(_collate(chosen))
        return batch


def _collate(examples: list[dict[str, Any]]) -> Batch:
    """Prompts padded on the left, so that all end at the last place; what pads is masked."""
    width = max(len(row["prompt_ids"]) for row in examples)
    missing = torch.tensor([[width - len(row["prompt_ids"])] for row in examples])
    mask = (torch.arange(width) >= missing).long()
    return {
        "input_ids": torch.tensor(
            [[0] * (width - len(row["prompt_ids"])) + row["prompt_ids"] for row in examples]
        ),
        "attention_mask": mask,
        "position_ids": (mask.cumsum(1) - 1).clamp(min=0),
        "arm_ids": torch.tensor([row["arm_ids"] for row in examples]),
        "arm_rewards": torch.tensor([row["arm_rewards"] for row in examples], dtype=torch.float),
    }
