"""Is what is read once, and shared, the same as what is read each time?"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaForCausalLM,
    PreTrainedModel,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from nn.small import llama, random_ids
from shopkeeper.nn import PrefixScorer, token_saving
from shopkeeper.nn.prefix_scorer import length_batches
from shopkeeper.records import InvalidRequest

INSTRUCTION, QUERY = random_ids([7, 3], 23, seed=4)
SUFFIXES = random_ids([5, 1, 11, 2, 5, 13, 3], 23, seed=5)
TOLERANCE = 1e-4


def unshared(model: PreTrainedModel, rows: Sequence[Sequence[int]], side: str = "none") -> Tensor:
    """Last logits of each whole row: alone, or in one batch that is padded on a side."""
    with torch.no_grad():
        if side == "none":
            return torch.stack([model(torch.tensor([row])).logits[0, -1] for row in rows])
        width = max(map(len, rows))
        ids, mask = torch.zeros(len(rows), width, dtype=torch.long), torch.zeros(len(rows), width)
        for place, row in enumerate(rows):
            start = width - len(row) if side == "left" else 0
            ids[place, start : start + len(row)] = torch.tensor(row)
            mask[place, start : start + len(row)] = 1
        positions = (mask.cumsum(1) - 1).clamp(min=0).long()
        logits = model(ids, attention_mask=mask.long(), position_ids=positions).logits
        last = [width - 1 if side == "left" else len(row) - 1 for row in rows]
        return torch.stack([logits[place, end] for place, end in enumerate(last)])


@pytest.fixture(scope="module")
def scored_model() -> LlamaForCausalLM:
    return llama(seed=1)


@pytest.mark.parametrize("side", ["none", "left", "right"])
@pytest.mark.parametrize("tokens_per_batch", [1, 17, 10_000])
def test_shared_logits_are_the_unshared_ones(
    scored_model: LlamaForCausalLM, side: str, tokens_per_batch: int
) -> None:
    scorer = PrefixScorer(scored_model, INSTRUCTION, tokens_per_batch=tokens_per_batch)
    whole = [INSTRUCTION + QUERY + suffix for suffix in SUFFIXES]
    expected = unshared(llama(seed=1), whole, side)
    found = scorer.score(QUERY, SUFFIXES)
    torch.testing.assert_close(found.logits, expected, atol=TOLERANCE, rtol=0)
    # The suffixes do matter, and so does the query.
    assert (expected[0] - expected[1:]).abs().amax(1).min() > 0.1
    other = scorer.score(QUERY[::-1], SUFFIXES).logits
    assert (other - expected).abs().max() > 0.1
    assert found.suffix_tokens == sum(map(len, SUFFIXES))


@pytest.mark.parametrize(
    ("instruction", "query"), [(INSTRUCTION, []), ([], QUERY), ([], []), (INSTRUCTION[:1], [])]
)
def test_either_level_may_be_empty(
    scored_model: LlamaForCausalLM, instruction: list[int], query: list[int]
) -> None:
    found = PrefixScorer(scored_model, instruction).score(query, SUFFIXES)
    expected = unshared(scored_model, [instruction + query + suffix for suffix in SUFFIXES])
    torch.testing.assert_close(found.logits, expected, atol=TOLERANCE, rtol=0)


def test_one_suffix_none_and_a_single_token(scored_model: LlamaForCausalLM) -> None:
    scorer = PrefixScorer(scored_model, INSTRUCTION)
    for suffix in (SUFFIXES[0], SUFFIXES[1]):
        found = scorer.score(QUERY, [suffix])
        expected = unshared(scored_model, [INSTRUCTION + QUERY + suffix])
        torch.testing.assert_close(found.logits, expected, atol=TOLERANCE, rtol=0)
        assert found.pad_waste == 0
    assert len(SUFFIXES[1]) == 1
    none = scorer.score(QUERY, [])
    assert none.logits.shape == (0, 23)
    assert (none.suffix_tokens, none.padded_tokens, none.pad_waste) == (0, 0, 0)


def test_only_the_wanted_columns_come(scored_model: LlamaForCausalLM) -> None:
    scorer = PrefixScorer(scored_model, INSTRUCTION)
    every = scorer.score(QUERY, SUFFIXES).logits
    assert torch.equal(scorer.score(QUERY, SUFFIXES, keep=(9, 2)).logits, every[:, [9, 2]])
    assert scorer.score(QUERY, [], keep=(9, 2)).logits.shape == (0, 2)


def test_an_instruction_serves_many_queries_and_is_not_written_to(
    scored_model: LlamaForCausalLM,
) -> None:
    scorer = PrefixScorer(scored_model, INSTRUCTION)
    first = scorer.score(QUERY, SUFFIXES).logits
    scorer.score(SUFFIXES[5], SUFFIXES[:3])
    assert torch.equal(scorer.score(QUERY, SUFFIXES).logits, first)


@pytest.mark.parametrize("kind", ["gpt2", "qwen3"])
def test_other_models_share_too(kind: str) -> None:
    """Learnt positions without key groups; normalised queries and wide heads with them."""
    if kind == "gpt2":
        small = GPT2Config(vocab_size=23, n_embd=12, n_layer=2, n_head=3, initializer_range=0.4)
        model: PreTrainedModel = GPT2LMHeadModel(small).eval()
    else:
        config = Qwen3Config(
            vocab_size=23,
            hidden_size=12,
            intermediate_size=11,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=10,
            initializer_range=0.4,
        )
        model = Qwen3ForCausalLM(config).eval()
    whole = [INSTRUCTION + QUERY + suffix for suffix in SUFFIXES]
    expected = unshared(model, whole)
    found = PrefixScorer(model, INSTRUCTION, tokens_per_batch=30).score(QUERY, SUFFIXES)
    torch.testing.assert_close(found.logits, expected, atol=TOLERANCE, rtol=0)
    torch.testing.assert_close(unshared(model, whole, "left"), expected, atol=TOLERANCE, rtol=0)


def test_training_goes_on_as_before(scored_model: LlamaForCausalLM) -> None:
    """What is shared leaves a model's mode, and its own forward with gradients, alone."""
    model, untouched = llama(seed=1).train(), llama(seed=1).train()
    PrefixScorer(model, INSTRUCTION).score(QUERY, SUFFIXES)
    assert model.training
    ids = torch.tensor([INSTRUCTION])
    losses = [m(ids, labels=ids).loss for m in (model, untouched)]
    assert torch.equal(losses[0], losses[1])
    for loss in losses:
        loss.backward()
    assert torch.equal(model.lm_head.weight.grad, untouched.lm_head.weight.grad)


def test_batches_are_sorted_by_length_within_the_budget() -> None:
    lengths = [3, 9, 3, 4, 30, 5]
    # 30 is alone; 20 // 9 = 2 rows of 9; 20 // 4 = 5 rows of 4.
    assert list(length_batches(lengths, 20)) == [[4], [1, 5], [3, 0, 2]]
    assert list(length_batches([], 20)) == []


def test_waste_is_what_padding_takes(scored_model: LlamaForCausalLM) -> None:
    suffixes = random_ids([4, 2, 3, 1], 23)
    found = PrefixScorer(scored_model, [], tokens_per_batch=8).score(QUERY, suffixes)
    # 8 // 4 = 2 rows of 4 for lengths 4 and 3, then 2 rows of 2 for lengths 2 and 1.
    assert (found.suffix_tokens, found.padded_tokens) == (10, 12)
    assert found.pad_waste == pytest.approx(1 / 6)
    sorted_waste = PrefixScorer(scored_model, [], tokens_per_batch=10**4).score(QUERY, suffixes)
    assert sorted_waste.pad_waste == pytest.approx(1 - 10 / 16)


def test_the_saving_is_counted_in_tokens() -> None:
    # 2 requests of 3 suffixes: 2 · (3 · 50 + 12) = 324 tokens, against 40 + 2 · (10 + 12) = 84.
    assert token_saving(40, 10, [3, 4, 5], requests=2) == pytest.approx(324 / 84)
    assert token_saving(40, 10, [7]) == 1.0
    assert token_saving(0, 0, [7, 8], requests=9) == 1.0
    assert token_saving(40, 10, []) == 1.0


def test_what_cannot_be_scored_is_said(scored_model: LlamaForCausalLM) -> None:
    scorer = PrefixScorer(scored_model, INSTRUCTION)
    with pytest.raises(InvalidRequest, match="suffix 1: an empty suffix"):
        scorer.score(QUERY, [[3], []])
    with pytest.raises(InvalidRequest, match="90 tokens at once; expected at most 89"):
        scorer.score(QUERY, [[3] * 80])
    with pytest.raises(InvalidRequest, match="tokens_per_batch 0"):
        PrefixScorer(scored_model, INSTRUCTION, tokens_per_batch=0)
    sliding = Qwen3Config(
        vocab_size=23,
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        use_sliding_window=True,
        sliding_window=4,
        max_window_layers=1,
    )
    with pytest.raises(InvalidRequest, match=r"no shared prefixes for 'qwen3'.*every token"):
        PrefixScorer(Qwen3ForCausalLM(sliding), INSTRUCTION)
