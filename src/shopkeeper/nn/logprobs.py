"""How likely does a model hold the tokens that are there?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
from torch.utils.checkpoint import checkpoint

from shopkeeper.records import InvalidRequest

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor, nn
    from transformers import PreTrainedModel

LOGITS_AT_ONCE: Final = 2**24
"""Float32 numbers: 64 MiB, and as much again for their gradient."""

_LOGIT_SCALES: Final = ("final_logit_softcapping", "logits_soft_cap", "logit_scale")
_LOGIT_FACTORS: Final = ("logits_scaling", "lm_head_multiplier")


def token_logprobs(
    model: PreTrainedModel,
    input_ids: Int[Tensor, "batch tokens"],
    attention_mask: Int[Tensor, "batch tokens"],
    *,
    completion_tokens: int,
    temperature: float = 1.0,
    logits_at_once: int = LOGITS_AT_ONCE,
) -> Float[Tensor, "batch completion"]:
    """Log-probability of each completion token, given all before it; with gradients.

        log π(yₜ | x, y₍<ₜ₎) = z[yₜ] / τ − log Σᵥ exp(z[v] / τ)

    Logits are made and thrown away a chunk of tokens at a time, and made again in the backward
    pass, so that float32 logits of [batch, tokens, vocabulary] never lie in memory together.

    Args:
        input_ids: prompts, then completions, which begin in the same column; prompts are padded on
            the left and completions on the right.
        attention_mask: 1 for a token, 0 for padding.
        completion_tokens: the last so many columns; at least one column stands before them.
        temperature: τ, for a trainer that compares with tokens drawn at that temperature.
        logits_at_once: tokens of a chunk times vocabulary.

    Returns:
        Float32; 0 where the mask is 0.

    Raises:
        InvalidRequest: no prompt is left, the temperature is not above 0, or the model does more
            with its hidden states than multiply them by its output layer.
    """
    if not 0 < completion_tokens < input_ids.shape[1]:
        raise InvalidRequest(
            f"completion_tokens {completion_tokens}", expected=f"1 … {input_ids.shape[1] - 1}"
        )
    if not temperature > 0:
        raise InvalidRequest(f"temperature {temperature:g}", expected="above 0")
    head = _output_layer(model)
    hidden = model.base_model(
        input_ids,
        attention_mask=attention_mask,
        position_ids=(attention_mask.cumsum(1) - 1).clamp(min=0),
        use_cache=False,
    ).last_hidden_state[:, -completion_tokens - 1 : -1]
    targets = input_ids[:, -completion_tokens:]
    is_token = attention_mask[:, -completion_tokens:].bool()
    # Padding is left out before the output layer, which is most of the work of a small model.
    wanted_hidden, wanted = hidden[is_token], targets[is_token]
    size = max(1, logits_at_once // head.weight.shape[0])
    chunks = [
        checkpoint(_chunk_logprobs, head, rows, ids, temperature, use_reentrant=False)
        for rows, ids in zip(wanted_hidden.split(size), wanted.split(size), strict=True)
    ]
    found = torch.zeros(targets.shape, dtype=torch.float32, device=input_ids.device)
    return found.masked_scatter(is_token, torch.cat(chunks)) if chunks else found


def _chunk_logprobs(
    head: nn.Linear,
    hidden: Float[Tensor, "tokens width"],
    targets: Int[Tensor, " tokens"],
    temperature: float,
) -> Float[Tensor, " tokens"]:
    logits = head(hidden).float() / temperature
    found: Tensor = logits.gather(-1, targets[:, None]).squeeze(-1) - logits.logsumexp(-1)
    return found


def _output_layer(model: PreTrainedModel) -> nn.Linear:
    """The layer from hidden states to logits; raises when the model also scales or caps them."""
    settings = model.config.get_text_config()
    scaled = [name for name in _LOGIT_SCALES if getattr(settings, name, None) is not None]
    scaled += [name for name in _LOGIT_FACTORS if getattr(settings, name, 1.0) != 1.0]
    if scaled:
        raise InvalidRequest(
            f"logits that {model.config.model_type!r} changes by its {scaled[0]}",
            expected="logits that are hidden states times the output layer",
        )
    head: nn.Linear = model.get_output_embeddings()
    return head
