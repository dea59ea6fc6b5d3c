"""How do many rows attend to a prefix that they share, without a copy of it for each?

An attention implementation for transformers. Without a shared prefix it is the usual one (sdpa).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from shopkeeper.records import InvalidRequest

if TYPE_CHECKING:
    from jaxtyping import Bool, Float
    from torch import Tensor, nn
    from transformers import PreTrainedModel

NAME: Final = "shared_prefix"
_UNSUPPORTED: Final = ("softcap", "s_aux", "position_bias", "sliding_window")


@dataclass(frozen=True, slots=True)
class Prefix:
    """Tokens that a model has read, with their keys and values; nothing writes to them again."""

    layers: tuple[tuple[Tensor, Tensor], ...]
    """Keys and values of each layer, [prefixes, heads, tokens, width]."""
    is_token: Bool[Tensor, "prefixes tokens"] | None = None
    """False where a shorter prefix is padded; None: nowhere."""

    def __len__(self) -> int:
        """Tokens of the longest."""
        return self.layers[0][0].shape[2]

    def __getitem__(self, prefixes: Sequence[int]) -> Prefix:
        """Some of the prefixes."""
        rows = list(prefixes)
        layers = tuple((keys[rows], values[rows]) for keys, values in self.layers)
        return Prefix(layers, None if self.is_token is None else self.is_token[rows])


class Shared:
    """Which prefix stands before each row of a batch."""

    def __init__(self, prefix: Prefix, owners: Sequence[int]) -> None:
        """`owners` has the number of each row's prefix; those that nobody has are left out."""
        used = sorted(set(owners))
        are_all = len(used) == prefix.layers[0][0].shape[0]
        self.prefix = prefix if are_all else prefix[used]
        number = {old: new for new, old in enumerate(used)}
        self.owners = tuple(number[owner] for owner in owners)
        taken = [0] * len(used)
        places = []
        for owner in self.owners:
            places.append(taken[owner])
            taken[owner] += 1
        self._count, self._width = len(used), max(taken)
        slots = [o * self._width + p for o, p in zip(self.owners, places, strict=True)]
        is_grid = slots == list(range(self._count * self._width))
        device = prefix.layers[0][0].device
        self._slots = None if is_grid else torch.tensor(slots, device=device)
        is_token = self.prefix.is_token
        self._is_token = None if is_token is None else is_token[:, None, None, :]
        self.layers_read = 0

    def attend(
        self,
        layer: int,
        query: Float[Tensor, "rows heads new width"],
        keys: Float[Tensor, "rows kv_heads own width"],
        values: Float[Tensor, "rows kv_heads own width"],
        is_seen: Bool[Tensor, "rows 1 new own"] | None,
        scaling: float,
    ) -> Float[Tensor, "rows heads new width"]:
        """Attention over the shared prefix and then over each row's own tokens.

            w = σ(ℓ_prefix − ℓ_own),  o = w · o_prefix + (1 − w) · o_own

        where o and ℓ are softmax attention and the log-sum-exp of the scores over either part:
        exactly the softmax over both. All rows of a prefix are the queries of one product with its
        keys, so they are read from memory once for all. Juravsky et al. 2024, Hydragen,
        arXiv:2402.05099 (the decomposition; as implemented here).
        """
        rows, heads, new, width = query.shape
        kv_heads = keys.shape[1]
        # Query heads of one key head are more queries of it, and so are new tokens.
        folded = query.reshape(rows, kv_heads, heads // kv_heads * new, width)
        if is_seen is not None:
            is_seen = is_seen.expand(-1, -1, new, -1).repeat(1, 1, heads // kv_heads, 1)
        own, own_mass = _attention(folded, keys, values, is_seen, scaling)
        before = self.prefix.layers[layer]
        grouped, grouped_mass = _attention(self._group(folded), *before, self._is_token, scaling)
        shared, shared_mass = self._ungroup(grouped), self._ungroup(grouped_mass)
        weight = (shared_mass - own_mass).sigmoid().to(own.dtype)
        self.layers_read += 1
        return torch.lerp(own, shared, weight).reshape(rows, heads, new, width)

    def _group(self, rows: Tensor) -> Tensor:
        """[rows, heads, queries, width] → [prefixes, heads, queries of all its rows, width]."""
        _, heads, queries, width = rows.shape
        if self._slots is not None:
            grid = rows.new_zeros(self._count * self._width, heads, queries, width)
            grid[self._slots] = rows
            rows = grid
        groups: Tensor = rows.unflatten(0, (self._count, -1)).transpose(1, 2).flatten(2, 3)
        return groups

    def _ungroup(self, groups: Tensor) -> Tensor:
        """The inverse of `_group`."""
        rows: Tensor = groups.unflatten(2, (self._width, -1)).transpose(1, 2).flatten(0, 1)
        return rows if self._slots is None else rows[self._slots]


def use_shared_attention(model: PreTrainedModel) -> None:
    """Let the model attend through `attention` from now on: the usual one while nothing is shared.

    Raises:
        InvalidRequest: the model's attention cannot be chosen.
    """
    if model.config._attn_implementation == NAME:
        return
    AttentionInterface.register(NAME, attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    try:
        model.set_attn_implementation(NAME)
    except (ValueError, ImportError) as error:
        raise InvalidRequest(
            f"no shared prefixes for {model.config.model_type!r} ({error})",
            expected="a model whose attention transformers can replace",
        ) from error


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    shared: Shared | None = None,
    **settings: Any,
) -> tuple[Tensor, None]:
    """What transformers calls in each layer; `shared` comes with the call of the model."""
    if shared is None:
        found: tuple[Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **settings
        )
        return found
    unknown = [name for name in _UNSUPPORTED if settings.get(name) is not None]
    if unknown:
        raise InvalidRequest(
            f"attention with {unknown[0]}", expected="plain softmax attention over every token"
        )
    is_seen = attention_mask
    if is_seen is None and (new := query.shape[2]) > 1:
        is_seen = torch.ones(new, new, dtype=torch.bool, device=query.device).tril()[None, None]
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    out = shared.attend(module.layer_idx, query, key, value, is_seen, scale)  # type: ignore[arg-type]
    return out.transpose(1, 2).contiguous(), None


def _attention(
    query: Float[Tensor, "batch heads queries width"],
    keys: Float[Tensor, "batch heads tokens width"],
    values: Float[Tensor, "batch heads tokens width"],
    is_seen: Bool[Tensor, "batch 1 queries tokens"] | None,
    scaling: float,
) -> tuple[Tensor, Tensor]:
    """Softmax attention, and the log-sum-exp of its scores [batch, heads, queries, 1], float32."""
    scores = (query @ keys.mT).float() * scaling
    if is_seen is not None:
        # Not −∞: what sees nothing here must stay a number.
        scores = scores.masked_fill(~is_seen, torch.finfo(scores.dtype).min)
    peak = scores.amax(-1, keepdim=True)
    weights = scores.sub_(peak).exp_()
    total = weights.sum(-1, keepdim=True)
    return (weights.to(values.dtype) @ values) / total.to(values.dtype), peak + total.log()
