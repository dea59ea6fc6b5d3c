"""What does a model say after each of many texts that begin alike?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import torch

from shopkeeper.nn.cache import WritableCache, read_batch, reading
from shopkeeper.nn.shared_attention import Prefix
from shopkeeper.records import InvalidRequest

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor
    from transformers import PreTrainedModel

TOKENS_PER_BATCH: Final = 1024
"""On a CPU larger batches are no faster, and hold lengths that differ more; a GPU wants more."""


@dataclass(frozen=True, slots=True)
class SuffixLogits:
    """The model's answers after every suffix, and what they cost."""

    logits: Float[Tensor, "suffixes vocabulary"]
    """Float32, in the caller's order; only the columns of `keep` where that was given."""
    suffix_tokens: int
    """Tokens of the suffixes."""
    padded_tokens: int
    """Places of the batches in which they were read."""

    @property
    def pad_waste(self) -> float:
        """Share of the places that held padding: 0 … 1; 0 for no suffix."""
        return 1 - self.suffix_tokens / self.padded_tokens if self.padded_tokens else 0.0


class PrefixScorer:
    """Logits after [instruction][query][suffix], the first two of which are read only once.

    The instruction is read when the scorer is made and serves every call; a query is read once in
    a call and serves all suffixes of that call. Suffixes of like length are read together. The
    idea is the prefix sharing of "KV-cache sharing" in TaoSR1, arXiv:2508.12365 (stated there, as
    is batching by length; the batches and their budget are ours).

    The keys and values belong to the weights as they were: make a new scorer after training.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        instruction_ids: Sequence[int],
        *,
        tokens_per_batch: int = TOKENS_PER_BATCH,
    ) -> None:
        """Read the instruction, which may be empty.

        Args:
            tokens_per_batch: places for tokens of suffixes in one batch, padding included; a
                suffix that is longer is read alone.
        """
        if tokens_per_batch < 1:
            raise InvalidRequest(f"tokens_per_batch {tokens_per_batch}", expected="1 or more")
        self.model, self.tokens_per_batch = model, tokens_per_batch
        self._instruction: Prefix | None = None
        with reading(model):
            self._instruction = self._read(instruction_ids)

    def score(
        self,
        query_ids: Sequence[int],
        suffixes: Sequence[Sequence[int]],
        *,
        keep: Sequence[int] | None = None,
    ) -> SuffixLogits:
        """Logits of the token that would follow each suffix.

        Args:
            query_ids: the rest of the shared prefix; may be empty.
            suffixes: one or more tokens each.
            keep: the token ids whose logits are wanted; None: those of the whole vocabulary.

        Raises:
            InvalidRequest: a suffix is empty, or all together is longer than the model's positions.
        """
        lengths = [len(suffix) for suffix in suffixes]
        if 0 in lengths:
            raise InvalidRequest(
                "an empty suffix", where=f"suffix {lengths.index(0)}", expected="1 token or more"
            )
        columns = self.model.config.get_text_config().vocab_size if keep is None else len(keep)
        logits = torch.empty(len(suffixes), columns, device=self.model.device)
        if not suffixes:
            return SuffixLogits(logits, 0, 0)
        padded = 0
        with reading(self.model):
            prefix = self._read(query_ids)
            batches = list(length_batches(lengths, self.tokens_per_batch))
            cache = WritableCache(self.model, max(map(len, batches)), max(lengths))
            for batch in batches:
                cache.rewind()
                rows = [suffixes[index] for index in batch]
                found, _ = read_batch(self.model, rows, cache, after=prefix)
                logits[batch] = (found if keep is None else found[:, list(keep)]).float()
                padded += len(rows) * max(map(len, rows))
        return SuffixLogits(logits, sum(lengths), padded)

    def _read(self, ids: Sequence[int]) -> Prefix | None:
        """The instruction and these tokens; None: not a token in all."""
        if not ids:
            return self._instruction
        cache = WritableCache(self.model, 1, len(ids))
        read_batch(self.model, [ids], cache, after=self._instruction)
        return cache.as_prefix(after=self._instruction)


def length_batches(lengths: Sequence[int], tokens_per_batch: int) -> Iterator[list[int]]:
    """Indices by falling length, in batches of at most so many places, padding included.

    A batch is as wide as its first; one that is wider than the budget is alone. Equal lengths
    stay in order.
    """
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    start = 0
    while start < len(order):
        rows = max(1, tokens_per_batch // lengths[order[start]])
        yield order[start : start + rows]
        start += rows


def token_saving(
    instruction_tokens: int,
    query_tokens: int,
    suffix_tokens: Sequence[int],
    *,
    requests: int = 1,
) -> float:
    """How many times fewer tokens are read with shared prefixes than without; at least 1.

        R · Σᵢ (I + Q + sᵢ) / (I + R · (Q + Σᵢ sᵢ))

    The bound of what sharing can save when every token costs the same: attention, padding and the
    cost of starting a batch are left out. Without suffixes nothing is read, and nothing saved: 1.

    Args:
        instruction_tokens: I, read once for all requests.
        query_tokens: Q, read once in a request.
        suffix_tokens: sᵢ of each suffix of a request.
        requests: R, alike in their lengths.
    """
    if not suffix_tokens:
        return 1.0
    own = sum(suffix_tokens)
    unshared = requests * (len(suffix_tokens) * (instruction_tokens + query_tokens) + own)
    return unshared / (instruction_tokens + requests * (query_tokens + own))
