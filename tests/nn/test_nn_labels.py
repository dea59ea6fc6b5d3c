"""Is each label one token where the model answers, and how likely is it?"""

from __future__ import annotations

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from shopkeeper.nn import LabelTokens, label_probabilities
from shopkeeper.records import InvalidRequest

GRADES = ("1", "2", "3", "4")


def test_digits_are_labels_after_a_tag(tokenizer: PreTrainedTokenizerFast) -> None:
    found = LabelTokens.of(tokenizer, GRADES, after="a lamp<ans>")
    assert tokenizer.convert_ids_to_tokens(found.ids) == list(GRADES)
    assert found.spaced_ids == found.ids  # the space is a token of its own
    assert [found.label_of(token) for token in found.ids] == list(GRADES)
    assert found.label_of(tokenizer.eos_token_id) is None


def words(vocabulary: list[str]) -> PreTrainedTokenizerFast:
    """A tokenizer that joins a space with the word behind it."""
    model = models.BPE({word: place for place, word in enumerate(vocabulary)}, [("Ġ", "7")])
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)


def test_a_space_that_joins_its_label_gives_another_token() -> None:
    found = LabelTokens.of(words(["Ġ", "7", "8", "Ġ7", ":"]), ("7", "8"), after=":")
    assert (found.ids, found.spaced_ids) == ((1, 2), (3, 2))
    assert (found.label_of(1), found.label_of(3), found.label_of(0)) == ("7", "7", None)


@pytest.mark.parametrize(
    ("labels", "after", "message"),
    [
        (("1", "12"), "<ans>", "'12' is 2 tokens.*expected exactly one token"),
        (("1", ""), "<ans>", "'' is 0 tokens"),
        (("1", "1"), "<ans>", "expected a token for each"),
        (("1",), "<ans>", "expected two or more"),
        (("amp", "ed"), "the l", "changes the tokens before it.*end the prompt with a tag"),
    ],
)
def test_what_is_no_single_token_is_refused(
    tokenizer: PreTrainedTokenizerFast, labels: tuple[str, ...], after: str, message: str
) -> None:
    with pytest.raises(InvalidRequest, match=f"(?is){message}"):
        LabelTokens.of(tokenizer, labels, after=after)


def test_probabilities_leave_all_other_tokens_out() -> None:
    # Of the labels 4 and 1: e² / (e² + e⁰) = 0.880797; the 9 of another token is not heard.
    logits = torch.tensor([[9.0, 0.0, -1.0, 5.0, 2.0], [9.0, 2.0, 0.0, 0.0, 2.0]])
    found = label_probabilities(logits, (4, 1))
    assert found.tolist() == [pytest.approx([0.880797, 0.119203]), [0.5, 0.5]]
    assert label_probabilities(logits[0], (2,)).tolist() == [1.0]
