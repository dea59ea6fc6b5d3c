"""What is written comes back in every order, and whatever a model breaks is told."""

from __future__ import annotations

import pytest

from shopkeeper.knowledge import Intent, Reading, Slot, Taxonomy, reason
from shopkeeper.knowledge.taxonomy import CategoryNode
from shopkeeper.records import InvalidRequest
from shopkeeper.stages.relevance.taosr1.completion import (
    TAGS,
    Span,
    label_place,
    opening,
    read_completion,
    step_spans,
    write_completion,
)

TAXONOMY = Taxonomy({"Tents": CategoryNode("Tents", "Shelter", "Camping")})
STEPS = reason(
    Intent(("Tents",), (Slot("colour", ("red",), is_core=False),)),
    Reading("Tents", {"colour": frozenset(("red",))}),
    TAXONOMY,
)
IDS = {tag: 100 + at for at, tag in enumerate(TAGS)}


@pytest.mark.parametrize("order", ["answer-first", "think-first"])
def test_it_comes_back(order) -> None:
    found = read_completion(write_completion("4", STEPS, order), order)
    assert (found.label, found.reasoning, found.fault) == ("4", STEPS, "")


def test_the_bare_label_comes_back() -> None:
    text = write_completion("Exact", None, "label")
    assert text == "Exact</ans>"
    assert read_completion(text, "label").label == "Exact"


def test_only_what_answers_first_is_opened_by_the_prompt() -> None:
    assert [opening(o) for o in ("label", "answer-first", "think-first")] == ["<ans>", "<ans>", ""]


@pytest.mark.parametrize(
    ("text", "order", "label"),
    [
        ("", "answer-first", None),
        ("4", "answer-first", None),
        ("4</ans>", "answer-first", "4"),
        ("<s1></ans>", "answer-first", None),
        ("4</ans><s1>type=general</s1><s2></s2>", "answer-first", "4"),
        (STEPS.to_text(), "think-first", None),
        (STEPS.to_text() + "<ans>4", "think-first", None),
        (STEPS.to_text() + "<ans>4</ans>4", "think-first", None),
        (STEPS.to_text().replace("<s4>", "") + "<ans>4</ans>", "think-first", "4"),
        ("4</ans>" + STEPS.to_text().replace("SAME", "ALIKE"), "answer-first", "4"),
        ("", "label", None),
        ("4</ans><s1>", "label", "4"),
    ],
)
def test_what_is_broken_is_told(text: str, order, label: str | None) -> None:
    found = read_completion(text, order)
    assert found.label == label
    assert found.fault
    if order != "think-first" or "<s4>" not in text:
        assert found.reasoning is None


def test_steps_and_order_go_together() -> None:
    for given, order in ((None, "answer-first"), (STEPS, "label")):
        with pytest.raises(InvalidRequest, match="order"):
            write_completion("4", given, order)
    with pytest.raises(InvalidRequest, match="think-last"):
        write_completion("4", STEPS, "think-last")  # type: ignore[arg-type]


def test_spans_are_found_by_the_ids_of_the_tags() -> None:
    one, one_end, two, two_end = (IDS[tag] for tag in ("<s1>", "</s1>", "<s2>", "</s2>"))
    answer, answered = IDS["<ans>"], IDS["</ans>"]
    ids = [7, answered, one, 8, 9, one_end, two, two_end]
    assert step_spans(ids, IDS) == {"s1": Span(2, 6), "s2": Span(6, 8)}
    assert step_spans([one, 8, one, 9, one_end], IDS) == {}
    assert step_spans([one_end, 8, one], IDS) == {}
    assert label_place(ids, IDS, "answer-first") == 0
    assert label_place([7, 8], IDS, "answer-first") is None
    assert label_place([one, one_end, answer, 7, answered], IDS, "think-first") == 3
    assert label_place([one, one_end, answer, 7], IDS, "think-first") is None
    assert label_place([], IDS, "label") is None
