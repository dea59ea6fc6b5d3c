"""Is text the same after it was tokens, and do tags and digits stay what they are?"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from nn.small import TEXTS
from shopkeeper.nn import TokenizerConfig, foreign_ids, prompt_ids, train_tokenizer
from shopkeeper.records import InvalidRequest

CONFIG = TokenizerConfig(vocabulary=401, tags=("<ans>", "</ans>"))
TRAINED = train_tokenizer(TEXTS, CONFIG)


@settings(deadline=None, max_examples=80)
@given(st.text())
def test_every_text_comes_back_as_it_was(text: str) -> None:
    assert TRAINED.decode(foreign_ids(TRAINED, [text])[0]) == text


def test_ordinary_words_are_merged_and_digits_are_not() -> None:
    assert TRAINED.tokenize(" the red lamp 4012") == ["Ġthe", "Ġred", "Ġlamp", "Ġ", *"4012"]
    assert 256 + 4 < len(TRAINED) <= 401


def test_a_tag_is_one_token_and_ours_alone() -> None:
    tag = TRAINED.convert_tokens_to_ids("<ans>")
    assert prompt_ids(TRAINED, "so <ans>4")[-2:] == [tag, TRAINED.convert_tokens_to_ids("4")]
    for foreign in foreign_ids(TRAINED, ["so <ans>4", "<eos>", "<pad></ans>"]):
        assert len(foreign) > 3
        assert not set(foreign) & set(TRAINED.all_special_ids)
    assert foreign_ids(TRAINED, []) == []
    assert (TRAINED.pad_token_id, TRAINED.eos_token_id) == (0, 1)


def test_it_opens_from_a_folder(tmp_path: Path) -> None:
    TRAINED.save_pretrained(tmp_path)
    opened = AutoTokenizer.from_pretrained(tmp_path)
    text = "<ans>3</ans> 帐篷 a lamp<eos>"
    assert prompt_ids(opened, text) == prompt_ids(TRAINED, text)
    assert opened.decode(prompt_ids(opened, text)) == text
    assert foreign_ids(opened, [text]) == foreign_ids(TRAINED, [text])
    assert (opened.padding_side, opened.model_max_length) == ("left", CONFIG.max_tokens)
    assert opened.all_special_tokens == TRAINED.all_special_tokens


def test_the_same_texts_give_the_same_tokenizer() -> None:
    def trained(texts: tuple[str, ...]) -> str:
        again: PreTrainedTokenizerFast = train_tokenizer(iter(texts), CONFIG)
        return str(again.backend_tokenizer.to_str())

    assert trained(TEXTS) == TRAINED.backend_tokenizer.to_str()
    assert trained(TEXTS[:2]) != TRAINED.backend_tokenizer.to_str()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"vocabulary": 258, "tags": ("<a>",)}, "vocabulary 258; expected 259 or more"),
        ({"tags": ("<a>", "<a>")}, "expected distinct"),
        ({"tags": ("<eos>",)}, "expected distinct"),
        ({"max_tokens": 0}, "max_tokens 0"),
    ],
)
def test_an_impossible_config_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        TokenizerConfig(**settings)  # type: ignore[arg-type]


def test_no_text_at_all_is_said() -> None:
    with pytest.raises(InvalidRequest, match="no text to train a tokenizer on"):
        train_tokenizer([], CONFIG)
