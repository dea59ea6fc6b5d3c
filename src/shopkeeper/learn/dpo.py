"""Direct preference optimisation, with a weight on the label and a hold on what was chosen."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from shopkeeper.records import InvalidRequest


@dataclass(frozen=True, slots=True)
class DpoConfig:
    beta: float = 0.1
    """Strength of the tie to the reference, per nat, more than 0. Rafailov et al.'s usual value;
    TaoSR1's is not public."""
    label_token_weight: float = 1.0
    """Weight of LABEL tokens in a sequence's log-probability, more than 0; 1 is plain DPO. Ours."""
    sft_weight: float = 0.0
    """Weight of the chosen completion's mean NLL, 0 or more; 0 is plain DPO. Against chosen texts
    of another model losing probability together with the rejected ones."""

    def __post_init__(self) -> None:
        for name in ("beta", "label_token_weight"):
            if not 0 < getattr(self, name) < float("inf"):
                raise InvalidRequest(f"{name} {getattr(self, name):g}", expected="more than 0")
        if not 0 <= self.sft_weight < float("inf"):
            raise InvalidRequest(f"sft_weight {self.sft_weight:g}", expected="0 or more")


def implicit_reward(
    logprobs: Float[Tensor, "batch time"],
    reference_logprobs: Float[Tensor, "batch time"],
    weights: Float[Tensor, "batch time"],
    *,
    beta: float,
) -> Float[Tensor, " batch"]:
    """What a policy, by being what it is, says a completion is worth.

        r̂(x, y) = β Σₜ wₜ · (log π(yₜ) − log π_ref(yₜ))

    Rafailov et al. 2023, DPO, arXiv:2305.18290 §4, up to the term that depends on x alone.
    Deviation: the weights (`token_weights`); with 0 and 1 it is theirs. Equal models: zeros.
    """
    return beta * (weights * (logprobs - reference_logprobs)).sum(-1)


def dpo_loss(
    chosen_rewards: Float[Tensor, " batch"], rejected_rewards: Float[Tensor, " batch"]
) -> Float[Tensor, ""]:
    """How surprised the implicit rewards are by the preferences.

        L = − mean log σ(r̂(x, y⁺) − r̂(x, y⁻))

    Rafailov et al. 2023, arXiv:2305.18290 §4 (stated; also stated for TaoSR1's second stage,
    arXiv:2508.12365). A pair of equal texts teaches nothing: its loss is log 2 and has no gradient.
    """
    return -functional.logsigmoid(chosen_rewards - rejected_rewards).mean()


def label_reward_share(
    label_margins: Float[Tensor, " batch"], other_margins: Float[Tensor, " batch"]
) -> Float[Tensor, ""]:
    """Share of the pairs' margins that sits on the label tokens, 0 … 1.

        s = Σ |m_label| / (Σ |m_label| + Σ |m_other|),  m = r̂(y⁺) − r̂(y⁻) over those tokens

    Ours, to see whether DPO learns the answer or the wording: two completions often differ in their
    label and then in a hundred words of paraphrase. NaN where both are zero, as at the first step.
    """
    on_label = label_margins.abs().sum()
    return on_label / (on_label + other_margins.abs().sum())
