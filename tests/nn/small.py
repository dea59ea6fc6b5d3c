"""Texts to train a tokenizer on, random tokens, and models of a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

TEXTS = (
    "a red lamp for 3 rooms, 60 cm wide",
    "the red lamp and the blue lamp, the wide one and the red one",
    "wasserdichtes Zelt für 2 Personen",
    "防水帐篷 3 人",
    "Exact or partial: the answer is 1, 2, 3 or 4",
) * 5


def random_ids(lengths: Sequence[int], vocabulary: int, seed: int = 0) -> list[list[int]]:
    """Rows of tokens of so many different lengths, without padding (0) and end (1)."""
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randint(2, vocabulary, (length,), generator=generator).tolist() for length in lengths
    ]


def llama(seed: int = 0, **changes: Any) -> LlamaForCausalLM:
    """A Llama of an unusual shape, such as fewer key heads than heads."""
    settings: dict[str, Any] = {
        "vocab_size": 23,
        "hidden_size": 24,
        "intermediate_size": 20,
        "num_hidden_layers": 2,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "max_position_embeddings": 89,
        "initializer_range": 0.4,
        "tie_word_embeddings": True,
        "bos_token_id": None,
        "pad_token_id": 0,
        "eos_token_id": 1,
        **changes,
    }
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return LlamaForCausalLM(LlamaConfig(**settings)).eval()
