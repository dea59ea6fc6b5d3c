"""Group relative policy optimisation by TRL, with dynamic sampling and checked rollouts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from datasets import Dataset
from transformers import AutoTokenizer
from trl import GRPOConfig, GRPOTrainer
from trl.trainer.utils import RepeatSampler

from shopkeeper.learn.dynamic_sampling import (
    DynamicSamplingConfig,
    is_accepted,
    masked,
    refill,
    right_counts,
    right_histogram,
)
from shopkeeper.learn.grpo import GrpoConfig, group_advantages, zero_advantage_share
from shopkeeper.learn.run_config import RunConfig
from shopkeeper.learn.trainers.groups import Group, OrderOfEpoch, joined
from shopkeeper.learn.trainers.rollout import (
    Credit,
    Reward,
    Rollout,
    as_completions,
    for_trl,
    roll_out,
)
from shopkeeper.learn.trainers.running import (
    Batch,
    FinishedRun,
    Progress,
    Silent,
    arguments,
    check_columns,
    described,
    execute,
)
from shopkeeper.records import InvalidRequest, TrainingStopped

if TYPE_CHECKING:
    from peft import PeftConfig

_ACCEPTED_LABEL = "groups/accepted_label/"


def train_grpo(
    base: str | Path,
    rows: Dataset,
    rewards: Sequence[Reward],
    folder: Path,
    run: RunConfig,
    config: GrpoConfig,
    *,
    sampling: DynamicSamplingConfig | None = None,
    rollout: Rollout | None = None,
    credit: Credit | None = None,
    adapter: PeftConfig | None = None,
    progress: Progress | None = None,
) -> FinishedRun:
    """Reinforce what scores better than its siblings.

    A step makes `run.batch_size × run.accumulate` completions in each process, one gradient step on
    them: the ratio to the policy that wrote them is 1, so the clip is inert.

    Args:
        base: folder of the model with its tokenizer, or its id on the hub; also the reference.
        rows: a column `prompt`; the others reach the rewards.
        rewards: added up. The first one also says which completions are right.
        folder: of this run; what is there already is gone on with.
        sampling: None learns from every group.
        rollout: writes the completions; None is TRL's own generation, which reports no
            log-probabilities, so that there is nothing to compare.
        credit: spreads an advantage over the tokens; None gives all tokens the same.
        adapter: train these adapters in place of all weights.

    Raises:
        InvalidRecord: a column is missing.
        InvalidRequest: a process's completions are not whole groups, or there are too few rows.
        Refused: the folder holds another run.
        TrainingStopped: the run cannot go on.
    """
    check_columns(rows, ("prompt",))
    prompts, rest = divmod(run.batch_size * run.accumulate, config.group_size)
    if rest or prompts > len(rows):
        raise InvalidRequest(
            f"batch_size × accumulate = {run.batch_size * run.accumulate} completions in a step",
            expected=f"a multiple of group_size ({config.group_size}), of at most {len(rows)} rows",
        )
    if sampling and (sampling.ceiling or 2) > config.group_size:
        raise InvalidRequest(
            f"ceiling {sampling.ceiling}", expected=f"at most group_size ({config.group_size})"
        )
    return execute(
        lambda: _Trainer(
            base,
            rows,
            rewards,
            folder,
            run=run,
            config=config,
            sampling=sampling,
            rollout=rollout,
            credit=credit,
            adapter=adapter,
        ),
        folder,
        description={
            **described("grpo", base, run, config, rows),
            "sampling": asdict(sampling) if sampling else None,
            "rewards": [reward.__name__ for reward in rewards],
        },
        progress=progress,
    )


def accepted_labels(finished: FinishedRun, run: RunConfig) -> dict[str, float]:
    """Groups that the run learnt from, by label, for `coefficient_of_variation`.

    Empty without a `label_column`. A label of the rows that never came through is there, with 0.
    """
    counts: dict[str, float] = {}
    for row in finished.metrics:
        for name, mean in row.items():
            if name.startswith(_ACCEPTED_LABEL):
                label = name.removeprefix(_ACCEPTED_LABEL)
                counts[label] = counts.get(label, 0.0) + (mean or 0.0) * run.log_every
    return counts


class _Trainer(Silent, GRPOTrainer):
    def __init__(
        self,
        base: str | Path,
        rows: Dataset,
        rewards: Sequence[Reward],
        folder: Path,
        *,
        run: RunConfig,
        config: GrpoConfig,
        sampling: DynamicSamplingConfig | None,
        rollout: Rollout | None,
        credit: Credit | None,
        adapter: PeftConfig | None,
    ) -> None:
        self.config, self.sampling = config, sampling
        self.rollout, self.credit = rollout, credit
        column = sampling.label_column if sampling else None
        self.labels = sorted({str(label) for label in rows[column]}) if column else []
        super().__init__(
            model=str(base),
            reward_funcs=[for_trl(reward) for reward in rewards],
            args=GRPOConfig(
                **arguments(folder, run),
                num_generations=config.group_size,
                max_completion_length=config.max_completion_tokens,
                loss_type="grpo",  # TRL's default divides by the tokens of the whole batch
                beta=config.kl_weight,
                use_bias_correction_kl=False,  # TRL weighs k₃ by the ratio; the paper does not
                epsilon=config.clip,
                temperature=config.temperature,
                top_k=config.top_k or 0,
            ),
            train_dataset=rows,
            processing_class=AutoTokenizer.from_pretrained(str(base), padding_side="left"),
            peft_config=adapter,
        )
        if rollout is not None:  # afterwards, since TRL would warn that this may change one day
            self.rollout_func = lambda prompts, _: self._rolled_out(rollout, prompts)

    def _get_train_sampler(self, dataset: Dataset | None = None) -> RepeatSampler:
        base = super()._get_train_sampler(dataset)
        return OrderOfEpoch(base, lambda: int(self.state.epoch or 0))

    def _rolled_out(self, rollout: Rollout, prompts: list[str]) -> dict[str, Any]:
        answer = roll_out(rollout, prompts, self.model, group_size=self.config.group_size)
        return {
            "prompt_ids": [list(ids) for ids in answer.prompt_ids],
            "completion_ids": [list(ids) for ids in answer.completion_ids],
            "logprobs": [list(values) for values in answer.logprobs],
        }

    def _calculate_rewards(
        self,
        inputs: list[dict[str, Any]],
        prompts: list[str],
        completions: list[str],
        completion_ids_list: list[list[int]],
    ) -> torch.Tensor:
        """TRL's rewards of all processes; those of this one are kept for the advantages.

        Raises:
            TrainingStopped: nobody scored any completion of a group.
        """
        gathered: torch.Tensor = super()._calculate_rewards(
            inputs, prompts, completions, completion_ids_list
        )
        start = self.accelerator.process_index * len(prompts)
        self._rewards = gathered[start : start + len(prompts)]
        columns = {key: [row[key] for row in inputs] for key in inputs[0] if key != "prompt"}
        self._completions = as_completions(prompts, completions, completion_ids_list, columns)
        is_silent = gathered.isnan().view(-1, self.config.group_size * gathered.shape[1]).all(-1)
        if is_silent.any():
            here = self._rewards.isnan().all(-1).nonzero()
            prompt = prompts[int(here[0])] if len(here) else "a prompt of another process"
            raise TrainingStopped(
                "no reward for any completion of a group",
                where=repr(prompt),
                expected="a number from at least one reward function",
                hint="leave out rows that cannot be scored",
            )
        return gathered

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> Batch:
        first = self._groups(inputs)
        wanted, size = len(first), self.config.group_size
        rejected: list[Group] = []
        if self.sampling is None:
            chosen = first
        else:
            tries = self.sampling.max_tries if self.sampling.how == "refill" else 0
            filled = refill(
                first,
                wanted,
                accepts=lambda group: group.is_accepted,
                draw=lambda attempt, number: self._groups(self._drawn(attempt, number, inputs)),
                max_tries=tries,
                most=lambda missing: int(
                    self.accelerator.gather(torch.tensor([missing], device=self.args.device)).max()
                ),
            )
            rejected = filled.rejected
            self._log_sampling(filled.accepted, rejected, filled.tries)
            chosen = [*filled.accepted, *rejected][:wanted]
        batch = joined([group.tensors for group in chosen], int(self._tokenizer.pad_token_id))
        if self.sampling is not None:
            accepted = torch.tensor([g.is_accepted for g in chosen], device=self.args.device)
            batch["advantages"], batch["completion_mask"] = masked(
                batch["advantages"], batch["completion_mask"], accepted
            )
        assert len(batch["advantages"]) == wanted * size
        own = batch["completion_mask"].sum()
        batch["num_items_in_batch"] = self.accelerator.gather(own).sum()
        return batch

    def _groups(self, inputs: list[dict[str, Any]]) -> list[Group]:
        """Complete and score prompts (each comes group-size times), and give out the credit."""
        batch: Batch = super()._generate_and_score_completions(inputs)
        size, limit = self.config.group_size, self.config.advantage_clamp
        self._compare_logprobs(batch)
        weighted = (self._rewards * self.reward_weights.to(self._rewards.device)).nansum(-1)
        totals = weighted.masked_fill(self._rewards.isnan().all(-1), torch.nan).view(-1, size)
        advantages = group_advantages(totals, scale_by_std=self.config.scale_by_std, clamp=limit)
        zero = self.accelerator.gather(zero_advantage_share(advantages)).mean().item()
        self._metrics["train"]["groups/zero_advantage_share"].append(zero)
        batch["advantages"] = self._spread(advantages.flatten(), batch["completion_mask"])
        for name in ("num_items_in_batch", "sampling_per_token_logps"):
            batch.pop(name, None)
        right_from = self.sampling.right_from if self.sampling else 1.0
        ceiling = (self.sampling.ceiling if self.sampling else None) or size
        counts = right_counts(self._rewards[:, 0].view(-1, size), right_from=right_from)
        groups = []
        for i, accepted in enumerate(is_accepted(counts, ceiling=ceiling).tolist()):
            rows = slice(i * size, (i + 1) * size)
            tensors = {name: values[rows] for name, values in batch.items()}
            groups.append(Group(tensors, self._completions[rows], int(counts[i]), accepted))
        return groups

    def _spread(self, advantages: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """One advantage for each token: (completions,) → (completions, time).

        Raises:
            TrainingStopped: the credit has another shape than the completions, or is not finite.
        """
        if self.credit is None:
            return advantages[:, None] * mask
        given = self.credit(self._completions, advantages.tolist())
        spread = torch.zeros(mask.shape)
        for i, (values, completion) in enumerate(zip(given, self._completions, strict=True)):
            if len(values) != len(completion.ids) or not np.isfinite(values).all():
                raise TrainingStopped(
                    f"{len(values)} advantages for {len(completion.ids)} tokens",
                    where=f"credit of {completion.text!r}",
                    expected="a finite one for each token",
                )
            spread[i, : len(values)] = torch.tensor(values)
        return spread.to(mask.device) * mask

    def _compare_logprobs(self, batch: Batch) -> None:
        """See that rollout and trainer mean the same policy, where the rollout says its mind.

        Raises:
            TrainingStopped: they differ by more than `logprob_gap_limit`.
        """
        theirs = batch.get("sampling_per_token_logps")
        if theirs is None:
            return
        with torch.no_grad():
            ours, _, _ = self._get_per_token_logps_and_entropies(
                self.model,
                torch.cat([batch["prompt_ids"], batch["completion_ids"]], 1),
                torch.cat([batch["prompt_mask"], batch["completion_mask"]], 1),
                batch["completion_ids"].shape[1],
                batch_size=self.args.per_device_train_batch_size,
            )
        mask = batch["completion_mask"]
        sums = torch.stack([((ours - theirs).abs() * mask).sum(), mask.sum().to(ours.dtype)])
        total, tokens = self.accelerator.reduce(sums, reduction="sum").tolist()
        gap = total / tokens
        self._metrics["train"]["rollout/logprob_gap"].append(gap)
        if gap > self.config.logprob_gap_limit:
            raise TrainingStopped(
                f"log-probabilities of rollout and trainer differ by {gap:.3g} nats per token",
                where=f"step {self.state.global_step}",
                expected=f"at most logprob_gap_limit ({self.config.logprob_gap_limit:g})",
                hint="look for old weights, another temperature, padding or chat template",
            )

    def _drawn(
        self, attempt: int, number: int, inputs: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Rows of other prompts, each group-size times.

        Drawn from (seed, step, round, process), not from a state that a crash could lose. The
        processes' draws may meet; within one, none comes twice in a round.
        """
        place = [self.args.seed, self.state.global_step, attempt, self.args.process_index]
        present = {row["prompt"] for row in inputs}
        order = np.random.default_rng(place).permutation(len(self.train_dataset))
        drawn: list[dict[str, Any]] = []
        for position in order:
            row = self.train_dataset[int(position)]
            if row["prompt"] not in present:
                drawn.append(row)
            if len(drawn) == number:
                break
        else:  # a pool hardly larger than a step: take it again
            drawn += [self.train_dataset[int(i)] for i in order[: number - len(drawn)]]
        return [dict(row) for row in drawn for _ in range(self.config.group_size)]

    def _log_sampling(
        self, accepted: Sequence[Group], rejected: Sequence[Group], tries: int
    ) -> None:
        """Which groups came and which were kept, over all processes."""
        assert self.sampling is not None
        metrics, size = self._metrics["train"], self.config.group_size
        counts = torch.tensor([group.right for group in [*accepted, *rejected]], dtype=torch.long)
        histogram = right_histogram(counts, group_size=size).to(self.args.device)
        histogram = self.accelerator.reduce(histogram, reduction="sum")
        for right, number in enumerate(histogram.tolist()):
            metrics[f"groups/right_{right}"].append(float(number))
        kept = torch.tensor([len(accepted), tries], dtype=torch.float, device=self.args.device)
        number, rounds = self.accelerator.reduce(kept, reduction="sum").tolist()
        metrics["groups/accepted"].append(number)
        metrics["groups/refill_rounds"].append(rounds / self.accelerator.num_processes)
        if self.labels:
            column = self.sampling.label_column or ""
            labels = [str(group.completions[0].row[column]) for group in accepted]
            counted = torch.tensor([labels.count(label) for label in self.labels])
            counted = self.accelerator.reduce(counted.to(self.args.device), reduction="sum")
            for label, count in zip(self.labels, counted.tolist(), strict=True):
                metrics[f"{_ACCEPTED_LABEL}{label}"].append(float(count))

    def longest_batch(self) -> Batch:
        rows = self.train_dataset
        ids: list[list[int]] = self.processing_class(text=list(rows["prompt"]))["input_ids"]
        longest = torch.tensor(max(ids, key=len))
        if self.rollout is None:
            self._generate_longest(longest)
        number, time = self.args.per_device_train_batch_size, self.config.max_completion_tokens
        completions = torch.full((number, time), int(longest[0]))
        batch = {
            "prompt_ids": longest.repeat(number, 1),
            "prompt_mask": torch.ones(number, len(longest), dtype=torch.long),
            "completion_ids": completions,
            "completion_mask": torch.ones_like(completions),
            "advantages": torch.ones(number, time),
            "ref_per_token_logps": torch.zeros(number, time),
            "num_items_in_batch": torch.tensor(number * time),
        }
        return {name: values.to(self.args.device) for name, values in batch.items()}

    def _generate_longest(self, prompt: torch.Tensor) -> None:
        """Generate as many and as long completions as a step may need."""
        least = self.generation_config.min_new_tokens
        self.generation_config.min_new_tokens = self.config.max_completion_tokens
        try:
            number = self.args.per_device_train_batch_size * self.args.steps_per_generation
            self._generate_single_turn([prompt.tolist()] * number, None, {}, self.config.group_size)
        finally:
            self.generation_config.min_new_tokens = least
