"""Supervised fine-tuning by token: the label may count more, reasoning may drop out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from shopkeeper.learn.marks import Mark
from shopkeeper.records import InvalidRequest


@dataclass(frozen=True, slots=True)
class SftConfig:
    """Both defaults are off: then the loss is the plain NLL of the completion."""

    label_weight: float = 1.0
    """Weight of a LABEL token beside 1 for the others, more than 0. Ours, not a paper's."""
    reasoning_dropout: float = 0.0
    """Share of REASONING tokens left out of the loss of a step, 0 … below 1 (arXiv:2605.31003)."""

    def __post_init__(self) -> None:
        if not 0 < self.label_weight < float("inf"):
            raise InvalidRequest(f"label_weight {self.label_weight:g}", expected="more than 0")
        if not 0 <= self.reasoning_dropout < 1:
            raise InvalidRequest(
                f"reasoning_dropout {self.reasoning_dropout:g}", expected="0 … below 1"
            )


def drop_reasoning(
    weights: Float[Tensor, "batch time"],
    marks: Int[Tensor, "batch time"],
    rate: float,
    generator: torch.Generator,
) -> Float[Tensor, "batch time"]:
    """Leave a random part of the reasoning out of the loss, and never the label.

        wₜ ← wₜ · bₜ,  bₜ ~ Bernoulli(1 − rate) if the token is REASONING, else 1

    Graph-GRPO (JD, arXiv:2605.31003), against learning a template by heart. Stated, second hand:
    random masking of the reasoning while the label is always supervised. Assumed: independent per
    token, drawn anew at each step, and no rescaling, so that the mean is over what is left.

    Args:
        weights: from `token_weights`.
        rate: probability that a REASONING token is left out; at 0 the weights come back unchanged.
        generator: on the CPU, so that every device draws the same.
    """
    if rate == 0:
        return weights
    drawn = torch.rand(weights.shape, generator=generator).to(weights.device)
    is_dropped = (marks == Mark.REASONING) & (drawn < rate)
    return weights.masked_fill(is_dropped, 0.0)


def weighted_nll(
    logprobs: Float[Tensor, "batch time"],
    weights: Float[Tensor, "batch time"],
    *,
    total: Float[Tensor, ""] | None = None,
) -> Float[Tensor, ""]:
    """Negative log-likelihood, averaged over tokens by weight.

        L = − Σₜ wₜ · log π(yₜ | x, y₍<ₜ₎) / Σₜ wₜ

    With weights 0 and 1 it is the completion NLL of TaoSR1's first stage (arXiv:2508.12365; the
    sum is stated, leaving the prompt out and dividing by the number of targets are assumed).

    Args:
        logprobs: nats, of the tokens that are there; anything finite where the weight is 0.
        total: what to divide by, if the batch is but a part of the step (accumulation, several
            processes); None is this batch's Σ w. Where nothing has weight the loss is 0.
    """
    divisor = weights.sum() if total is None else total
    return -(weights * logprobs).sum() / divisor.clamp(min=torch.finfo(torch.float32).tiny)
