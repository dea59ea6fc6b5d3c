"""How relevant is a product? A total, deterministic rule function over category and attributes.

The rule books of Taobao and JD are not public. This is the executable stand-in that the notes on
TaoSR1 (Dong et al. 2025, arXiv:2508.12365) *reconstruct*: grades, tiers and the five steps are
stated there, the six rules and the four relations are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, StrEnum
from typing import NamedTuple

from shopkeeper.knowledge.intent import BRAND, Intent, Reading, Slot

VERSION = 1
"""Changes whenever any grade of any pair changes."""


class Grade(IntEnum):
    """How a rater judges one product for one query."""

    IRRELEVANT = 1
    MISMATCH = 2
    RELATED = 3
    EXCELLENT = 4


class CategoryRelation(StrEnum):
    SAME = "SAME"
    """What was asked for."""
    NEAR = "NEAR"
    """A sibling, an accessory, a spare part, or a bundle that holds it."""
    FAR = "FAR"


class AttributeRelation(StrEnum):
    MATCH = "MATCH"
    UNKNOWN = "UNKNOWN"
    """The listing does not say."""
    SOFT_CONFLICT = "SOFT_CONFLICT"
    """It comes close, or misses a mere preference."""
    HARD_CONFLICT = "HARD_CONFLICT"
    """It contradicts a core wish, or has what was ruled out."""


class Rule(NamedTuple):
    id: str
    grade: Grade
    sentence: str


RULES = {
    rule.id: rule
    for rule in (
        Rule("R0", Grade.MISMATCH, "An alternative may not be of the brand it replaces."),
        Rule("R1", Grade.IRRELEVANT, "A product of an unrelated category is irrelevant."),
        Rule(
            "R2",
            Grade.MISMATCH,
            "A sibling, accessory, spare part or bundle of the category is a mismatch.",
        ),
        Rule(
            "R3",
            Grade.MISMATCH,
            "A product that contradicts a core wish, or has what was ruled out, is a mismatch.",
        ),
        Rule(
            "R4",
            Grade.RELATED,
            "A product that comes close, or whose listing leaves a core wish open, is related.",
        ),
        Rule(
            "R5", Grade.EXCELLENT, "A product of the category that meets all wishes is excellent."
        ),
    )
}
"""In the order in which they are tried; the first that applies decides."""


def apply_rules(
    category: CategoryRelation,
    attributes: Sequence[tuple[Slot, AttributeRelation]],
    *,
    is_anchor: bool = False,
) -> Rule:
    """The rule that decides, from the relations alone. Total: every combination has a rule.

    Args:
        category: of the product to the categories asked for.
        attributes: each wish with how the product stands to it.
        is_anchor: the product is of the brand that an alternative is to replace.
    """
    relations = {relation for _, relation in attributes}
    core = {relation for slot, relation in attributes if slot.is_core}
    if is_anchor:
        return RULES["R0"]
    if category is CategoryRelation.FAR:
        return RULES["R1"]
    if category is CategoryRelation.NEAR:
        return RULES["R2"]
    if AttributeRelation.HARD_CONFLICT in relations:
        return RULES["R3"]
    if AttributeRelation.SOFT_CONFLICT in relations or AttributeRelation.UNKNOWN in core:
        return RULES["R4"]
    return RULES["R5"]


def attribute_relation(slot: Slot, reading: Reading) -> AttributeRelation:
    """How the product stands to one wish, going by its listing."""
    values = reading.values.get(slot.attribute)
    if not values:
        return AttributeRelation.UNKNOWN
    has_it = any(slot.accepts(value) for value in values)
    if slot.is_negated:
        return AttributeRelation.HARD_CONFLICT if has_it else AttributeRelation.MATCH
    if has_it:
        return AttributeRelation.MATCH
    if slot.is_core and not any(slot.nearly_accepts(value) for value in values):
        return AttributeRelation.HARD_CONFLICT
    return AttributeRelation.SOFT_CONFLICT


def is_anchor(intent: Intent, reading: Reading) -> bool:
    """Whether the product is of the very brand that an alternative is to replace."""
    return intent.anchor is not None and intent.anchor in reading.values.get(BRAND, ())
