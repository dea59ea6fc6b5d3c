"""How does credit become gradient? One file per algorithm; no shopping word here.

Here are the algorithms' arithmetic and their configs. `shopkeeper.learn.trainers` runs them.
"""

from shopkeeper.learn.dpo import DpoConfig, dpo_loss, implicit_reward, label_reward_share
from shopkeeper.learn.dynamic_sampling import (
    DynamicSamplingConfig,
    Refilled,
    balanced_pool,
    coefficient_of_variation,
    is_accepted,
    masked,
    refill,
    right_counts,
    right_histogram,
)
from shopkeeper.learn.exact_arms import ExactArmsConfig, exact_advantages, exact_arms_loss
from shopkeeper.learn.grpo import (
    GrpoConfig,
    clipped_surrogate,
    group_advantages,
    grpo_loss,
    k3_divergence,
    zero_advantage_share,
)
from shopkeeper.learn.marks import Mark, token_weights
from shopkeeper.learn.run_config import RunConfig
from shopkeeper.learn.sft import SftConfig, drop_reasoning, weighted_nll

__all__ = [
    "DpoConfig",
    "DynamicSamplingConfig",
    "ExactArmsConfig",
    "GrpoConfig",
    "Mark",
    "Refilled",
    "RunConfig",
    "SftConfig",
    "balanced_pool",
    "clipped_surrogate",
    "coefficient_of_variation",
    "dpo_loss",
    "drop_reasoning",
    "exact_advantages",
    "exact_arms_loss",
    "group_advantages",
    "grpo_loss",
    "implicit_reward",
    "is_accepted",
    "k3_divergence",
    "label_reward_share",
    "masked",
    "refill",
    "right_counts",
    "right_histogram",
    "token_weights",
    "weighted_nll",
    "zero_advantage_share",
]
