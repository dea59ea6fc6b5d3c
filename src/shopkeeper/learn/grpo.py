"""Group relative policy optimisation: a completion is judged by its siblings."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from shopkeeper.records import InvalidRequest


@dataclass(frozen=True, slots=True)
class GrpoConfig:
    """Values marked ROLL are those of DyKnow-RAG (arXiv:2510.11122), by TaoSR1's team and on its
    stack; TaoSR1 (arXiv:2508.12365) does not state its own."""

    group_size: int = 16
    """Completions of a prompt, 2 or more. ROLL."""
    max_completion_tokens: int = 256
    """Where a completion is cut, 1 or more."""
    clip: float = 0.2
    """ε of the ratio's clip, 0 … 1. ROLL."""
    kl_weight: float = 0.02
    """β of the tie to the reference, 0 or more; at 0 no reference is loaded. ROLL."""
    scale_by_std: bool = True
    """Divide a group's advantages by its standard deviation."""
    advantage_clamp: float | None = 2.0
    """Advantages are held within ± this; None leaves them. ROLL."""
    temperature: float = 0.99
    """Of sampling, more than 0; the loss uses the same. ROLL."""
    top_k: int | None = 100
    """Tokens to sample from, 1 or more; None is all. ROLL."""
    logprob_gap_limit: float = 0.1
    """Mean |rollout − trainer| log-probability of a batch, nats per token, that stops the run.
    Ours: two engines in bfloat16 differ by some hundredths."""

    def __post_init__(self) -> None:
        for name, least in (("group_size", 2), ("max_completion_tokens", 1)):
            if getattr(self, name) < least:
                raise InvalidRequest(f"{name} {getattr(self, name)}", expected=f"{least} or more")
        if self.top_k is not None and self.top_k < 1:
            raise InvalidRequest(f"top_k {self.top_k}", expected="1 or more, or None for all")
        if not 0 < self.clip < 1:
            raise InvalidRequest(f"clip {self.clip:g}", expected="between 0 and 1")
        if not 0 <= self.kl_weight < float("inf"):
            raise InvalidRequest(f"kl_weight {self.kl_weight:g}", expected="0 or more")
        for name in ("advantage_clamp", "temperature", "logprob_gap_limit"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise InvalidRequest(f"{name} {value:g}", expected="more than 0")


def group_advantages(
    rewards: Float[Tensor, "groups size"],
    *,
    scale_by_std: bool = True,
    clamp: float | None = None,
    eps: float = 1e-4,
) -> Float[Tensor, "groups size"]:
    """Credit of each completion relative to its group.

        Âᵢ = clamp((rᵢ − mean(r)) / (std(r) + ε), ±c)

    Shao et al. 2024, DeepSeekMath, arXiv:2402.03300 §4.1 (stated). `scale_by_std=False` drops the
    divisor (Liu et al. 2025, Dr. GRPO, arXiv:2503.20783). Reconstructed: the clamp, from TaoSR1's
    sibling (arXiv:2510.11122). Assumed: std over n − 1 and ε, which are TRL's.

    Args:
        rewards: NaN is a completion that nobody scored: it is left out of mean and std, its
            advantage is 0.

    A group of one score, or of equal ones, carries no signal: exact zeros.
    """
    is_scored = ~rewards.isnan()
    count = is_scored.sum(-1, keepdim=True)
    scored = rewards.nan_to_num(nan=0.0)
    mean = scored.sum(-1, keepdim=True) / count.clamp(min=1)
    centred = (rewards - mean).masked_fill(~is_scored, 0.0)
    if scale_by_std:
        variance = centred.square().sum(-1, keepdim=True) / (count - 1).clamp(min=1)
        advantages = centred / (variance.sqrt() + eps)
    else:
        advantages = centred
    best = rewards.nan_to_num(nan=-torch.inf).amax(-1, keepdim=True)
    worst = rewards.nan_to_num(nan=torch.inf).amin(-1, keepdim=True)
    advantages = advantages.masked_fill(best <= worst, 0.0)  # rounding would leave a little
    return advantages if clamp is None else advantages.clamp(-clamp, clamp)


def zero_advantage_share(advantages: Float[Tensor, "groups size"]) -> Float[Tensor, ""]:
    """Share of groups that teach nothing: every advantage is zero."""
    return (advantages == 0).all(-1).float().mean()


def clipped_surrogate(
    logprobs: Float[Tensor, "batch time"],
    old_logprobs: Float[Tensor, "batch time"],
    advantages: Float[Tensor, "batch time"],
    *,
    clip: float,
) -> Float[Tensor, "batch time"]:
    """What a token gains, as long as the policy stays near the one that wrote it.

        min(ρₜ Âₜ, clip(ρₜ, 1 − ε, 1 + ε) Âₜ),  ρₜ = π(oₜ) / π_old(oₜ)

    Schulman et al. 2017, PPO, arXiv:1707.06347 §3; Shao et al. 2024, arXiv:2402.03300 §4.1.
    One gradient step per rollout means π_old = π: ρ = 1, the clip is inert, and the gradient is
    that of Â · log π. A report must then not say that clipping was used.
    """
    ratio = torch.exp(logprobs - old_logprobs)
    return torch.minimum(ratio * advantages, ratio.clamp(1 - clip, 1 + clip) * advantages)


def k3_divergence(
    logprobs: Float[Tensor, "batch time"], reference_logprobs: Float[Tensor, "batch time"]
) -> Float[Tensor, "batch time"]:
    """Estimate of KL(π ‖ π_ref) from a token that π drew; never negative, 0 for equal models.

        k₃ = q − log q − 1,  q = π_ref(oₜ) / π(oₜ)

    Schulman 2020, "Approximating KL divergence"; Shao et al. 2024, arXiv:2402.03300 §4.1, which
    takes it into the loss as it stands. Its gradient is then not that of KL(π ‖ π_ref); for that
    DeepSeek-V3.2 (arXiv:2512.02556) weighs it by the ratio: TRL's default, and off here.
    """
    gap = reference_logprobs - logprobs
    return torch.exp(gap) - gap - 1


def grpo_loss(
    logprobs: Float[Tensor, "batch time"],
    old_logprobs: Float[Tensor, "batch time"],
    reference_logprobs: Float[Tensor, "batch time"],
    advantages: Float[Tensor, "batch time"],
    mask: Bool[Tensor, "batch time"],
    *,
    clip: float,
    kl_weight: float,
) -> Float[Tensor, ""]:
    """The objective with its sign turned; every completion weighs the same, however long.

        L = − 1/B Σᵢ 1/|oᵢ| Σₜ [ min(ρ Â, clip(ρ) Â) − β k₃ ]

    Shao et al. 2024, arXiv:2402.03300 §4.1 (stated; also stated for TaoSR1, arXiv:2508.12365).
    This is TRL's `loss_type="grpo"`, which the trainer uses; TRL's default, "dapo", divides by the
    tokens of the whole batch. Here it is in one piece, and a test holds the two together.

    Args:
        advantages: one for each token, so that steps can have their own.
        mask: the tokens that the policy wrote. A completion without any adds 0 and counts in B.
    """
    gain = clipped_surrogate(logprobs, old_logprobs, advantages, clip=clip)
    gain = gain - kl_weight * k3_divergence(logprobs, reference_logprobs)
    per_completion = (gain * mask).sum(-1) / mask.sum(-1).clamp(min=1)
    return -per_completion.mean()
