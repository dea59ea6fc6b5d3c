"""The policy gradient without sampling, where the answer is one of a few arms."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, slots=True)
class ExactArmsConfig:
    scale_by_std: bool = True
    """Divide advantages by the standard deviation, as the GRPO run that it is compared with."""


def exact_advantages(
    probabilities: Float[Tensor, "batch arms"],
    rewards: Float[Tensor, "batch arms"],
    *,
    scale_by_std: bool = True,
    eps: float = 1e-4,
) -> Float[Tensor, "batch arms"]:
    """Advantage of each arm in a group of infinite size.

        Â(a) = (r(a) − Σ_b p(b) r(b)) / (σ_p(r) + ε)

    Ours: what `group_advantages` tends to. Probabilities are taken as given, without gradient.
    An arm that is certain, or equal rewards: the advantages of all arms that can occur are zero.
    """
    p = probabilities.detach()
    centred = rewards - (p * rewards).sum(-1, keepdim=True)
    if not scale_by_std:
        return centred
    return centred / ((p * centred.square()).sum(-1, keepdim=True).sqrt() + eps)


def exact_arms_loss(
    arm_logits: Float[Tensor, "batch arms"],
    rewards: Float[Tensor, "batch arms"],
    *,
    scale_by_std: bool = True,
) -> Float[Tensor, ""]:
    """Loss whose gradient is the expected policy gradient over the arms, with no variance.

        L = − mean Σ_a p(a) Â(a),  p = softmax(z over the arms)
        ∇L = − mean Σ_a p(a) Â(a) ∇log p(a)

    Ours, the control of TaoSR1's reinforcement learning (arXiv:2508.12365), whose reward depends on
    a first token out of four: what GRPO gains over this is not the gradient of its reward.
    With rewards of 0 and 1 and no scaling it is cross-entropy, weighted by the probability of the
    right arm (a test shows it), hence the second control: as many steps of plain SFT.

    Args:
        arm_logits: of the arms' tokens at the place of the answer; other tokens are left out, so
            what mass they have is not seen. One arm, or equal rewards: no gradient.
    """
    p = arm_logits.softmax(-1)
    advantages = exact_advantages(p, rewards, scale_by_std=scale_by_std)
    return -(p * advantages).sum(-1).mean()
