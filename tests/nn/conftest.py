"""A tokenizer and a model that every test here may use; nobody changes them."""

from __future__ import annotations

import pytest
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from nn.small import TEXTS
from shopkeeper.nn import (
    LanguageModelConfig,
    TokenizerConfig,
    new_language_model,
    train_tokenizer,
)


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_tokenizer(TEXTS, TokenizerConfig(vocabulary=401, tags=("<ans>", "</ans>")))


@pytest.fixture(scope="session")
def model(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """Large weights, so that its distributions are far from uniform."""
    config = LanguageModelConfig(
        layers=3, hidden=60, heads=5, feed_forward=44, positions=97, init_std=0.3
    )
    return new_language_model(config, tokenizer, seed=2)
