"""What does a model write after each prompt, several times over?

Each prompt is read once, whatever the size of its group; a completion that has ended leaves the
batch, so that no time is spent on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from shopkeeper.nn.cache import WritableCache, check_fits, read, read_batch, reading
from shopkeeper.nn.shared_attention import Shared
from shopkeeper.records import InvalidRequest

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor
    from transformers import PreTrainedModel


@dataclass(frozen=True, slots=True)
class SamplingConfig:
    """How tokens are drawn, and how many completions are written side by side."""

    max_new_tokens: int
    """The longest completion, its end token included."""
    temperature: float = 1.0
    """Divides the logits; 0 takes the likeliest token, of equals the lowest id."""
    top_k: int | None = None
    """Only so many likeliest tokens are drawn from; None: all."""
    rows: int = 128
    """Completions in one batch, at most; a larger group is one batch. Memory grows with it, and
    what is drawn does not depend on it."""

    def __post_init__(self) -> None:
        if self.max_new_tokens < 1:
            raise InvalidRequest(f"max_new_tokens {self.max_new_tokens}", expected="1 or more")
        if not 0 <= self.temperature < float("inf"):
            raise InvalidRequest(f"temperature {self.temperature:g}", expected="0 or more")
        if self.top_k is not None and self.top_k < 1:
            raise InvalidRequest(f"top_k {self.top_k}", expected="1 or more, or None")
        if self.rows < 1:
            raise InvalidRequest(f"rows {self.rows}", expected="1 or more")


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model wrote after a prompt."""

    ids: tuple[int, ...]
    """Its end token included, if there is one."""
    logprobs: tuple[float, ...]
    """log π(token | all before) of each token under the model itself: before temperature and
    top-k. So they are what `token_logprobs` of the same weights gives."""
    has_ended: bool
    """Whether it came to an end token, rather than to the greatest length."""


def generate(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    config: SamplingConfig,
    *,
    group: int = 1,
    generator: torch.Generator | None = None,
) -> list[list[Completion]]:
    """Complete each prompt `group` times; by prompt, in the caller's order.

    Every draw has a random number of its own, taken from the generator before the first one. So
    the same seed gives the same completions, whatever the batches and whoever has ended, but for
    logits that differ in their last bits.

    Args:
        prompts: token ids, one or more each.
        group: completions of each prompt.
        generator: on the CPU; needed unless the temperature is 0.

    Raises:
        InvalidRequest: a prompt is empty or too long for the model, or the generator is missing.
    """
    lengths = [len(prompt) for prompt in prompts]
    if 0 in lengths:
        raise InvalidRequest(
            "an empty prompt", where=f"prompt {lengths.index(0)}", expected="1 token or more"
        )
    if group < 1:
        raise InvalidRequest(f"group {group}", expected="1 or more")
    if config.temperature > 0 and generator is None:
        raise InvalidRequest("no generator", expected="a torch.Generator, or temperature 0")
    if not prompts:
        return []
    check_fits(model, max(lengths) + config.max_new_tokens)
    draws = torch.zeros(len(prompts), group, config.max_new_tokens, dtype=torch.float64)
    if config.temperature > 0:
        draws = torch.rand(draws.shape, generator=generator, dtype=torch.float64)
    completions: list[list[Completion]] = [[] for _ in prompts]
    together = max(1, config.rows // group)
    order = sorted(range(len(prompts)), key=lambda index: -lengths[index])
    with reading(model):
        for start in range(0, len(order), together):
            batch = order[start : start + together]
            own_draws = draws[batch].flatten(0, 1).to(model.device)
            written = _Batch(model, [prompts[index] for index in batch], config, own_draws).write()
            for place, index in enumerate(batch):
                completions[index] = written[place * group : (place + 1) * group]
    return completions


def sample(
    logits: Float[Tensor, "rows vocabulary"],
    draws: Float[Tensor, " rows"],
    config: SamplingConfig,
) -> Int[Tensor, " rows"]:
    """The token of each row at which the cumulated probability passes the row's draw.

    Args:
        draws: uniform in [0, 1), float64: a float32 sum of probabilities loses rare tokens.
    """
    if config.temperature == 0:
        return logits.argmax(-1)
    candidates = None
    if config.top_k is not None and config.top_k < logits.shape[-1]:
        logits, candidates = logits.topk(config.top_k)
    passed = (logits.float() / config.temperature).softmax(-1).cumsum(-1, dtype=torch.float64)
    # The sum need not be 1 to the last bit; strictly above, so that a probability of 0 is passed.
    chosen = torch.searchsorted(passed, draws[:, None] * passed[:, -1:], right=True)
    return (chosen if candidates is None else candidates.gather(-1, chosen)).squeeze(-1)


class _Batch:
    """Groups of completions that are written side by side."""

    def __init__(
        self,
        model: PreTrainedModel,
        prompts: Sequence[Sequence[int]],
        config: SamplingConfig,
        draws: Float[Tensor, "rows steps"],
    ) -> None:
        self.model, self.config, self.draws = model, config, draws
        group = len(draws) // len(prompts)
        lengths = [len(prompt) for prompt in prompts]
        cache = WritableCache(model, len(prompts), max(lengths))
        logits, is_token = read_batch(model, prompts, cache)
        self.logits = logits.repeat_interleave(group, 0)
        owners = [prompt for prompt in range(len(prompts)) for _ in range(group)]
        self.shared = Shared(cache.as_prefix(is_token), owners)
        self.cache = WritableCache(model, len(draws), config.max_new_tokens)
        self.positions = torch.tensor(lengths, device=model.device).repeat_interleave(group)
        self.ends = torch.tensor(_end_ids(model), device=model.device)
        self.ids = torch.zeros_like(draws, dtype=torch.long)
        self.logprobs = torch.zeros_like(draws, dtype=torch.float32)

    def write(self) -> list[Completion]:
        """Draw token after token until all have ended; by row."""
        alive = list(range(len(self.draws)))
        written = [self.config.max_new_tokens] * len(alive)
        has_ended = [False] * len(alive)
        for step in range(self.config.max_new_tokens):
            tokens = self._draw(torch.tensor(alive, device=self.model.device), step)
            ending = torch.isin(tokens, self.ends).tolist()
            for row, is_end in zip(alive, ending, strict=True):
                if is_end:
                    written[row], has_ended[row] = step + 1, True
            if any(ending):
                kept = [place for place, is_end in enumerate(ending) if not is_end]
                order = self.cache.keep(kept, len(alive))
                alive, tokens = [alive[place] for place in order], tokens[order]
                if alive:
                    owners = [self.shared.owners[place] for place in order]
                    self.shared = Shared(self.shared.prefix, owners)
            if not alive or step + 1 == self.config.max_new_tokens:
                break
            positions = self.positions[torch.tensor(alive, device=self.model.device)] + step
            self.logits = read(
                self.model, tokens[:, None], self.cache, positions[:, None], shared=self.shared
            )
        return [
            Completion(tuple(ids[:count]), tuple(logprobs[:count]), ended)
            for ids, logprobs, count, ended in zip(
                self.ids.tolist(), self.logprobs.tolist(), written, has_ended, strict=True
            )
        ]

    def _draw(self, rows: Int[Tensor, " alive"], step: int) -> Int[Tensor, " alive"]:
        tokens = sample(self.logits, self.draws[rows, step], self.config)
        logits = self.logits.float()
        chosen = logits.gather(-1, tokens[:, None]).squeeze(-1)
        self.ids[rows, step] = tokens
        self.logprobs[rows, step] = chosen - logits.logsumexp(-1)
        return tokens


def _end_ids(model: PreTrainedModel) -> list[int]:
    """The tokens that end a completion, by the model's own settings; none: only length does."""
    ends = None if model.generation_config is None else model.generation_config.eos_token_id
    if ends is None:
        return []
    return [ends] if isinstance(ends, int) else list(ends)
