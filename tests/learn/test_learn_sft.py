"""Weights of tokens, what drops out, and the loss over what is left."""

from __future__ import annotations

import math

import pytest
import torch

from shopkeeper.learn import Mark, SftConfig, drop_reasoning, token_weights, weighted_nll
from shopkeeper.records import InvalidRequest

C, P, L, R = Mark.CONTEXT, Mark.PLAIN, Mark.LABEL, Mark.REASONING
MARKS = torch.tensor([[C, L, R, R, P], [C, C, L, R, C]])


def random_batch(rows: int = 3, time: int = 7) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    logprobs = -3 * torch.rand(rows, time, generator=generator, dtype=torch.float64)
    marks = torch.randint(0, 4, (rows, time), generator=generator)
    return logprobs.requires_grad_(), marks


def test_a_label_counts_as_often_as_its_weight_says_and_context_never() -> None:
    assert token_weights(MARKS, label_weight=12).tolist() == [[0, 12, 1, 1, 1], [0, 0, 12, 1, 0]]


def test_the_weighted_mean_by_hand() -> None:
    # (3·2 + 1·4 + 1·0.5) / (3 + 1 + 1) = 10.5 / 5 = 2.1; the prompt's −9 has no weight
    logprobs = torch.tensor([[-9.0, -2.0, -4.0, -0.5]])
    weights = token_weights(torch.tensor([[C, L, R, P]]), label_weight=3)
    assert weighted_nll(logprobs, weights).item() == pytest.approx(2.1)


def test_values_and_gradients_are_those_of_a_loop() -> None:
    logprobs, marks = random_batch()
    weights = token_weights(marks, label_weight=5.0)
    loss = weighted_nll(logprobs, weights)
    total, mass = 0.0, 0.0
    expected = torch.zeros_like(logprobs)
    for i, row in enumerate(marks.tolist()):
        for t, mark in enumerate(row):
            weight = {C: 0.0, L: 5.0, R: 1.0, P: 1.0}[mark]
            total -= weight * logprobs[i, t].item()
            mass += weight
            expected[i, t] = -weight
    loss.backward()
    assert loss.item() == pytest.approx(total / mass)
    assert logprobs.grad is not None
    torch.testing.assert_close(logprobs.grad, expected / mass)


def test_without_weights_it_is_the_cross_entropy_of_the_completion() -> None:
    logits = torch.randn(3, 7, 11, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    targets = torch.randint(0, 11, (3, 7), generator=torch.Generator().manual_seed(2))
    _, marks = random_batch()
    logprobs = logits.log_softmax(-1).gather(-1, targets[..., None])[..., 0]
    expected = torch.nn.functional.cross_entropy(
        logits.view(-1, 11), targets.masked_fill(marks == C, -100).view(-1)
    )
    assert (marks == L).any()
    torch.testing.assert_close(weighted_nll(logprobs, token_weights(marks)), expected)
    assert weighted_nll(logprobs, token_weights(marks, label_weight=3)) != expected


def test_parts_of_a_step_add_up_to_the_step() -> None:
    logprobs, marks = random_batch(rows=5)
    weights = token_weights(marks, label_weight=7)
    whole = weighted_nll(logprobs, weights)
    parts = [
        weighted_nll(logprobs[rows], weights[rows], total=weights.sum())
        for rows in (slice(0, 2), slice(2, 5))
    ]
    torch.testing.assert_close(sum(parts), whole)
    assert sum(weighted_nll(logprobs[r], weights[r]) for r in (slice(0, 2), slice(2, 5))) != whole


def test_a_batch_without_weight_costs_nothing() -> None:
    assert weighted_nll(torch.full((2, 3), -4.0), torch.zeros(2, 3)).item() == 0


def test_only_reasoning_drops_out_and_about_as_much_as_asked() -> None:
    marks = torch.tensor([[C, L, P] + [R] * 997])
    weights = token_weights(marks, label_weight=12)
    left = drop_reasoning(weights, marks, 0.3, torch.Generator().manual_seed(0))
    assert left[0, :3].tolist() == [0, 12, 1]
    share = 1 - left[0, 3:].mean().item()
    assert abs(share - 0.3) < 4 * math.sqrt(0.3 * 0.7 / 997)


def test_at_rate_zero_nothing_is_drawn() -> None:
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    weights = token_weights(MARKS)
    assert drop_reasoning(weights, MARKS, 0.0, generator) is weights
    assert torch.equal(generator.get_state(), before)


@pytest.mark.parametrize(
    "wrong", [{"label_weight": 0.0}, {"reasoning_dropout": 1.0}, {"reasoning_dropout": -0.1}]
)
def test_a_config_is_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest, match=next(iter(wrong))):
        SftConfig(**wrong)
