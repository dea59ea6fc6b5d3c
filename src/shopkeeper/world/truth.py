"""How relevant is every product? The rule function over columns, many products at once.

The fast twin of ``knowledge.apply_rules``; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.knowledge import (
    RULES,
    AttributeRelation,
    CategoryRelation,
    Grade,
    Intent,
    KnowledgeGraph,
    Slot,
)
from shopkeeper.world.shelves import Shelves

CATEGORY_RELATIONS = tuple(CategoryRelation)
ATTRIBUTE_RELATIONS = tuple(AttributeRelation)
"""What the numbers in `Verdicts` stand for, by place."""
_SAME, _NEAR, _FAR = range(3)
_MATCH, _UNKNOWN, _SOFT, _HARD = range(4)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Of n products for one intent."""

    grades: NDArray[np.int8]
    """[n] 1 … 4."""
    rules: NDArray[np.int8]
    """[n] Number of the rule that decided: 0 for R0 …"""
    categories: NDArray[np.int8]
    """[n] Places in `CATEGORY_RELATIONS`."""
    attributes: NDArray[np.int8]
    """[n, slots] Places in `ATTRIBUTE_RELATIONS`."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The judge of a catalogue."""

    shelves: Shelves
    graph: KnowledgeGraph

    def judge(self, intent: Intent, rows: NDArray[np.int32], *, true: bool = False) -> Verdicts:
        """Grade the products at `rows` of the catalogue.

        Args:
            true: by what the products are, complete; False, as raters do, by their listings.
        """
        categories = self._category_relations(intent, rows)
        attributes = np.empty((len(rows), len(intent.slots)), dtype=np.int8)
        for at, slot in enumerate(intent.slots):
            attributes[:, at] = self._relations(slot, rows, true=true)
        core = np.array([slot.is_core for slot in intent.slots], dtype=np.bool_)
        is_hard = (attributes == _HARD).any(axis=1)
        is_soft = (attributes == _SOFT).any(axis=1)
        is_open = (attributes[:, core] == _UNKNOWN).any(axis=1)
        rules = np.select(
            [
                self._is_anchor(intent, rows),
                categories == _FAR,
                categories == _NEAR,
                is_hard,
                is_soft | is_open,
            ],
            [0, 1, 2, 3, 4],
            default=5,
        ).astype(np.int8)
        return Verdicts(_GRADES[rules], rules, categories, attributes)

    def find(self, intent: Intent, least: Grade = Grade.RELATED) -> NDArray[np.int32]:
        """Places of all products whose grade is `least` or higher; least is above Mismatch."""
        assert least >= Grade.RELATED, "what is less relevant stands anywhere"
        rows = self.shelves.rows(intent.categories)
        return rows[self.judge(intent, rows).grades >= least]

    def _category_relations(self, intent: Intent, rows: NDArray[np.int32]) -> NDArray[np.int8]:
        aisles, back = np.unique(self.shelves.aisle_of[rows], return_inverse=True)
        relations = (
            self.graph.taxonomy.relation(intent.categories, self.shelves.aisles[at].category)
            for at in aisles
        )
        numbers = np.fromiter((CATEGORY_RELATIONS.index(r) for r in relations), dtype=np.int8)
        return numbers[back] if len(rows) else numbers

    def _relations(self, slot: Slot, rows: NDArray[np.int32], *, true: bool) -> NDArray[np.int8]:
        known, has, near = self.shelves.accepted(slot, rows, true=true)
        if slot.is_negated:
            relation = np.where(has, _HARD, _MATCH)
        else:
            missed = np.where(near, _SOFT, _HARD if slot.is_core else _SOFT)
            relation = np.where(has, _MATCH, missed)
        return np.where(known, relation, _UNKNOWN).astype(np.int8)

    def _is_anchor(self, intent: Intent, rows: NDArray[np.int32]) -> NDArray[np.bool_]:
        if intent.anchor is None or intent.anchor not in self.shelves.brand_number:
            return np.zeros(len(rows), dtype=np.bool_)
        return np.equal(self.shelves.brand[rows], self.shelves.brand_number[intent.anchor])


_GRADES = np.array([rule.grade for rule in RULES.values()], dtype=np.int8)
"""[rules]"""
