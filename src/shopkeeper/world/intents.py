"""What do shoppers want? Intents drawn from what is on the shelves, so that each can be met."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shopkeeper.knowledge import (
    BRAND,
    PRICE,
    Concept,
    Intent,
    KnowledgeGraph,
    QueryType,
    Slot,
    Value,
    falls,
)
from shopkeeper.world.chance import pick, pick_early, pick_index, pick_weighted
from shopkeeper.world.config import QueryDials
from shopkeeper.world.shelves import Aisle, NumberColumn, Shelves, TextColumn
from shopkeeper.world.words import Askable, Words

CHEAPER = 0.7
"""An affordable alternative costs at most this share of what the anchor's goods typically cost."""
_ROUND = (5, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 250, 300, 400, 500, 750, 1000, 2000)
"""Limits that shoppers name, in the currency's main unit."""


@dataclass(frozen=True)
class Wishes:
    """Draws intents. Categories are wanted unevenly, the same ones in every world."""

    shelves: Shelves
    graph: KnowledgeGraph
    words: Words
    dials: QueryDials
    held_out: bool = False
    """Ask for hidden categories too, and for told or hidden concepts only; False: for none."""

    @cached_property
    def _aisles(self) -> list[Aisle]:
        return [
            aisle
            for aisle in self.shelves.aisles
            if len(aisle.rows)
            and (self.held_out or aisle.category not in self.graph.hidden_categories)
        ]

    @cached_property
    def _demand(self) -> list[float]:
        """Of each aisle: Zipf-like over an order that names alone decide."""
        order = sorted(self._aisles, key=lambda aisle: falls("demand", aisle.category))
        place = {aisle.category: at for at, aisle in enumerate(order)}
        return [(place[aisle.category] + 3) ** -self.dials.demand for aisle in self._aisles]

    @cached_property
    def _concepts(self) -> dict[bool, list[Concept]]:
        """Those that may be asked for, the commonest first; True: nicknames, False: the others."""
        splits = ("told", "hidden") if self.held_out else ("known",)
        here = {aisle.category: aisle.rows for aisle in self._aisles}
        open_ = [
            concept
            for concept in self.graph.concepts
            if concept.split in splits
            and here.keys() >= {*concept.categories}
            and all(self._is_met(concept, here[name]) for name in concept.categories)
        ]
        return {
            is_nickname: sorted(
                (c for c in open_ if (c.kind == "nickname") is is_nickname),
                key=lambda concept: falls("wanted", concept.id),
            )
            for is_nickname in (True, False)
        }

    def _is_met(self, concept: Concept, rows: NDArray[np.int32]) -> bool:
        """Whether the listing of one of these products says all that the concept needs."""
        for slot in concept.slots:
            _, has, _ = self.shelves.accepted(slot, rows)
            rows = rows[has]
        return len(rows) > 0

    def draw(self, type_: QueryType, rng: np.random.Generator) -> Intent | None:
        """One intent of the type; None when what was drawn cannot be asked so."""
        if type_ in ("question", "knowledge"):
            return self._know(type_, rng)
        aisle = pick_weighted(rng, self._aisles, self._demand)
        place = self._pick_place(aisle, rng)
        if type_ == "negation":
            return self._exclude(aisle, place, rng)
        if type_ == "alternative":
            return self._replace_brand(aisle, rng)
        count = pick_weighted(rng, range(len(self.dials.slots)), self.dials.slots)
        slots = self._wish(aisle, place, count, rng)
        if rng.random() < self.dials.priced:
            price = self.shelves.price[aisle.rows[place]]
            limit = next((limit for limit in _ROUND if limit >= price), None)
            slots += (Slot(PRICE, high=float(limit)),) if limit else ()
        return Intent((aisle.category,), slots)

    def _pick_place(self, aisle: Aisle, rng: np.random.Generator) -> int:
        """A product of the aisle; the better it sells, the more often it is wanted."""
        weights = np.cumsum(self.shelves.popularity[aisle.rows], dtype=np.float64)
        return int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))

    def _wish(
        self, aisle: Aisle, place: int, count: int, rng: np.random.Generator
    ) -> tuple[Slot, ...]:
        """Up to `count` wishes that this product meets, about different attributes."""
        slots: list[Slot] = []
        askable = [a for a in self.words.askable[aisle.category] if a.attribute in aisle.columns]
        brand = self.shelves.brands[self.shelves.brand[aisle.rows[place]]]
        if count and rng.random() < self.dials.branded and brand:
            slots.append(Slot(BRAND, (brand,)))
        while askable and len(slots) < count:
            asked = pick_early(rng, askable)
            askable.remove(asked)
            value = _value_at(aisle, asked, place, rng)
            words = len(str(value).replace("-", " ").split())
            if value is not None and rng.random() < self.dials.brevity ** (words - 1):
                slots.append(_slot(asked, value))
        return tuple(slots)

    def _exclude(self, aisle: Aisle, place: int, rng: np.random.Generator) -> Intent | None:
        """Something of the kind, perhaps with one wish, but not with a value that others have."""
        asked = [
            a
            for a in self.words.askable[aisle.category]
            if isinstance(aisle.columns.get(a.attribute), TextColumn)
        ]
        if not asked:
            return None
        out = pick(rng, asked)
        column = aisle.columns[out.attribute]
        assert isinstance(column, TextColumn), "only such were taken"
        has = int(column.told[place])
        others = [
            value
            for bit, value in enumerate(column.values)
            if not has >> bit & 1 and (out.values is None or value in out.values)
        ]
        if not has or not others:
            return None
        excluded = Slot(out.attribute, (pick(rng, others),), is_negated=True)
        kept = self._wish(aisle, place, pick_index(rng, 2), rng)
        kept = tuple(slot for slot in kept if slot.attribute != out.attribute)
        return Intent((aisle.category,), (*kept, excluded), "negation")

    def _replace_brand(self, aisle: Aisle, rng: np.random.Generator) -> Intent | None:
        """The same kind of thing by another brand, clearly cheaper than the anchor's."""
        rows = aisle.rows
        anchor = self.shelves.brand[rows[self._pick_place(aisle, rng)]]
        is_anchor = self.shelves.brand[rows] == anchor
        limit = round(CHEAPER * float(np.median(self.shelves.price[rows[is_anchor]])), 2)
        if not (self.shelves.price[rows[~is_anchor]] <= limit).any():
            return None
        slot = Slot(PRICE, high=limit)
        brand = self.shelves.brands[anchor]
        return Intent((aisle.category,), (slot,), "alternative", anchor=brand)

    def _know(self, type_: QueryType, rng: np.random.Generator) -> Intent | None:
        """A question speaks of a need; a knowledge query of a nickname or, in a phrase, a need."""
        is_nickname = type_ == "knowledge" and rng.random() < self.dials.nicknames
        if not self._concepts[is_nickname]:
            return None
        concept = pick_early(rng, self._concepts[is_nickname])
        intent = Intent(concept.categories or ("",), concept.slots, type_, concept=concept.id)
        if concept.categories:
            return intent
        brand = str(concept.slots[0].values[0])
        sold = [
            aisle.category
            for aisle in self._aisles
            if (self.shelves.brand[aisle.rows] == self.shelves.brand_number.get(brand, -1)).any()
        ]
        return replace(intent, categories=(pick(rng, sold),)) if sold else None


def _value_at(aisle: Aisle, asked: Askable, place: int, rng: np.random.Generator) -> Value | None:
    """What the listing says of a product; None when nothing, or nothing that is asked for."""
    column = aisle.columns[asked.attribute]
    if isinstance(column, NumberColumn):
        value = float(column.told[place])
        return None if np.isnan(value) else value
    has = int(column.told[place])
    values = [v for bit, v in enumerate(column.values) if has >> bit & 1 and v is not False]
    if asked.values is not None:
        values = [value for value in values if value in asked.values]
    return pick(rng, values) if values else None


def _slot(asked: Askable, value: Value) -> Slot:
    if isinstance(value, float):
        return Slot(asked.attribute, low=value, high=value, is_core=asked.is_core)
    near = asked.near.get(value, ())
    return Slot(asked.attribute, (value,), near=near, is_core=asked.is_core)
