"""Advantages within a group, and the clipped objective."""

from __future__ import annotations

import math

import pytest
import torch

from shopkeeper.learn import (
    GrpoConfig,
    clipped_surrogate,
    group_advantages,
    grpo_loss,
    k3_divergence,
    zero_advantage_share,
)
from shopkeeper.records import InvalidRequest

NAN = float("nan")


def drawn(*shape: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return -2 * torch.rand(*shape, generator=generator, dtype=torch.float64)


def test_advantages_by_hand() -> None:
    # mean 1/4, squares 9/16 + 3/16 = 3/4, variance over 3: 1/4, std 1/2
    advantages = group_advantages(torch.tensor([[1.0, 0.0, 0.0, 0.0]]), eps=0)
    assert advantages.tolist() == [pytest.approx([1.5, -0.5, -0.5, -0.5])]
    unscaled = group_advantages(torch.tensor([[1.0, 0.0, 0.0, 0.0]]), scale_by_std=False)
    assert unscaled.tolist() == [pytest.approx([0.75, -0.25, -0.25, -0.25])]


def test_advantages_are_those_of_a_loop() -> None:
    rewards = drawn(3, 5, seed=1)
    advantages = group_advantages(rewards, eps=1e-4, clamp=1.0)
    for group, row in zip(rewards.tolist(), advantages.tolist(), strict=True):
        mean = sum(group) / 5
        std = math.sqrt(sum((r - mean) ** 2 for r in group) / 4)
        scaled = [(r - mean) / (std + 1e-4) for r in group]
        assert any(abs(value) > 1 for value in scaled)
        assert row == pytest.approx([min(max(value, -1), 1) for value in scaled])


@pytest.mark.parametrize("group", [[0.1] * 7, [0.3] * 7, [NAN] * 7, [NAN] * 6 + [5.0]])
def test_a_group_without_differences_teaches_nothing(group: list[float]) -> None:
    assert group_advantages(torch.tensor([group])).tolist() == [[0.0] * 7]


def test_a_completion_that_nobody_scored_is_as_if_absent() -> None:
    scored = group_advantages(torch.tensor([[1.0, 0.0, 4.0]]))
    assert group_advantages(torch.tensor([[1.0, NAN, 0.0, 4.0]])).tolist() == [
        pytest.approx([scored[0, 0].item(), 0.0, scored[0, 1].item(), scored[0, 2].item()])
    ]


def test_the_share_of_groups_that_teach_nothing() -> None:
    advantages = torch.tensor([[0.0, 0.0], [1.0, -1.0], [0.0, 0.0], [0.5, -0.5]])
    assert zero_advantage_share(advantages).item() == 0.5


def test_the_clip_holds_gains_and_never_losses() -> None:
    # ratio 2 with ε = 0.2: a gain of 1 is held at 1.2, a loss of 1 is the whole −2;
    # ratio 1/2: a gain is 1/2, a loss is held at −0.8
    new = torch.tensor([[math.log(2), math.log(2), -math.log(2), -math.log(2)]])
    advantages = torch.tensor([[1.0, -1.0, 1.0, -1.0]])
    gain = clipped_surrogate(new, torch.zeros(1, 4), advantages, clip=0.2)
    assert gain.tolist() == [pytest.approx([1.2, -2.0, 0.5, -0.8])]


def test_the_divergence_is_never_negative_and_zero_for_equal_models() -> None:
    policy, reference = drawn(3, 5, seed=1), drawn(3, 5, seed=2)
    assert (k3_divergence(policy, reference) > 0).all()
    assert (k3_divergence(policy, policy) == 0).all()
    # q = 1/2: 1/2 + ln 2 − 1
    half = k3_divergence(torch.tensor([[math.log(2)]]), torch.tensor([[0.0]]))
    assert half.item() == pytest.approx(math.log(2) - 0.5)


def looped_loss(
    new: torch.Tensor,
    old: torch.Tensor,
    reference: torch.Tensor,
    advantages: torch.Tensor,
    mask: torch.Tensor,
) -> torch.Tensor:
    total = torch.zeros((), dtype=torch.float64)
    for i in range(len(new)):
        of_completion = torch.zeros((), dtype=torch.float64)
        length = int(mask[i].sum())
        for t in range(new.shape[1]):
            if not mask[i, t]:
                continue
            ratio = torch.exp(new[i, t] - old[i, t])
            held = torch.clamp(ratio, 0.8, 1.2)
            gain = torch.min(ratio * advantages[i, t], held * advantages[i, t])
            q = torch.exp(reference[i, t] - new[i, t])
            of_completion = of_completion + gain - 0.05 * (q - torch.log(q) - 1)
        total = total - of_completion / max(length, 1)
    return total / len(new)


def test_values_and_gradients_of_the_loss_are_those_of_a_loop() -> None:
    new = drawn(3, 7, seed=1).requires_grad_()
    twin = new.detach().clone().requires_grad_()
    old, reference = drawn(3, 7, seed=2), drawn(3, 7, seed=3)
    advantages = 1 + drawn(3, 7, seed=4)
    mask = torch.arange(7) < torch.tensor([[7], [2], [0]])
    loss = grpo_loss(new, old, reference, advantages, mask, clip=0.2, kl_weight=0.05)
    expected = looped_loss(twin, old, reference, advantages, mask)
    loss.backward()
    expected.backward()
    assert loss.item() == pytest.approx(expected.item())
    assert new.grad is not None
    assert new.grad.abs().sum() > 0
    torch.testing.assert_close(new.grad, twin.grad)


def test_a_first_step_is_the_plain_policy_gradient_whatever_the_clip() -> None:
    new, mask = drawn(3, 5, seed=1).requires_grad_(), torch.ones(3, 5, dtype=torch.bool)
    advantages = 1 + drawn(3, 5, seed=2)
    gradients = []
    for clip in (0.2, 1e-6):
        loss = grpo_loss(new, new.detach(), new.detach(), advantages, mask, clip=clip, kl_weight=1)
        gradients.append(torch.autograd.grad(loss, new)[0])
    assert torch.equal(gradients[0], gradients[1])
    torch.testing.assert_close(gradients[0], -advantages / 5 / 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"group_size": 1},
        {"clip": 0.0},
        {"kl_weight": -0.1},
        {"advantage_clamp": 0.0},
        {"temperature": 0.0},
        {"top_k": 0},
        {"max_completion_tokens": 0},
        {"logprob_gap_limit": 0.0},
    ],
)
def test_a_config_is_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest, match=next(iter(wrong))):
        GrpoConfig(**wrong)
