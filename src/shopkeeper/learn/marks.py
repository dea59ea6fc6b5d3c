"""Which tokens of a row are learnt, and how much does each of them count?"""

from __future__ import annotations

from enum import IntEnum

import torch
from jaxtyping import Float, Int
from torch import Tensor


class Mark(IntEnum):
    """What a token is to the loss. Padding has the mark 0, so that it never counts."""

    CONTEXT = 0
    """Given: a prompt, an observation. Never learnt."""
    PLAIN = 1
    """Learnt at weight 1: tags, the end of the text."""
    LABEL = 2
    """The answer itself, often one token among a hundred."""
    REASONING = 3
    """The words around the answer. Learnt at weight 1, and what `drop_reasoning` may leave out."""


def token_weights(
    marks: Int[Tensor, "batch time"], *, label_weight: float = 1.0
) -> Float[Tensor, "batch time"]:
    """Weight of each token in a sum of log-probabilities.

        wₜ = 0 for CONTEXT, λ for LABEL, 1 otherwise

    Assumed: λ is ours. TaoSR1 (arXiv:2508.12365) trains on the plain sum, in which the label is one
    target among many and is starved; λ = 1 is that plain sum.
    """
    learnt = (marks != Mark.CONTEXT).to(torch.float32)
    return torch.where(marks == Mark.LABEL, label_weight, learnt)
