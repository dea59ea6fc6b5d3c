"""Counts by hand of what a label and its reasoning say."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from shopkeeper.knowledge import CategoryRelation, Grade, Intent, Reading, Slot, Taxonomy, reason
from shopkeeper.knowledge.taxonomy import CategoryNode
from shopkeeper.records import InvalidRequest
from shopkeeper.stages.relevance.taosr1.completion import Completion
from shopkeeper.stages.relevance.taosr1.hallucination import faithfulness

TAXONOMY = Taxonomy({"Tents": CategoryNode("Tents", "Shelter", "Camping")})
GOLD = reason(
    Intent(("Tents",), (Slot("colour", ("red",), is_core=False),)),
    Reading("Tents", {"colour": frozenset(("red",))}),
    TAXONOMY,
)
FAR = replace(GOLD, category=CategoryRelation.FAR, rule="R1", grade=Grade.IRRELEVANT)
CLAIMS_MORE = replace(FAR, rule="R5", grade=Grade.EXCELLENT)


def test_five_by_hand() -> None:
    completions = [
        Completion("4", GOLD),  # all is right
        Completion("2", GOLD),  # right reasoning, another label
        Completion("1", FAR),  # wrong reasoning, and a label that follows from it
        Completion("4", CLAIMS_MORE),  # wrong reasoning, right label, which step 5 backs
        Completion("4", None, "no step s4"),
    ]
    found = faithfulness(completions, ["4"] * 5, [GOLD] * 5)
    assert found.read == 4 / 5
    assert found.hallucinated == 2 / 4  # the second and the fourth
    assert found.contradicted == 1 / 4  # the second
    cells = (found.right_right, found.right_wrong, found.wrong_right, found.wrong_wrong)
    assert cells == (1 / 4, 1 / 4, 1 / 4, 1 / 4)
    assert (found.category, found.attributes, found.rule) == (2 / 4, 1.0, 3 / 4)


def test_nothing_that_can_be_read() -> None:
    found = faithfulness([Completion("4", None, "no steps")], ["4"], [GOLD])
    assert found.read == 0.0
    assert math.isnan(found.hallucinated)
    assert math.isnan(found.attributes)


def test_one_gold_for_each() -> None:
    with pytest.raises(InvalidRequest, match="1 completions, 2 labels"):
        faithfulness([Completion("4", GOLD)], ["4", "4"], [GOLD])
