"""Do a config and a seed say all about a small model?"""

from __future__ import annotations

import pytest
import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from shopkeeper.nn import LanguageModelConfig, count_parameters, new_language_model
from shopkeeper.records import InvalidRequest

SMALL = LanguageModelConfig(layers=2, hidden=12, heads=3, feed_forward=7, positions=13)


def weights(model: LlamaForCausalLM) -> bytes:
    return b"".join(p.detach().numpy().tobytes() for p in model.parameters())


def test_the_same_seed_gives_the_same_bytes(tokenizer: PreTrainedTokenizerFast) -> None:
    before = torch.random.get_rng_state()
    first = weights(new_language_model(SMALL, tokenizer, seed=5))
    torch.rand(3)
    assert weights(new_language_model(SMALL, tokenizer, seed=5)) == first
    assert weights(new_language_model(SMALL, tokenizer, seed=6)) != first
    torch.random.set_rng_state(before)
    new_language_model(SMALL, tokenizer, seed=5)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_parameters_are_counted_by_hand_and_by_the_model(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    # 11·12 + 2·(4·144 + 3·12·7 + 24) + 12 = 132 + 2·852 + 12
    assert SMALL.parameters(11) == 1848
    model = new_language_model(SMALL, tokenizer, seed=0)
    assert count_parameters(model) == SMALL.parameters(len(tokenizer))
    assert model.lm_head.weight is model.model.embed_tokens.weight


def test_weights_have_the_deviation_that_the_config_says(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    for std in (0.02, 0.05):
        config = LanguageModelConfig(layers=1, hidden=64, heads=2, init_std=std)
        model = new_language_model(config, tokenizer, seed=0)
        assert model.model.layers[0].mlp.up_proj.weight.std().item() == pytest.approx(std, rel=0.02)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": 0}, "layers 0; expected above 0"),
        ({"init_std": -0.1}, r"init_std -0\.1"),
        ({"hidden": 40}, "hidden 40 with 6 heads; expected a multiple of 12"),
        ({"hidden": 18}, "hidden 18 with 6 heads"),  # 3 wide each: no halves to rotate
    ],
)
def test_an_impossible_shape_is_refused(changes: dict[str, int], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        LanguageModelConfig(**changes)  # type: ignore[arg-type]
