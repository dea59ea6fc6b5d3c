"""Are the log-probabilities, and their gradients, those of log_softmax over all logits?"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from transformers import Gemma2Config, Gemma2ForCausalLM, LlamaForCausalLM

from nn.small import llama, random_ids
from shopkeeper.nn import token_logprobs
from shopkeeper.records import InvalidRequest

PROMPTS, COMPLETIONS = (5, 2, 3), (4, 7, 1)


def batch() -> tuple[Tensor, Tensor]:
    """Prompts padded to 5 on the left, completions to 7 on the right."""
    ids, mask = torch.zeros(3, 12, dtype=torch.long), torch.zeros(3, 12, dtype=torch.long)
    rows = random_ids([p + c for p, c in zip(PROMPTS, COMPLETIONS, strict=True)], 23)
    for row, (values, prompt) in enumerate(zip(rows, PROMPTS, strict=True)):
        start = 5 - prompt
        ids[row, start : start + len(values)] = torch.tensor(values)
        mask[row, start : start + len(values)] = 1
    return ids, mask


def slow(model: LlamaForCausalLM, ids: Tensor, mask: Tensor, temperature: float = 1.0) -> Tensor:
    """Each row alone and without padding."""
    found = torch.zeros(3, 7)
    for row in range(3):
        own = ids[row][mask[row].bool()][None]
        every = (model(own).logits[0, :-1] / temperature).log_softmax(-1)
        chosen = every.gather(-1, own[0, 1:, None])[:, 0][PROMPTS[row] - 1 :]
        found = found.index_put((torch.tensor(row), torch.arange(len(chosen))), chosen)
    return found


@pytest.mark.parametrize("logits_at_once", [1, 23 * 5, 10**6])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_values_and_gradients_are_those_of_log_softmax(
    logits_at_once: int, temperature: float
) -> None:
    ids, mask = batch()
    weights = torch.rand(3, 7, generator=torch.Generator().manual_seed(1))
    ours, theirs = llama(), llama()
    expected = slow(theirs, ids, mask, temperature)
    found = token_logprobs(
        ours,
        ids,
        mask,
        completion_tokens=7,
        temperature=temperature,
        logits_at_once=logits_at_once,
    )
    assert expected.count_nonzero() == sum(COMPLETIONS)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert not found[mask[:, -7:] == 0].any()
    (found * weights).sum().backward()
    (expected * weights).sum().backward()
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert mine.grad is not None
        assert mine.grad.abs().max() > 0
        torch.testing.assert_close(mine.grad, other.grad, atol=1e-5, rtol=1e-4)


def test_no_more_logits_are_made_at_once_than_allowed() -> None:
    ids, mask = batch()
    model, made = llama(), []
    model.lm_head.register_forward_hook(lambda _layer, _input, logits: made.append(logits.shape))
    token_logprobs(model, ids, mask, completion_tokens=7, logits_at_once=23 * 5).sum().backward()
    # 12 tokens that are no padding, in chunks of 5: forward, then once more in the backward pass.
    assert sorted(shape[0] for shape in made) == [2, 2, 5, 5, 5, 5]


def test_a_batch_of_padding_alone_is_zero() -> None:
    ids, mask = batch()
    mask[:, -2:] = 0
    found = token_logprobs(llama(), ids, mask, completion_tokens=2)
    assert found.tolist() == [[0.0] * 2] * 3


def test_wrong_arguments_and_capped_logits_are_refused() -> None:
    ids, mask = batch()
    for completion in (0, 12):
        with pytest.raises(InvalidRequest, match=r"completion_tokens \d+; expected 1 … 11"):
            token_logprobs(llama(), ids, mask, completion_tokens=completion)
    with pytest.raises(InvalidRequest, match="temperature 0; expected above 0"):
        token_logprobs(llama(), ids, mask, completion_tokens=7, temperature=0.0)
    gemma = Gemma2ForCausalLM(
        Gemma2Config(
            vocab_size=23,
            hidden_size=8,
            intermediate_size=8,
            num_hidden_layers=1,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=4,
        )
    )
    with pytest.raises(InvalidRequest, match="'gemma2' changes by its final_logit_softcapping"):
        token_logprobs(gemma, ids, mask, completion_tokens=7)
