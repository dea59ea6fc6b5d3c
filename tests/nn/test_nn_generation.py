"""Is what is written next to each other what the model would have written alone?"""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
import torch
from scipy.stats import chisquare
from torch import Tensor
from transformers import LlamaForCausalLM

from nn.small import llama, random_ids
from shopkeeper.nn import Completion, SamplingConfig, generate, token_logprobs
from shopkeeper.nn.generation import sample
from shopkeeper.nn.generation_bench import generation_cost
from shopkeeper.records import InvalidRequest

EVEN, UNEVEN = random_ids([7, 7, 7], 23, seed=8), random_ids([3, 13, 1, 7, 7], 23, seed=9)
GREEDY = SamplingConfig(max_new_tokens=17, temperature=0)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def alone(model: LlamaForCausalLM, prompt: list[int], tokens: int) -> list[int]:
    """transformers' greedy completion of one prompt."""
    ids = model.generate(torch.tensor([prompt]), do_sample=False, max_new_tokens=tokens)
    return list(ids[0, len(prompt) :].tolist())


@pytest.mark.parametrize("prompts", [EVEN, UNEVEN], ids=["even", "uneven"])
@pytest.mark.parametrize("group", [1, 3])
@pytest.mark.parametrize("rows", [2, 128])
def test_greedy_is_theirs_token_by_token(prompts: list[list[int]], group: int, rows: int) -> None:
    config = SamplingConfig(max_new_tokens=17, temperature=0, rows=rows)
    found = generate(llama(seed=3), prompts, config, group=group)
    expected = [alone(llama(seed=3), prompt, 17) for prompt in prompts]
    assert len({tuple(ids) for ids in expected}) > 1
    for prompt_ids, completions in zip(expected, found, strict=True):
        assert [list(completion.ids) for completion in completions] == [prompt_ids] * group


def test_a_completion_ends_at_its_end_token() -> None:
    model = llama(seed=3)
    model.generation_config.eos_token_id = [1, 4, 9, 14]
    found = generate(model, UNEVEN, SamplingConfig(9), group=11, generator=seeded())
    completions = [completion for group in found for completion in group]
    lengths = Counter(len(completion.ids) for completion in completions)
    assert len(lengths) > 5
    for completion in completions:
        assert not set(completion.ids[:-1]) & {1, 4, 9, 14}
        assert completion.has_ended == (completion.ids[-1] in {1, 4, 9, 14})
        assert completion.has_ended or len(completion.ids) == 9
        assert len(completion.logprobs) == len(completion.ids)
    assert {completion.has_ended for completion in completions} == {True, False}


def test_no_time_is_spent_on_what_has_ended() -> None:
    model, read = llama(seed=3), []
    model.generation_config.eos_token_id = [1, 4, 9, 14]
    model.model.register_forward_pre_hook(
        lambda _model, _args, given: read.append(tuple(given["input_ids"].shape)), with_kwargs=True
    )
    found = generate(model, UNEVEN, SamplingConfig(9), group=11, generator=seeded())
    completions = [completion for group in found for completion in group]
    # Each prompt once, padded to 13; then, after token t, a row for each that still goes on.
    alive = [sum(len(c.ids) > step for c in completions) for step in range(1, 9)]
    assert read == [(5, 13), *((rows, 1) for rows in alive if rows)]
    assert 55 > alive[0] > alive[4]


def test_log_probabilities_are_the_models_own_before_temperature() -> None:
    model = llama(seed=3)
    model.generation_config.eos_token_id = [1, 4]
    config = SamplingConfig(9, temperature=0.6, top_k=5)
    found = generate(model, UNEVEN, config, group=3, generator=seeded())
    for prompt, completions in zip(UNEVEN, found, strict=True):
        for completion in completions:
            ids = torch.tensor([[*prompt, *completion.ids]])
            with torch.no_grad():
                expected = token_logprobs(
                    llama(seed=3),
                    ids,
                    torch.ones_like(ids),
                    completion_tokens=len(completion.ids),
                )
            assert completion.logprobs == pytest.approx(expected[0].tolist(), abs=1e-4)


def test_the_same_seed_draws_the_same_whatever_the_batches() -> None:
    model = llama(seed=3)

    def drawn(seed: int, rows: int) -> list[list[tuple[int, ...]]]:
        config = SamplingConfig(11, rows=rows)
        found = generate(model, UNEVEN, config, group=4, generator=seeded(seed))
        return [[completion.ids for completion in group] for group in found]

    first = drawn(5, rows=128)
    assert drawn(5, rows=128) == first
    assert drawn(5, rows=4) == drawn(5, rows=9) == first
    assert drawn(6, rows=128) != first
    assert len({ids for group in first for ids in group}) > 10


def pairs(model: LlamaForCausalLM, prompt: list[int], temperature: float) -> Tensor:
    """P(first token, second token), from whole forward passes. [vocabulary, vocabulary]"""
    with torch.no_grad():
        first = (model(torch.tensor([prompt])).logits[0, -1] / temperature).softmax(-1)
        rows = torch.tensor([[*prompt, token] for token in range(len(first))])
        second = (model(rows).logits[:, -1] / temperature).softmax(-1)
    return first[:, None] * second


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_what_is_drawn_has_the_models_distribution(temperature: float) -> None:
    settings = {"vocab_size": 5, "eos_token_id": None, "initializer_range": 0.25}
    model, draws = llama(seed=2, **settings), 4000
    config = SamplingConfig(2, temperature=temperature, rows=draws)
    (found,) = generate(model, [[2, 3, 4]], config, group=draws, generator=seeded(1))
    counts = Counter(completion.ids for completion in found)
    observed = [counts[pair] for pair in product(range(5), repeat=2)]

    def likely(other_temperature: float) -> float:
        expected = pairs(model, [2, 3, 4], other_temperature).double().flatten()
        return float(chisquare(observed, (expected / expected.sum() * draws).numpy()).pvalue)

    assert likely(temperature) > 0.01
    assert likely(temperature * 1.2) < 1e-6  # the test would see a slightly wrong one


def test_their_samples_and_ours_have_one_distribution() -> None:
    settings = {"vocab_size": 7, "eos_token_id": None, "initializer_range": 0.25}
    model, draws = llama(seed=2, **settings), 3000
    prompt = torch.tensor([[2, 3, 4]])
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        theirs = model.generate(
            prompt, do_sample=True, top_k=3, max_new_tokens=1, num_return_sequences=draws
        )[:, -1]
    config = SamplingConfig(1, top_k=3, rows=draws)
    (found,) = generate(model, prompt.tolist(), config, group=draws, generator=seeded())
    ours = torch.tensor([completion.ids[0] for completion in found])
    observed, expected = (torch.bincount(tokens, minlength=7) for tokens in (ours, theirs))
    assert torch.equal(observed > 0, expected > 0)
    assert (observed > 0).sum() == 3
    # Two samples: (a − b)² / (a + b), of three cells with one sum: two degrees of freedom.
    statistic = ((observed - expected).square() / (observed + expected).clamp(min=1)).sum()
    assert statistic < 13.8  # one in a thousand


def test_a_draw_finds_its_token() -> None:
    # Probabilities 0, 1/4, 1/4, 1/2: cumulated 0, 0.25, 0.5, 1.
    logits = torch.tensor([0.0, 1.0, 1.0, 2.0]).log().expand(5, 4)
    draws = torch.tensor([0.0, 0.2499, 0.25, 0.4999, 0.9999], dtype=torch.float64)
    assert sample(logits, draws, SamplingConfig(1)).tolist() == [1, 1, 2, 2, 3]
    # At temperature 1/2 they are squared: 0, 1/6, 1/6, 4/6.
    hot = sample(logits, draws, SamplingConfig(1, temperature=0.5))
    assert hot.tolist() == [1, 2, 2, 3, 3]
    assert sample(logits, draws, SamplingConfig(1, top_k=1)).tolist() == [3] * 5
    assert sample(logits, draws, SamplingConfig(1, temperature=0)).tolist() == [3] * 5


def test_a_rare_token_far_back_is_not_lost() -> None:
    """In float32 the sum of probabilities would stand still at the tail."""
    logits = torch.zeros(1, 100_001)
    logits[0, 0] = 17.0  # some 2.4 · 10⁷ times as likely as each of the others
    total = float(torch.tensor(17.0).exp()) + 100_000
    draws = torch.tensor([1 - 3.5 / total], dtype=torch.float64)
    assert sample(logits, draws, SamplingConfig(1)).tolist() == [99_997]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_new_tokens": 0}, "max_new_tokens 0; expected 1 or more"),
        ({"temperature": -1.0}, "temperature -1; expected 0 or more"),
        ({"temperature": float("nan")}, "temperature nan"),
        ({"top_k": 0}, "top_k 0"),
        ({"rows": 0}, "rows 0"),
    ],
)
def test_an_impossible_config_is_refused(changes: dict[str, float], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        SamplingConfig(**{"max_new_tokens": 3, **changes})  # type: ignore[arg-type]


def test_what_cannot_be_completed_is_said() -> None:
    model = llama()
    with pytest.raises(InvalidRequest, match="prompt 1: an empty prompt"):
        generate(model, [[3], []], GREEDY)
    with pytest.raises(InvalidRequest, match="90 tokens at once; expected at most 89"):
        generate(model, [[3] * 73], GREEDY)
    with pytest.raises(InvalidRequest, match="no generator"):
        generate(model, [[3]], SamplingConfig(3))
    with pytest.raises(InvalidRequest, match="group 0"):
        generate(model, [[3]], GREEDY, group=0)
    assert generate(model, [], GREEDY) == []


def test_one_token_is_written_without_a_second_pass() -> None:
    (only,) = generate(llama(seed=3), [EVEN[0]], SamplingConfig(1, temperature=0))
    assert only == [Completion(tuple(alone(llama(seed=3), EVEN[0], 1)), only[0].logprobs, False)]


def test_the_bench_runs() -> None:
    model = llama(seed=3)
    cost = generation_cost(
        model, prompts=2, group=3, prompt_tokens=7, completion_tokens=5, repeats=1
    )
    assert cost.completions == 6
    assert min(cost.ours_s, cost.theirs_s) > 0
    assert f"{cost.ratio:.2f} times" in str(cost)
    assert model.generation_config.eos_token_id == 1
