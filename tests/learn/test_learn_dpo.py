"""Implicit rewards, their loss, and where they sit."""

from __future__ import annotations

import math

import pytest
import torch

from shopkeeper.learn import (
    DpoConfig,
    Mark,
    dpo_loss,
    implicit_reward,
    label_reward_share,
    token_weights,
)
from shopkeeper.records import InvalidRequest


def drawn(*shape: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return -2 * torch.rand(*shape, generator=generator, dtype=torch.float64)


def test_an_implicit_reward_by_hand() -> None:
    # 0.1 · (4 · (−1 − −3) + 1 · (−2 − −1)) = 0.1 · (8 − 1) = 0.7; the first token is context
    weights = token_weights(
        torch.tensor([[Mark.CONTEXT, Mark.LABEL, Mark.REASONING]]), label_weight=4
    )
    policy, reference = torch.tensor([[-5.0, -1.0, -2.0]]), torch.tensor([[-9.0, -3.0, -1.0]])
    assert implicit_reward(policy, reference, weights, beta=0.1).tolist() == pytest.approx([0.7])


def test_the_loss_by_hand() -> None:
    # −log σ(ln 3) = −log(3/4); equal rewards cost log 2
    rewards = torch.tensor([math.log(3.0), 0.5])
    expected = (math.log(4 / 3) + math.log(2)) / 2
    assert dpo_loss(rewards, torch.tensor([0.0, 0.5])).item() == pytest.approx(expected)


def test_values_and_gradients_are_those_of_a_loop() -> None:
    chosen, rejected = drawn(3, 5, seed=1).requires_grad_(), drawn(3, 7, seed=2).requires_grad_()
    reference = drawn(3, 5, seed=3), drawn(3, 7, seed=4)
    weights = 1 - drawn(3, 5, seed=5), 1 - drawn(3, 7, seed=6)
    loss = dpo_loss(
        implicit_reward(chosen, reference[0], weights[0], beta=0.3),
        implicit_reward(rejected, reference[1], weights[1], beta=0.3),
    )
    loss.backward()
    total = 0.0
    expected = torch.zeros_like(chosen), torch.zeros_like(rejected)
    for i in range(3):
        margin = 0.0
        for side, policy in enumerate((chosen, rejected)):
            for t in range(policy.shape[1]):
                gap = policy[i, t].item() - reference[side][i, t].item()
                margin += (1 - 2 * side) * 0.3 * weights[side][i, t].item() * gap
        total += math.log(1 + math.exp(-margin))
        surprise = 1 / (1 + math.exp(margin))
        for side in (0, 1):
            expected[side][i] = -(1 - 2 * side) * surprise * 0.3 * weights[side][i] / 3
    assert loss.item() == pytest.approx(total / 3)
    torch.testing.assert_close(chosen.grad, expected[0])
    torch.testing.assert_close(rejected.grad, expected[1])


def test_with_weights_of_one_it_is_plain_dpo() -> None:
    policy, reference = drawn(4, 5, seed=1), drawn(4, 5, seed=2)
    marks = torch.tensor([[Mark.LABEL, Mark.REASONING, Mark.PLAIN, Mark.PLAIN, Mark.CONTEXT]] * 4)
    is_learnt = (marks != Mark.CONTEXT).double()
    plain = 0.1 * ((policy * is_learnt).sum(1) - (reference * is_learnt).sum(1))
    torch.testing.assert_close(
        implicit_reward(policy, reference, token_weights(marks), beta=0.1), plain
    )
    heavier = implicit_reward(policy, reference, token_weights(marks, label_weight=9), beta=0.1)
    assert not torch.allclose(heavier, plain)


def test_equal_models_have_no_reward() -> None:
    policy = drawn(2, 3, seed=1)
    assert implicit_reward(policy, policy, torch.ones(2, 3), beta=0.1).tolist() == [0, 0]


def test_the_label_s_share_by_hand() -> None:
    # |2| + |−1| = 3 on labels, |0.5| + |0.5| = 1 elsewhere: 3 of 4
    share = label_reward_share(torch.tensor([2.0, -1.0]), torch.tensor([0.5, -0.5]))
    assert share.item() == pytest.approx(0.75)
    assert label_reward_share(torch.zeros(2), torch.zeros(2)).isnan()


@pytest.mark.parametrize("wrong", [{"beta": 0.0}, {"label_token_weight": -1.0}, {"sft_weight": -1}])
def test_a_config_is_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest, match=next(iter(wrong))):
        DpoConfig(**wrong)
