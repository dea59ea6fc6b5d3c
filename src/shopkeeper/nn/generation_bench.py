"""How much faster are shared prompts than `model.generate`? A ratio within one run.

python -m shopkeeper.nn.generation_bench
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import torch

from shopkeeper.nn.generation import SamplingConfig, generate

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM


@dataclass(frozen=True, slots=True)
class GenerationCost:
    """Processor seconds for the same number of completions of the same length."""

    prompt_tokens: int
    completion_tokens: int
    completions: int
    theirs_s: float
    """transformers' `model.generate` with num_return_sequences."""
    ours_s: float

    def __str__(self) -> str:
        return (
            f"{self.completions} completions of {self.completion_tokens} tokens after prompts of "
            f"{self.prompt_tokens}: {self.completions / self.theirs_s:.1f} → "
            f"{self.completions / self.ours_s:.1f} a cpu-second, {self.ratio:.2f} times"
        )

    @property
    def ratio(self) -> float:
        """Ours are so many times as many in a second."""
        return self.theirs_s / self.ours_s


def generation_cost(
    model: LlamaForCausalLM,
    *,
    prompts: int = 8,
    group: int = 8,
    prompt_tokens: int = 60,
    completion_tokens: int = 48,
    repeats: int = 5,
    seed: int = 0,
) -> GenerationCost:
    """Time both in turns and take the medians; no completion ends before its full length."""
    generator = torch.Generator().manual_seed(seed)
    vocabulary = model.config.vocab_size
    ids = torch.randint(2, vocabulary, (prompts, prompt_tokens), generator=generator)
    mask, ends = torch.ones_like(ids), model.generation_config.eos_token_id
    config = SamplingConfig(completion_tokens)

    their_generate: Any = getattr(model, "generate")  # noqa: B009 — its types reject its own model

    def theirs() -> None:
        their_generate(
            ids,
            attention_mask=mask,
            do_sample=True,
            top_k=0,
            num_return_sequences=group,
            min_new_tokens=completion_tokens,
            max_new_tokens=completion_tokens,
        )

    def ours() -> None:
        generate(model, ids.tolist(), config, group=group, generator=generator)

    try:
        model.generation_config.eos_token_id = None
        seconds = [(_seconds(theirs), _seconds(ours)) for _ in range(repeats + 1)][1:]
    finally:
        model.generation_config.eos_token_id = ends
    return GenerationCost(
        prompt_tokens,
        completion_tokens,
        prompts * group,
        theirs_s=median(pair[0] for pair in seconds),
        ours_s=median(pair[1] for pair in seconds),
    )


def _seconds(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Print the ratio for prompts a little, and twice as long as completions."""
    from transformers import LlamaConfig, LlamaForCausalLM

    for hidden, layers in ((96, 6), (192, 6), (256, 6)):
        shape = LlamaConfig(
            vocab_size=2048,
            hidden_size=hidden,
            intermediate_size=hidden * 8 // 3,
            num_hidden_layers=layers,
            num_attention_heads=hidden // 32,
            tie_word_embeddings=True,
            pad_token_id=0,
            eos_token_id=1,
        )
        model = LlamaForCausalLM(shape).eval()
        sys.stdout.write(f"{model.num_parameters() / 1e6:.1f} M parameters\n")
        for prompt_tokens in (60, 96):
            sys.stdout.write(f"  {generation_cost(model, prompt_tokens=prompt_tokens)}\n")


if __name__ == "__main__":
    main()
