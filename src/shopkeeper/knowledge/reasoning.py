"""Why has a pair its grade? Five steps: query, product, category, attributes, decision.

The five steps are *stated* by Dong et al. 2025 (TaoSR1, arXiv:2508.12365); what stands in them, and
their compact form as a text, are *reconstructed*:

    <s1>type=general; cat=Tents; colour=red~; price=..100</s1>
    <s2>cat=Tarps; colour=green; price=35</s2>
    <s3>cat=NEAR</s3><s4>colour=SOFT_CONFLICT; price=MATCH</s4><s5>rule=R2; grade=2</s5>

In step 1 a tilde marks a preference, and a minus before the attribute what is ruled out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shopkeeper.knowledge.intent import BRAND, Intent, Reading, Slot
from shopkeeper.knowledge.rules import (
    RULES,
    AttributeRelation,
    CategoryRelation,
    Grade,
    Rule,
    apply_rules,
    attribute_relation,
    is_anchor,
)
from shopkeeper.knowledge.taxonomy import Taxonomy
from shopkeeper.records import InvalidRecord

STEPS = ("s1", "s2", "s3", "s4", "s5")
UNKNOWN = "?"
"""Stands in step 2 for what the listing does not say."""
_STEP = re.compile(r"<(s[1-5])>(.*?)</\1>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reasoning:
    """The five steps for one pair."""

    query: str
    """What is asked for."""
    product: str
    """What the listing says of it."""
    category: CategoryRelation
    attributes: tuple[tuple[str, AttributeRelation], ...]
    """By wish, in the query's order."""
    rule: str
    grade: Grade

    def to_text(self) -> str:
        relations = "; ".join(f"{name}={relation.value}" for name, relation in self.attributes)
        return (
            f"<s1>{self.query}</s1><s2>{self.product}</s2><s3>cat={self.category.value}</s3>"
            f"<s4>{relations}</s4><s5>rule={self.rule}; grade={self.grade.value}</s5>"
        )


def reason(intent: Intent, reading: Reading, taxonomy: Taxonomy) -> Reasoning:
    """The gold of every step."""
    category = taxonomy.relation(intent.categories, reading.category)
    relations = [(slot, attribute_relation(slot, reading)) for slot in intent.slots]
    rule = apply_rules(category, relations, is_anchor=is_anchor(intent, reading))
    return conclude(intent, reading, category, relations, rule)


def conclude(
    intent: Intent,
    reading: Reading,
    category: CategoryRelation,
    relations: list[tuple[Slot, AttributeRelation]],
    rule: Rule,
) -> Reasoning:
    """The steps as they are given, right or wrong."""
    return Reasoning(
        query_step(intent),
        product_step(intent, reading),
        category,
        tuple((slot.attribute, relation) for slot, relation in relations),
        rule.id,
        rule.grade,
    )


def query_step(intent: Intent) -> str:
    parts = [f"type={intent.type}", f"cat={'|'.join(intent.categories)}"]
    if intent.anchor is not None:
        parts.append(f"instead={intent.anchor}")
    return "; ".join([*parts, *map(_wish, intent.slots)])


def product_step(intent: Intent, reading: Reading) -> str:
    """The product's category, and what the listing says about each wish.

    For an alternative its brand too, which the first rule looks at.
    """
    parts = [f"cat={reading.category}"]
    compared = [BRAND] if intent.anchor is not None else []
    for name in dict.fromkeys([*compared, *(slot.attribute for slot in intent.slots)]):
        values = reading.values.get(name)
        said = "|".join(sorted(_text(value) for value in values)) if values else UNKNOWN
        parts.append(f"{name}={said}")
    return "; ".join(parts)


def implied_rule(reasoning: Reasoning) -> Rule:
    """The rule that follows from steps 1 to 4 as they are written, whatever step 5 says of it.

    Which wishes are preferences stands in step 1, wish by wish in the order of step 4; a relation
    to what is no wish of step 1 counts as core. The brand to be replaced stands there too.
    """
    wishes: dict[str, list[bool]] = {}
    anchor = None
    for part in reasoning.query.split("; ")[1:]:
        name, _, said = part.partition("=")
        if name == "instead":
            anchor = said
        else:
            wishes.setdefault(name.removeprefix("-"), []).append(not part.endswith("~"))
    relations = []
    for name, relation in reasoning.attributes:
        is_core = wishes[name].pop(0) if wishes.get(name) else True
        relations.append((Slot(name, (True,), is_core=is_core), relation))
    brands = [part for part in reasoning.product.split("; ") if part.startswith(f"{BRAND}=")]
    is_same = anchor is not None and any(
        anchor in part.removeprefix(f"{BRAND}=").split("|") for part in brands
    )
    return apply_rules(reasoning.category, relations, is_anchor=is_same)


def read_reasoning(text: str) -> Reasoning:
    """Read the text of the five steps back; InvalidRecord says which step is wrong, and how."""
    steps = dict(_STEP.findall(text))
    missing = [step for step in STEPS if step not in steps]
    if missing:
        raise InvalidRecord(f"no step {', '.join(missing)}", expected="<s1> … <s5>, each closed")
    decision = _pairs(steps["s5"], "s5")
    rule, grade = decision.get("rule", ""), decision.get("grade", "")
    if rule not in RULES:
        raise InvalidRecord(f"rule {rule!r}", where="s5", expected=f"one of {', '.join(RULES)}")
    if grade not in {str(one.value) for one in Grade}:
        raise InvalidRecord(f"grade {grade!r}", where="s5", expected="1 … 4")
    category = _pairs(steps["s3"], "s3").get("cat", "")
    if category not in set(CategoryRelation):
        raise InvalidRecord(
            f"category relation {category!r}", where="s3", expected=", ".join(CategoryRelation)
        )
    relations = []
    for part in filter(None, steps["s4"].split("; ")):
        name, _, relation = part.rpartition("=")
        if relation not in set(AttributeRelation):
            raise InvalidRecord(
                f"relation {relation!r}", where="s4", expected=", ".join(AttributeRelation)
            )
        relations.append((name, AttributeRelation(relation)))
    return Reasoning(
        steps["s1"],
        steps["s2"],
        CategoryRelation(category),
        tuple(relations),
        rule,
        Grade(int(grade)),
    )


def _pairs(text: str, where: str) -> Mapping[str, str]:
    pairs = [part.partition("=") for part in text.split("; ")]
    if not all(equals for _, equals, _ in pairs):
        raise InvalidRecord(f"{text!r:.60}", where=where, expected="name=value; name=value")
    return {name: value for name, _, value in pairs}


def _wish(slot: Slot) -> str:
    if slot.values:
        said = "|".join(_text(value) for value in slot.values)
    elif slot.low == slot.high:
        said = _text(slot.low or 0.0)
    else:
        said = "..".join("" if end is None else f"{end:g}" for end in (slot.low, slot.high))
    return f"{'-' if slot.is_negated else ''}{slot.attribute}={said}{'' if slot.is_core else '~'}"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
