"""Which token is which label, and how likely is each?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shopkeeper.nn.tokenizer import prompt_ids
from shopkeeper.records import InvalidRequest

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class LabelTokens:
    """The one token that each label is, in the place where the model answers."""

    labels: tuple[str, ...]
    ids: tuple[int, ...]
    """By label, right after the prompt."""
    spaced_ids: tuple[int, ...]
    """By label, when the model writes a space first; other ids wherever a tokenizer joins a space
    with the word behind it. Text to learn from must write the label as the prompt asks for it."""

    @classmethod
    def of(
        cls, tokenizer: PreTrainedTokenizerBase, labels: Sequence[str], *, after: str
    ) -> LabelTokens:
        """Find the labels' tokens, and make sure that each label is one.

        Args:
            labels: two or more, distinct.
            after: the end of the prompt, as long as it may melt with a label; tags in it count.

        Raises:
            InvalidRequest: a label is no token or several there, with or without a space before
                it; or two labels are the same token.
        """
        if len(labels) < 2:
            raise InvalidRequest(f"labels {tuple(labels)}", expected="two or more")
        found = cls(
            tuple(labels),
            tuple(_only_token(tokenizer, after, label) for label in labels),
            tuple(_only_token(tokenizer, after, f" {label}") for label in labels),
        )
        for ids in (found.ids, found.spaced_ids):
            if len(set(ids)) < len(ids):
                raise InvalidRequest(
                    f"labels {found.labels} are tokens {ids}", expected="a token for each"
                )
        return found

    def label_of(self, token: int) -> str | None:
        """The label that a token is, with or without a space; None: it is none."""
        found: Mapping[int, str] = dict(
            zip(self.spaced_ids + self.ids, self.labels * 2, strict=True)
        )
        return found.get(token)


def label_probabilities(
    logits: Float[Tensor, "*batch vocabulary"], label_ids: Sequence[int]
) -> Float[Tensor, "*batch labels"]:
    """How likely each label is, given that the next token is a label.

        P(c | x) = exp z[id(c)] / Σⱼ exp z[id(cⱼ)]

    TaoSR1, 2025, arXiv:2508.12365, the score of its first stage: the softmax of the first
    generated token's logits restricted to the label ids (stated).

    Args:
        logits: z, of the token after the prompt.
        label_ids: distinct; the columns of the result come in their order. One label has all.
    """
    return logits[..., list(label_ids)].float().softmax(-1)


def _only_token(tokenizer: PreTrainedTokenizerBase, after: str, label: str) -> int:
    """The token that a label adds to the prompt; a space that is a token itself does not count."""
    whole, prompt = prompt_ids(tokenizer, after + label), prompt_ids(tokenizer, after)
    if whole[: len(prompt)] != prompt:
        raise InvalidRequest(
            f"label {label!r} changes the tokens before it",
            where=f"after {after!r}",
            expected="a prompt that ends where a token ends",
            hint="end the prompt with a tag of the tokenizer",
        )
    added = whole[len(prompt) :]
    spaced = label.startswith(" ") and prompt_ids(tokenizer, f"{after} ")
    if spaced and whole[: len(spaced)] == spaced and len(whole) > len(spaced):
        added = whole[len(spaced) :]
    if len(added) != 1:
        raise InvalidRequest(
            f"label {label!r} is {len(added)} tokens, {tokenizer.convert_ids_to_tokens(added)}",
            where=f"after {after!r}",
            expected="exactly one token",
            hint="take digits or letters as labels, or give the tokenizer a tag for each",
        )
    return added[0]
