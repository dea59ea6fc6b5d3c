"""Five steps: the gold equals the rules, and the text comes back."""

from __future__ import annotations

import pytest

from shopkeeper.knowledge import (
    AttributeRelation,
    CategoryNode,
    CategoryRelation,
    Grade,
    Intent,
    Reading,
    Slot,
    Taxonomy,
    implied_rule,
    read_reasoning,
    reason,
)
from shopkeeper.records import InvalidRecord

TAXONOMY = Taxonomy(
    {
        name: CategoryNode(name, group, "Camping")
        for name, group in (("Tents", "Shelter"), ("Tarps", "Shelter"), ("Mugs", "Kitchen"))
    }
)
RED_TENT = Intent(
    ("Tents",),
    (
        Slot("colour", ("red",), is_core=False),
        Slot("price", high=100.0),
        Slot("material", ("Leather",), is_negated=True),
    ),
)
READING = Reading(
    "Tents",
    {
        "colour": frozenset(("green",)),
        "price": frozenset((35.0,)),
        "waterproof": frozenset((True,)),
    },
)


def test_a_pair_by_hand() -> None:
    """The price fits, the colour is a preference that is missed, the material is not told: R4."""
    found = reason(RED_TENT, READING, TAXONOMY)
    assert found.query == "type=general; cat=Tents; colour=red~; price=..100; -material=Leather"
    assert found.product == "cat=Tents; colour=green; price=35; material=?"
    assert found.category is CategoryRelation.SAME
    assert found.attributes == (
        ("colour", AttributeRelation.SOFT_CONFLICT),
        ("price", AttributeRelation.MATCH),
        ("material", AttributeRelation.UNKNOWN),
    )
    assert (found.rule, found.grade) == ("R4", Grade.RELATED)


def test_the_text_comes_back() -> None:
    for category in ("Tents", "Tarps", "Mugs"):
        found = reason(RED_TENT, Reading(category, READING.values), TAXONOMY)
        assert read_reasoning(found.to_text()) == found


def test_flags_amounts_and_anchors_are_said() -> None:
    intent = Intent(
        ("Tarps", "Tents"),
        (Slot("waterproof", (True,)), Slot("capacity (persons)", low=2.0, high=2.0)),
        "alternative",
        anchor="Northfell",
    )
    assert reason(intent, READING, TAXONOMY).query == (
        "type=alternative; cat=Tarps|Tents; instead=Northfell; waterproof=yes; capacity (persons)=2"
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<s1>a</s1><s2>b</s2>", "no step s3, s4, s5"),
        ("<s3>cat=CLOSE</s3>", "category relation 'CLOSE'"),
        ("<s4>colour=ALMOST</s4>", "relation 'ALMOST'"),
        ("<s5>rule=R9; grade=2</s5>", "rule 'R9'"),
        ("<s5>rule=R2; grade=5</s5>", "grade '5'"),
        ("<s5>grade 2</s5>", "name=value"),
    ],
)
def test_a_wrong_step_is_named(text: str, complaint: str) -> None:
    right = reason(RED_TENT, READING, TAXONOMY).to_text()
    step = text[:4]
    if "</s2>" not in text:
        begin, end = right.index(step), right.index(f"</{step[1:]}")
        text = right[:begin] + text + right[end + len(f"</{step[1:]}") :]
    with pytest.raises(InvalidRecord, match=complaint):
        read_reasoning(text)


MUG = Reading("Mugs", {"brand": frozenset(("Acme", "Acme Pro")), "price": frozenset((9.0,))})


@pytest.mark.parametrize(
    ("intent", "reading", "rule"),
    [
        (RED_TENT, READING, "R4"),
        (Intent(("Mugs",), type="alternative", anchor="Acme"), MUG, "R0"),
        (Intent(("Mugs",), type="alternative", anchor="Bolt"), MUG, "R5"),
        (Intent(("Tents",)), MUG, "R1"),
        (Intent(("Tarps",)), READING, "R2"),
        # a preference may be missed, a core wish of the same attribute may not
        (Intent(("Tents",), (Slot("colour", ("red",), is_core=False),)), READING, "R4"),
        (Intent(("Tents",), (Slot("colour", ("red",)),)), READING, "R3"),
        (
            Intent(
                ("Tents",),
                (Slot("colour", ("green",), is_core=False), Slot("colour", ("red",))),
            ),
            READING,
            "R3",
        ),
        (Intent(("Tents",), (Slot("size", ("L",), is_core=False),)), READING, "R5"),
    ],
)
def test_the_written_steps_imply_their_rule(intent: Intent, reading: Reading, rule: str) -> None:
    written = read_reasoning(reason(intent, reading, TAXONOMY).to_text())
    assert (written.rule, implied_rule(written).id) == (rule, rule)


def test_what_follows_is_not_what_step_five_claims() -> None:
    text = (
        reason(RED_TENT, READING, TAXONOMY)
        .to_text()
        .replace("rule=R4; grade=3", "rule=R5; grade=4")
    )
    lied = read_reasoning(text)
    assert (lied.rule, implied_rule(lied).id) == ("R5", "R4")
