"""Which small language model is trained from nothing, and how large is it?"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import torch
from torch import nn

from shopkeeper.records import InvalidRequest

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class LanguageModelConfig:
    """The shape of a Llama (RMSNorm, rotary positions, SwiGLU, no biases).

    The output layer always shares the token embedding (Press and Wolf 2017, arXiv:1608.05859): with
    a vocabulary of some thousands the embedding is a third of so small a model, and a second one
    would be the part that sees the fewest gradients. The defaults have 2.6 M parameters at a
    vocabulary of 4,096.
    """

    layers: int = 4
    hidden: int = 192
    """Width of a token; a multiple of `heads`, each of an even width (rotary halves)."""
    heads: int = 6
    feed_forward: int = 512
    positions: int = 512
    """Tokens of prompt and completion together."""
    init_std: float = 0.05
    """Of every weight matrix, in the normal distribution. So small a model learnt from 0.05 in a
    probe, and with the usual 0.02 (and a higher learning rate) it did not."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value <= 0:
                raise InvalidRequest(f"{field.name} {value:g}", expected="above 0")
        if self.hidden % (2 * self.heads):
            raise InvalidRequest(
                f"hidden {self.hidden} with {self.heads} heads",
                expected=f"a multiple of {2 * self.heads}",
            )

    def parameters(self, vocabulary: int) -> int:
        """How many weights a model of this shape has, the shared embedding counted once.

        V·h + L·(4h² + 3h·f + 2h) + h
        """
        attention, norms = 4 * self.hidden**2, 2 * self.hidden
        layer = attention + 3 * self.hidden * self.feed_forward + norms
        return vocabulary * self.hidden + self.layers * layer + self.hidden


def new_language_model(
    config: LanguageModelConfig, tokenizer: PreTrainedTokenizerBase, *, seed: int
) -> LlamaForCausalLM:
    """A model with random weights, float32 on the CPU, in evaluation mode.

    The same seed gives the same bytes; the random state of the process stays as it was.

    Args:
        tokenizer: gives the vocabulary, and the ids of padding and end of sequence.
        seed: of the weights.
    """
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = LlamaConfig(
        vocab_size=len(tokenizer),
        num_hidden_layers=config.layers,
        hidden_size=config.hidden,
        num_attention_heads=config.heads,
        num_key_value_heads=config.heads,
        intermediate_size=config.feed_forward,
        max_position_embeddings=config.positions,
        initializer_range=config.init_std,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        dtype="float32",
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        model = LlamaForCausalLM(shape)
    model.eval()
    return model


def count_parameters(model: nn.Module) -> int:
    """How many weights the model has; one that is used in two places counts once."""
    return sum(parameter.numel() for parameter in model.parameters())
