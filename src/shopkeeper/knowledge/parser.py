"""What does a typed query ask for? A reading by the words of the graph, longest match first.

It stands in where nobody wrote the meaning of a query down. What it does not know it leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from shopkeeper.knowledge.graph import Concept, KnowledgeGraph
from shopkeeper.knowledge.intent import BRAND, PRICE, Intent, QueryType, Slot, Value
from shopkeeper.knowledge.phrasebook import (
    NUMBER,
    Aspect,
    Aspects,
    Phrasebook,
    Sense,
    SenseKind,
    terms_of,
    write_phrasebook,
)


class _Span(NamedTuple):
    """A phrase that was found, with all that it may say."""

    senses: tuple[Sense, ...]
    number: float | None

    def of(self, *kinds: SenseKind) -> list[Sense]:
        return [sense for sense in self.senses if sense.kind in kinds]


@dataclass(frozen=True)
class QueryReader:
    """Reads queries by one graph, in every language that the graph has words of."""

    graph: KnowledgeGraph
    aspects: Aspects = field(default_factory=dict)
    """Which wishes each category knows. A word that none of the meant categories knows as a wish is
    left out. Without any, a value is taken as its first alias says, and numbers are left out."""

    @cached_property
    def phrasebook(self) -> Phrasebook:
        return write_phrasebook(self.graph, self.aspects)

    @cached_property
    def _concepts(self) -> dict[str, Concept]:
        return {concept.id: concept for concept in self.graph.concepts}

    def read(self, text: str) -> Intent | None:
        """The intent; None when no category is understood.

        The noun that counts is the last one before "for", "with" or "like". An alternative is read
        without a limit to its price, which only the catalogue knows.
        """
        spans = list(self._spans(terms_of(text)))
        head = _head(spans)
        said = self._categories(head) if head is not None else ()
        phrase, concept = self._concept(spans, said)
        categories = _narrowed(concept.categories, said) if concept else said
        if not categories:
            return None
        wishes = [span for span in spans if span is not head and span is not phrase]
        slots = [*(concept.slots if concept else ()), *self._slots(wishes, categories)]
        anchor = _anchor(spans, slots)
        if anchor is not None:
            slots = [slot for slot in slots if slot.attribute != BRAND]
        return Intent(
            categories,
            _merged(slots),
            _type(spans, slots, anchor, concept),
            anchor,
            concept.id if concept else None,
        )

    def _spans(self, terms: tuple[str, ...]) -> Iterator[_Span]:
        at = 0
        while at < len(terms):
            span, width = self._longest(terms[at : at + self.phrasebook.longest])
            if span is not None:
                yield span
            at += width

    def _longest(self, terms: tuple[str, ...]) -> tuple[_Span | None, int]:
        """The longest phrase that begins here, and its width; an unknown word is 1 wide."""
        for width in range(len(terms), 0, -1):
            said = terms[:width]
            numbers = [term for term in said if term[0].isdecimal()]
            for form in (said, tuple(NUMBER if term in numbers else term for term in said)):
                if senses := self.phrasebook.senses.get(form):
                    return _Span(senses, float(numbers[0]) if len(numbers) == 1 else None), width
        return None, 1

    def _concept(
        self, spans: Sequence[_Span], said: Sequence[str]
    ) -> tuple[_Span, Concept] | tuple[None, None]:
        """The first concept that is spoken of; a phrase that says a plain wish is no concept."""
        for span in spans:
            for sense in span.of("concept"):
                if not (said and self._slot(span, said)):
                    return span, self._concepts[sense.target]
        return None, None

    def _categories(self, head: _Span) -> tuple[str, ...]:
        named = {sense.target for sense in head.of("category")}
        groups = {sense.target for sense in head.of("group")}
        for node in self.graph.taxonomy.nodes.values():
            if node.group in groups or node.department in groups:
                named.add(node.name)
        return tuple(sorted(named))

    def _slots(self, spans: Sequence[_Span], categories: Sequence[str]) -> Iterator[Slot]:
        is_negated = False
        for span in spans:
            if span.of("not"):
                is_negated = True
                continue
            slot = self._slot(span, categories)
            if slot is not None:
                yield replace(slot, is_negated=True, is_core=True) if is_negated else slot
            is_negated = False

    def _slot(self, span: _Span, categories: Sequence[str]) -> Slot | None:
        for brand in span.of("brand"):
            return Slot(BRAND, (brand.target,))
        if span.of("price"):
            return Slot(PRICE, high=span.number)
        aspects = [aspect for name in categories for aspect in self.aspects.get(name, ())]
        for aspect in aspects:
            for sense in span.of("value", "form", "unit"):
                slot = _wish(aspect, sense, span.number)
                if slot is not None:
                    return slot
        if not self.aspects:
            for sense in span.of("value"):
                return Slot(sense.attribute, (sense.target,))
        return None


def _wish(aspect: Aspect, sense: Sense, number: float | None) -> Slot | None:
    """What the words wish for in this aspect; None when they do not speak of it."""
    if sense.kind == "value":
        value: Value = sense.target
        is_met = value in (aspect.values or ())
        # What nothing in the category has may stand for several values: "wooden" for oak.
        if aspect.attribute != sense.attribute or (aspect.is_core and not is_met):
            return None
        near = aspect.near.get(value, ())
        return Slot(aspect.attribute, (value,), near=near, is_core=aspect.is_core)
    if sense.kind == "form" and sense.attribute != aspect.attribute:
        return None
    if aspect.values is not None:
        is_flag = sense.kind == "form" and True in aspect.values
        return Slot(aspect.attribute, (True,), is_core=aspect.is_core) if is_flag else None
    if number is None or (sense.kind == "unit" and f"({sense.target})" not in aspect.attribute):
        return None
    amount = number * sense.factor
    low = None if sense.is_limit else amount
    return Slot(aspect.attribute, low=low, high=amount, is_core=aspect.is_core)


def _head(spans: Sequence[_Span]) -> _Span | None:
    """The noun: the last one in front of what it is for. A group's word only where no other is."""
    ends = [at for at, span in enumerate(spans) if span.of("for")]
    for kind in ("category", "group"):
        for part in (spans[: ends[0]] if ends else spans, spans):
            nouns = [span for span in part if span.of(kind)]
            if nouns:
                return nouns[-1]
    return None


def _narrowed(categories: tuple[str, ...], said: tuple[str, ...]) -> tuple[str, ...]:
    """A concept's categories, or those of them that are also named; a brand's name has none."""
    return tuple(name for name in categories if name in said) or categories or said


def _anchor(spans: Sequence[_Span], slots: Sequence[Slot]) -> str | None:
    """The brand that is to be replaced, where "cheaper" or "dupe" is said of one."""
    brands = [slot.values[0] for slot in slots if slot.attribute == BRAND and not slot.is_negated]
    is_alternative = any(span.of("instead") for span in spans)
    return str(brands[0]) if is_alternative and len(brands) == 1 else None


def _type(
    spans: Sequence[_Span], slots: Sequence[Slot], anchor: str | None, concept: Concept | None
) -> QueryType:
    if anchor is not None:
        return "alternative"
    if any(slot.is_negated for slot in slots):
        return "negation"
    if concept is None:
        return "general"
    return "question" if any(span.of("asks") for span in spans) else "knowledge"


def _merged(slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """Two values of an attribute are either of them: "red or blue"."""
    merged: dict[tuple[str, bool, bool], Slot] = {}
    for slot in slots:
        key = slot.attribute, slot.is_negated, bool(slot.values)
        if slot.values and key in merged:
            same = merged[key]
            values = tuple(dict.fromkeys((*same.values, *slot.values)))
            merged[key] = replace(same, values=values, near=(*same.near, *slot.near))
        else:
            merged[key] = slot
    return tuple(merged.values())
