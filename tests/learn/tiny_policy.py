"""A language model of a few thousand weights, on disk as any other."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

WORDS = [f"w{i}" for i in range(12)]
LABELS = ["A", "B", "C"]
VOCABULARY = ["<pad>", "<eos>", *LABELS, *WORDS]
EOS = VOCABULARY.index("<eos>")


def ids(text: str) -> list[int]:
    return [VOCABULARY.index(word) for word in text.split()]


def save_tiny(folder: Path, *, layers: int = 1, width: int = 32, seed: int = 0) -> Path:
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        initializer_range=0.1,
        pad_token_id=0,
        eos_token_id=EOS,
        bos_token_id=None,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    words = Tokenizer(WordLevel({word: i for i, word in enumerate(VOCABULARY)}, unk_token="<pad>"))
    words.pre_tokenizer = WhitespaceSplit()
    PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="<pad>", eos_token="<eos>"
    ).save_pretrained(folder)
    return folder
