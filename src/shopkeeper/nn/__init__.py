"""What can be computed? No shopping word here.

Causal language models: small ones made from a config, any other opened from a folder or the hub;
their tokenizers, label tokens, log-probabilities, scores behind a shared prefix, and sampling.
"""

from shopkeeper.nn.checkpoint import (
    LanguageModel,
    load_language_model,
    save_checkpoint,
    weights_sha256,
)
from shopkeeper.nn.generation import Completion, SamplingConfig, generate
from shopkeeper.nn.labels import LabelTokens, label_probabilities
from shopkeeper.nn.logprobs import token_logprobs
from shopkeeper.nn.model_card import ModelCard
from shopkeeper.nn.prefix_scorer import PrefixScorer, SuffixLogits, token_saving
from shopkeeper.nn.small_model import LanguageModelConfig, count_parameters, new_language_model
from shopkeeper.nn.tokenizer import TokenizerConfig, foreign_ids, prompt_ids, train_tokenizer

__all__ = [
    "Completion",
    "LabelTokens",
    "LanguageModel",
    "LanguageModelConfig",
    "ModelCard",
    "PrefixScorer",
    "SamplingConfig",
    "SuffixLogits",
    "TokenizerConfig",
    "count_parameters",
    "foreign_ids",
    "generate",
    "label_probabilities",
    "load_language_model",
    "new_language_model",
    "prompt_ids",
    "save_checkpoint",
    "token_logprobs",
    "token_saving",
    "train_tokenizer",
    "weights_sha256",
]
