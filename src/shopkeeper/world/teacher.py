"""How does a teacher explain a grade, and where does it err? Reasoning with dialled mistakes.

Every step may go wrong by itself; a later step is then drawn from the mistake, or, as teachers that
were told the grade do, from the truth all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from shopkeeper.knowledge import (
    RULES,
    AttributeRelation,
    CategoryRelation,
    Intent,
    Reading,
    Reasoning,
    Taxonomy,
    apply_rules,
    attribute_relation,
    conclude,
    is_anchor,
)
from shopkeeper.records import InvalidRequest
from shopkeeper.world.chance import pick

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TeacherDials:
    """How often each step is wrong; all are probabilities, 0 … 1."""

    query: float = 0.0
    """A wish is overlooked."""
    product: float = 0.0
    """What the listing says about a wish is overlooked."""
    category: float = 0.0
    """Another relation of the categories is given."""
    attribute: float = 0.0
    """Another relation is given, wish by wish."""
    decision: float = 0.0
    """Another rule is applied."""
    propagates: float = 0.5
    """A mistake is what the later steps are drawn from; otherwise the truth is."""

    def __post_init__(self) -> None:
        for name in ("query", "product", "category", "attribute", "decision", "propagates"):
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidRequest(f"{name} {getattr(self, name)!r}", expected="0 … 1")


def teach(
    intent: Intent,
    reading: Reading,
    taxonomy: Taxonomy,
    dials: TeacherDials,
    rng: np.random.Generator,
) -> Reasoning:
    """Reasoning for one pair; with all dials at 0 it is ``knowledge.reason``."""
    told_intent, told_reading = intent, reading
    if intent.slots and rng.random() < dials.query:
        missed_wish = pick(rng, intent.slots)
        kept = tuple(slot for slot in intent.slots if slot is not missed_wish)
        told_intent = replace(intent, slots=kept)
    known = [slot for slot in intent.slots if reading.values.get(slot.attribute)]
    if known and rng.random() < dials.product:
        missed = pick(rng, known).attribute
        values = {name: held for name, held in reading.values.items() if name != missed}
        told_reading = replace(reading, values=values)
    seen_intent = _carried(intent, told_intent, dials, rng)
    seen_reading = _carried(reading, told_reading, dials, rng)
    category = taxonomy.relation(seen_intent.categories, seen_reading.category)
    told_category = category
    if rng.random() < dials.category:
        told_category = _other(tuple(CategoryRelation), category, rng)
    relations = [(slot, attribute_relation(slot, seen_reading)) for slot in seen_intent.slots]
    told_relations = [
        (slot, _other(tuple(AttributeRelation), right, rng))
        if rng.random() < dials.attribute
        else (slot, right)
        for slot, right in relations
    ]
    rule = apply_rules(
        _carried(category, told_category, dials, rng),
        _carried(relations, told_relations, dials, rng),
        is_anchor=is_anchor(seen_intent, seen_reading),
    )
    if rng.random() < dials.decision:
        rule = _other(tuple(RULES.values()), rule, rng)
    return conclude(told_intent, told_reading, told_category, told_relations, rule)


def _carried(true: T, told: T, dials: TeacherDials, rng: np.random.Generator) -> T:
    """What the later steps are drawn from."""
    return told if rng.random() < dials.propagates else true


def _other(options: Sequence[T], right: T, rng: np.random.Generator) -> T:
    return pick(rng, [option for option in options if option != right])
