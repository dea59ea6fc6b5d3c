"""What does the model write? A label and five steps, in one of three orders.

    label         <ans>4</ans>
    answer-first  <ans>4</ans><s1>…</s1> … <s5>rule=R5; grade=4</s5>
    think-first   <s1>…</s1> … <s5>rule=R5; grade=4</s5><ans>4</ans>

Dong et al. 2025, TaoSR1, arXiv:2508.12365: both orders and the five steps are *stated*, the tags
are *reconstructed*. Where the answer comes first the prompt ends with its tag, so that the next
token is the label and one forward pass gives its probability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, get_args

from shopkeeper.knowledge import Reasoning, read_reasoning
from shopkeeper.knowledge.reasoning import STEPS
from shopkeeper.records import InvalidRecord, InvalidRequest

Order: TypeAlias = Literal["label", "answer-first", "think-first"]

ANSWER, ANSWERED = "<ans>", "</ans>"
TAGS = (ANSWER, ANSWERED, *(f"<{end}{step}>" for step in STEPS for end in ("", "/")))
"""Each is one token of every tokenizer that a model is trained with."""


class Span(NamedTuple):
    """Tokens [start, end) of a completion."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote, as far as it can be read."""

    label: str | None
    """None: there is none where it should stand."""
    reasoning: Reasoning | None
    """None: a step is missing or cannot be read, or none was asked for."""
    fault: str = ""
    """What is wrong with it; empty when it is as it should be."""


def opening(order: Order) -> str:
    """What the prompt ends with."""
    return ANSWER if order != "think-first" else ""


def write_completion(label: str, reasoning: Reasoning | None, order: Order) -> str:
    """What the model is to write behind a prompt that ends with `opening`.

    Args:
        reasoning: the five steps; None with the order "label", and only there.
    """
    if order not in get_args(Order):
        raise InvalidRequest(f"order {order!r}", expected=", ".join(get_args(Order)))
    if (reasoning is None) != (order == "label"):
        raise InvalidRequest(f"order {order}", expected="steps, but for the order “label”")
    if reasoning is None:
        return label + ANSWERED
    if order == "answer-first":
        return label + ANSWERED + reasoning.to_text()
    return reasoning.to_text() + ANSWER + label + ANSWERED


def read_completion(text: str, order: Order) -> Completion:
    """Read what was written behind the prompt; whatever is wrong is told, not raised."""
    if order == "think-first":
        steps, has_answer, rest = text.rpartition(ANSWER)
        if not has_answer:
            steps, rest = text, ""
        answer, is_closed, behind = rest.partition(ANSWERED)
        is_whole = bool(is_closed) and not behind
    else:
        answer, is_closed, steps = text.partition(ANSWERED)
        is_whole = bool(is_closed)
    label = answer if is_whole and answer and "<" not in answer else None
    if order == "label":
        has_more = label is not None and bool(steps)
        fault = "" if label and not has_more else f"{text!r:.60} is no label"
        return Completion(label, None, fault)
    try:
        reasoning = read_reasoning(steps)
    except InvalidRecord as error:
        return Completion(label, None, str(error))
    return Completion(label, reasoning, "" if label else f"{text!r:.60} has no label")


def step_spans(ids: Sequence[int], tags: Mapping[str, int]) -> dict[str, Span]:
    """Where each step stands among a completion's tokens, its tags included.

    Found by the tags' own ids, never by decoding and cutting anew. A step that is not closed, or
    stands there twice, is left out.

    Args:
        ids: [completion tokens]
        tags: the token of each of `TAGS`.
    """
    spans: dict[str, Span] = {}
    for step in STEPS:
        starts = [at for at, one in enumerate(ids) if one == tags[f"<{step}>"]]
        ends = [at for at, one in enumerate(ids) if one == tags[f"</{step}>"]]
        if len(starts) == len(ends) == 1 and starts[0] < ends[0]:
            spans[step] = Span(starts[0], ends[0] + 1)
    return spans


def label_place(ids: Sequence[int], tags: Mapping[str, int], order: Order) -> int | None:
    """Which token of a completion is the label; None when none stands there."""
    if order != "think-first":
        is_there = len(ids) > 1 and ids[1] == tags[ANSWERED]
        return 0 if is_there else None
    places = [at for at, one in enumerate(ids) if one == tags[ANSWER]]
    is_there = len(places) == 1 and ids[places[0] + 2 : places[0] + 3] == [tags[ANSWERED]]
    return places[0] + 1 if is_there else None
