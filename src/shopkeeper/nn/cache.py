"""What has a model read already? Keys and values that are computed once and used again.

The layers of transformers' own DynamicCache copy all of their keys and values for every token that
comes. Those here are allocated once and written in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import torch
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer

from shopkeeper.nn.shared_attention import Prefix, Shared, use_shared_attention
from shopkeeper.records import InvalidRequest

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int
    from torch import Tensor
    from transformers import PreTrainedModel


class WritableLayer(DynamicLayer):
    """One layer's keys and values [rows, heads, tokens, width], written in place."""

    keys: Tensor
    values: Tensor

    def __init__(self, rows: int, capacity: int) -> None:
        """Room for so many rows of `capacity` tokens."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._rows, self._capacity = rows, capacity

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        self.dtype, self.device = key_states.dtype, key_states.device
        self._keys, self._values = (
            states.new_empty(self._rows, states.shape[1], self._capacity, states.shape[3])
            for states in (key_states, value_states)
        )
        self.is_initialized = True
        self._show(self._rows, 0)

    def update(
        self, key_states: Tensor, value_states: Tensor, *_args: Any, **_kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Write the next tokens of the first rows; returns all of their keys and values so far."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        rows, start = key_states.shape[0], self.keys.shape[-2]
        end = start + key_states.shape[-2]
        self._keys[:rows, :, start:end] = key_states
        self._values[:rows, :, start:end] = value_states
        self._show(rows, end)
        return self.keys, self.values

    def rewind(self) -> None:
        """Forget all tokens."""
        if self.is_initialized:
            self._show(self._rows, 0)

    def move(self, sources: Tensor, targets: Tensor, rows: int) -> None:
        """Overwrite the target rows by the source rows, then keep the first `rows`."""
        self.keys[targets] = self.keys[sources]
        self.values[targets] = self.values[sources]
        self._show(rows, self.keys.shape[-2])

    def _show(self, rows: int, tokens: int) -> None:
        self.keys, self.values = self._keys[:rows, :, :tokens], self._values[:rows, :, :tokens]


class WritableCache(Cache):
    """A model's layers of keys and values, with room for so many rows of `capacity` tokens."""

    def __init__(self, model: PreTrainedModel, rows: int, capacity: int) -> None:
        count = _attention_layers(model)
        super().__init__(layers=[WritableLayer(rows, capacity) for _ in range(count)])

    def rewind(self) -> None:
        """Forget all tokens, so that another batch of rows can be read."""
        for layer in self._layers():
            layer.rewind()

    def keep(self, kept: Sequence[int], rows: int) -> list[int]:
        """Drop all of `rows` rows but the kept ones; returns which row stands where afterwards.

        Only the last rows move, into the holes: a row that leaves costs one copy at most.
        """
        left, order = set(kept), list(range(len(kept)))
        holes = [row for row in order if row not in left]
        movers = [row for row in range(len(kept), rows) if row in left]
        for hole, mover in zip(holes, movers, strict=True):
            order[hole] = mover
        if self.get_seq_length():
            device = self._layers()[0].device
            sources, targets = (torch.tensor(r, device=device).long() for r in (movers, holes))
            for layer in self._layers():
                layer.move(sources, targets, len(kept))
        return order

    def as_prefix(
        self, is_token: Bool[Tensor, "rows tokens"] | None = None, after: Prefix | None = None
    ) -> Prefix:
        """What has been read, and what stood before it. Nothing may be written here after that."""
        own = [(layer.keys, layer.values) for layer in self._layers()]
        if after is None:
            return Prefix(tuple(own), is_token)
        both = zip(after.layers, own, strict=True)
        return Prefix(
            tuple((torch.cat([a, c], 2), torch.cat([b, d], 2)) for (a, b), (c, d) in both)
        )

    def _layers(self) -> list[WritableLayer]:
        return cast("list[WritableLayer]", self.layers)


def read(
    model: PreTrainedModel,
    ids: Int[Tensor, "rows new"],
    cache: WritableCache,
    positions: Int[Tensor, "rows new"],
    *,
    shared: Shared | None = None,
    is_token: Bool[Tensor, "rows own"] | None = None,
) -> Float[Tensor, "rows vocabulary"]:
    """Read the next tokens of each row; returns the logits after its last.

    Args:
        cache: each row's own tokens, without the shared ones; the new ones are added.
        positions: of the new tokens, those of the shared prefix counted.
        shared: what stands before each row; None: nothing.
        is_token: of all own tokens, the new ones included: False for padding. None: no padding.
    """
    settings = {} if shared is None else {"shared": shared}
    read_before = shared.layers_read if shared else 0
    logits: Tensor = model(
        ids,
        attention_mask=None if is_token is None else is_token.long(),
        position_ids=positions,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
        **settings,
    ).logits
    if shared is not None and shared.layers_read - read_before != len(cache.layers):
        raise InvalidRequest(
            f"no shared prefixes for {model.config.model_type!r}",
            expected="a model that hands its arguments on to its attention",
        )
    return logits[:, -1]


def read_batch(
    model: PreTrainedModel,
    rows: Sequence[Sequence[int]],
    cache: WritableCache,
    *,
    after: Prefix | None = None,
) -> tuple[Float[Tensor, "rows vocabulary"], Bool[Tensor, "rows tokens"] | None]:
    """Read rows of different lengths, padded on the left, all after one prefix without padding.

    Returns the logits after each row, and where its tokens are; None: everywhere.
    """
    tokens, before = max(map(len, rows)), 0 if after is None else len(after)
    check_fits(model, before + tokens)
    padded = [[0] * (tokens - len(row)) + list(row) for row in rows]
    lengths = torch.tensor([len(row) for row in rows], device=model.device)[:, None]
    places = torch.arange(tokens, device=model.device) - (tokens - lengths)
    is_token = places >= 0 if min(map(len, rows)) < tokens else None
    logits = read(
        model,
        torch.tensor(padded, device=model.device),
        cache,
        before + places.clamp(min=0),
        shared=None if after is None else Shared(after, [0] * len(rows)),
        is_token=is_token,
    )
    return logits, is_token


@contextmanager
def reading(model: PreTrainedModel) -> Iterator[None]:
    """With shared attention; without dropout, gradients, or gradient checkpoints (no cache)."""
    use_shared_attention(model)
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        model.train(was_training)


def check_fits(model: PreTrainedModel, tokens: int) -> None:
    """Raises InvalidRequest when the model cannot read so many tokens at once."""
    most = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    if most is not None and tokens > most:
        raise InvalidRequest(
            f"{tokens} tokens at once",
            expected=f"at most {most}, the positions of this model",
            hint="shorten the prompt or the completion",
        )


def _attention_layers(model: PreTrainedModel) -> int:
    """How many layers the model has, all of which must look at every token."""
    layers = DynamicCache(config=model.config).layers
    if any(type(layer) is not DynamicLayer for layer in layers):
        raise InvalidRequest(
            f"no shared prefixes for {model.config.model_type!r}",
            expected="a model all of whose layers attend to every token",
            hint="take a model without sliding windows, recurrent or hybrid layers",
        )
    return len(layers)
