"""What is known about goods: kinds, words, needs, units? One record that is written and read.

Part of it is held out, so that generalisation can be measured: ``for_training`` is all that a
learner, a log or a corpus may see. What is held out depends on names alone, never on a seed, so
that a model trained in one world can be measured in another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeAlias

from shopkeeper.knowledge.intent import Slot
from shopkeeper.knowledge.taxonomy import Taxonomy

AliasKind: TypeAlias = Literal["department", "group", "category", "brand", "value"]
ConceptKind: TypeAlias = Literal["need", "occasion", "nickname"]
Split: TypeAlias = Literal["known", "told", "hidden"]
"""known: shoppers ask for it in the logs · told: a textbook may tell it, no log shows it ·
hidden: nothing that a learner reads knows it."""

HELD_ALIASES, HELD_PHRASES, HELD_CATEGORIES = 0.15, 0.2, 0.04
TOLD_CONCEPTS, HIDDEN_CONCEPTS = 0.15, 0.15


class Fact(NamedTuple):
    """A triple, for corpora and reasoning chains; nodes read ``kind:name``."""

    head: str
    relation: str
    tail: str


@dataclass(frozen=True, slots=True)
class Alias:
    """A word for a thing. The first of a thing in a locale is its common name, never held out."""

    text: str
    locale: str
    kind: AliasKind
    target: str
    attribute: str | None = None
    """Of a value: whose value it is."""
    is_held_out: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    text: str
    locale: str
    is_held_out: bool = False


@dataclass(frozen=True, slots=True)
class Concept:
    """A need, an occasion or a nickname: words whose meaning is not in any title."""

    id: str
    kind: ConceptKind
    phrases: tuple[Phrase, ...]
    categories: tuple[str, ...]
    """Empty for the nickname of a brand."""
    slots: tuple[Slot, ...] = ()
    why: Mapping[str, str] | None = None
    """By locale, one sentence; None for a nickname."""
    split: Split = "known"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a number attribute: another way to say the same amount."""

    symbol: str
    says: Mapping[str, tuple[str, ...]]
    """By locale: spoken forms of `symbol` itself."""
    other: str | None = None
    """Another unit of the same quantity, as in kg for g."""
    factor: float | None = None
    """How many `symbol` one `other` is."""


@dataclass(frozen=True, slots=True)
class KnowledgeGraph:
    taxonomy: Taxonomy
    aliases: tuple[Alias, ...]
    concepts: tuple[Concept, ...]
    units: tuple[Unit, ...] = ()
    hidden_categories: frozenset[str] = frozenset()
    """In the catalogue, but nobody asks for them in what a learner reads."""

    def for_training(self) -> KnowledgeGraph:
        """Without held-out words, phrasings and concepts: what a corpus may be written from."""
        return replace(
            self,
            aliases=tuple(
                alias
                for alias in self.aliases
                if not alias.is_held_out and alias.target not in self.hidden_categories
            ),
            concepts=tuple(
                replace(concept, phrases=tuple(p for p in concept.phrases if not p.is_held_out))
                for concept in self.concepts
                if concept.split != "hidden"
                and not self.hidden_categories.intersection(concept.categories)
            ),
        )

    def facts(self) -> Iterator[Fact]:
        """Everything as triples, each once."""
        groups = {node.group: node.department for node in self.taxonomy.nodes.values()}
        for group, department in groups.items():
            yield Fact(f"group:{group}", "is-a", f"department:{department}")
        for node in self.taxonomy.nodes.values():
            here = f"category:{node.name}"
            yield Fact(here, "is-a", f"group:{node.group}")
            if node.made_for is not None:
                relation = "part-of" if node.made_as == "part" else "compatible-with"
                yield Fact(here, relation, f"category:{node.made_for}")
            for held in node.holds:
                yield Fact(here, "holds", f"category:{held}")
        for alias in self.aliases:
            name = f"{alias.attribute}={alias.target}" if alias.attribute else alias.target
            yield Fact(f"{alias.kind}:{name}", "alias", f"{alias.locale}:{alias.text}")
        for concept in self.concepts:
            yield from _concept_facts(concept)
        for unit in self.units:
            if unit.other is not None:
                yield Fact(f"unit:{unit.other}", f"is {unit.factor:g} ×", f"unit:{unit.symbol}")


def falls(kind: str, name: str) -> float:
    """Where a name falls in 0 … 1, evenly and for ever: the same in every world."""
    digest = hashlib.sha256(f"{kind}\n{name}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


def split_of(concept: str) -> Split:
    place = falls("concept", concept)
    if place < HIDDEN_CONCEPTS:
        return "hidden"
    return "told" if place < HIDDEN_CONCEPTS + TOLD_CONCEPTS else "known"


def _concept_facts(concept: Concept) -> Iterator[Fact]:
    here = f"{concept.kind}:{concept.id}"
    for phrase in concept.phrases:
        yield Fact(here, "alias", f"{phrase.locale}:{phrase.text}")
    for category in concept.categories:
        relation = "suits-occasion" if concept.kind == "occasion" else "category"
        if relation == "suits-occasion":
            yield Fact(f"category:{category}", relation, here)
        else:
            yield Fact(here, "asks-for", f"category:{category}")
    for slot in concept.slots:
        yield Fact(here, "needs", f"value:{slot.attribute} {_wish(slot)}")


def _wish(slot: Slot) -> str:
    if slot.values:
        said = " or ".join(str(value) for value in slot.values)
    else:
        ends = ("" if end is None else f"{end:g}" for end in (slot.low, slot.high))
        said = "..".join(ends)
    return f"not {said}" if slot.is_negated else said
