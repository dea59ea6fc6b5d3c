"""How does text become tokens, and tokens the same text again?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shopkeeper.records import InvalidRequest

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

PAD: Final = "<pad>"
EOS: Final = "<eos>"
_BYTES: Final = 256


@dataclass(frozen=True, slots=True)
class TokenizerConfig:
    """What a tokenizer is trained to."""

    vocabulary: int = 4096
    """Tokens at most: the 256 bytes, padding and end, the tags, then merges while pairs repeat."""
    tags: tuple[str, ...] = ()
    """Texts that are one token wherever they stand, such as ``<ans>``."""
    max_tokens: int = 512
    """The longest input that its models read; a longer one is warned of, not cut."""

    def __post_init__(self) -> None:
        least = _BYTES + 2 + len(self.tags)
        if self.vocabulary < least:
            raise InvalidRequest(f"vocabulary {self.vocabulary}", expected=f"{least} or more")
        names = (PAD, EOS, *self.tags)
        if len(set(names)) < len(names) or not all(self.tags):
            raise InvalidRequest(f"tags {self.tags}", expected="distinct, none empty")
        if self.max_tokens < 1:
            raise InvalidRequest(f"max_tokens {self.max_tokens}", expected="1 or more")


def train_tokenizer(texts: Iterable[str], config: TokenizerConfig) -> PreTrainedTokenizerFast:
    """Byte-level BPE (Sennrich et al. 2016, arXiv:1508.07909; bytes as in GPT-2).

    Nothing is unknown and nothing is lost: `decode` gives back every text as it was. Each digit is
    a token of its own, so that 1 is the same token in every number and as a label. The same texts
    in the same order give the same tokenizer. It pads on the left.

    Raises:
        InvalidRequest: there is no text.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=config.vocabulary,
        min_frequency=2,
        special_tokens=[PAD, EOS, *config.tags],
        # All bytes, also those that no text of the training had.
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    seen = _Counted(texts)
    tokenizer.train_from_iterator(seen, trainer)
    if not seen.count:
        raise InvalidRequest("no text to train a tokenizer on", expected="one text or more")
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=EOS,
        additional_special_tokens=list(config.tags),
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=config.max_tokens,
    )


def prompt_ids(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """Tokens of a text that we wrote: a tag in it is the tag. Nothing is added around it."""
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def foreign_ids(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    """Tokens of texts that others wrote: a tag in one is spelt out in ordinary tokens.

    So nobody can end a prompt, or answer it, by writing a tag into what the prompt quotes.
    """
    if not texts:
        return []
    found = tokenizer(list(texts), add_special_tokens=False, split_special_tokens=True)
    return [list(ids) for ids in found["input_ids"]]


class _Counted:
    """Iterates over the texts once, and knows how many there were."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts, self.count = iter(texts), 0

    def __iter__(self) -> _Counted:
        return self

    def __next__(self) -> str:
        text = next(self._texts)
        self.count += 1
        return text
