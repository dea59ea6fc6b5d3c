"""The policy gradient over a few arms, without sampling."""

from __future__ import annotations

import math

import pytest
import torch

from shopkeeper.learn import exact_advantages, exact_arms_loss, group_advantages


def logits(rows: int = 3, arms: int = 5, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(rows, arms, generator=generator, dtype=torch.float64).requires_grad_()


def test_two_arms_by_hand() -> None:
    # p = (3/4, 1/4), r = (1, 0): mean 3/4, σ² = 3/4·1/16 + 1/4·9/16 = 3/16
    p = torch.tensor([[0.75, 0.25]])
    advantages = exact_advantages(p, torch.tensor([[1.0, 0.0]]), eps=0)
    sigma = math.sqrt(3 / 16)
    assert advantages.tolist() == [pytest.approx([0.25 / sigma, -0.75 / sigma])]


def test_the_gradient_is_the_sum_over_the_arms() -> None:
    z, rewards = logits(), torch.rand(3, 5, dtype=torch.float64)
    exact_arms_loss(z, rewards).backward()
    expected = torch.zeros_like(z)
    for i in range(3):
        p = z.detach()[i].softmax(0)
        mean = (p * rewards[i]).sum()
        sigma = (p * (rewards[i] - mean) ** 2).sum().sqrt()
        for a in range(5):
            advantage = (rewards[i, a] - mean) / (sigma + 1e-4)
            score = torch.eye(5, dtype=torch.float64)[a] - p  # ∇ log p(a)
            expected[i] -= p[a] * advantage * score / 3
    assert expected.abs().sum() > 0
    torch.testing.assert_close(z.grad, expected)


def test_it_is_what_sampled_groups_tend_to() -> None:
    z, rewards = logits(rows=1, arms=3), torch.tensor([[1.0, 0.0, 0.3]], dtype=torch.float64)
    exact_arms_loss(z, rewards).backward()
    p = z.detach().softmax(-1)[0]
    drawn = torch.multinomial(
        p, 40_000, replacement=True, generator=torch.Generator().manual_seed(1)
    )
    advantages = group_advantages(rewards[:, drawn])[0]
    scores = torch.eye(3, dtype=torch.float64)[drawn] - p
    sampled = -(advantages[:, None] * scores).mean(0)
    torch.testing.assert_close(z.grad, sampled[None], atol=0.02, rtol=0)


def test_right_or_wrong_is_cross_entropy_weighted_by_the_right_arm_s_probability() -> None:
    z = logits()
    right = torch.tensor([2, 0, 4])
    rewards = torch.eye(5, dtype=torch.float64)[right]
    exact_arms_loss(z, rewards, scale_by_std=False).backward()
    twin = z.detach().clone().requires_grad_()
    p = twin.detach().softmax(-1).gather(1, right[:, None])[:, 0]
    cross_entropy = torch.nn.functional.cross_entropy(twin, right, reduction="none")
    (p * cross_entropy).mean().backward()
    torch.testing.assert_close(z.grad, twin.grad)


@pytest.mark.parametrize("rewards", [[[0.3] * 5] * 3, [[0.0] * 5] * 3])
def test_equal_rewards_teach_nothing(rewards: list[list[float]]) -> None:
    z = logits()
    exact_arms_loss(z, torch.tensor(rewards, dtype=torch.float64)).backward()
    torch.testing.assert_close(z.grad, torch.zeros_like(z), atol=1e-9, rtol=0)


def test_one_arm_teaches_nothing() -> None:
    z = logits(arms=1)
    exact_arms_loss(z, torch.ones(3, 1, dtype=torch.float64)).backward()
    torch.testing.assert_close(z.grad, torch.zeros_like(z))
