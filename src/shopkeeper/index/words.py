"""Which products say these words, and how well?

BM25 (Robertson et al. 1994) over weighted fields. Per concept the best alternative counts; per
term the best field counts, the others add `field_tie` of theirs:

    S = Σ_c max_a w_a · Σ_{t∈a} [ max_f b_f·s(t,f) + tie · Σ_{other f} b_f·s(t,f) ]
    s(t,f) = ln(1 + (N − n + ½)/(n + ½)) · tf·(k₁+1) / (tf + k₁·(1 − b + b·len/avg))

with k₁ = 1.2, b = 0.75, as tantivy computes it. N, n and avg are the base's, also for products
written later, so that scores are comparable across segments and stay put within a generation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shopkeeper.records import Alternative, Concept, InvalidRequest

FIELDS = (
    "all",
    "title",
    "brand",
    "category",
    "attributes",
    "description",
    "features",
    "code",
)
"""What is indexed of a product: each kind of text alone, and "all" of the texts as one.

One field of all texts has one idf per term and one length, which ranks better than a sum over
fields; the single fields tell a match in the title from one in the small print. "features" are
what flags and numbers say, "code" the ids and skus.
"""

TOLD_FIELDS = FIELDS[1:]
"""Those that an explanation names."""

FieldTerms = Mapping[str, Sequence[str]]
"""The analysed terms of one product by field."""

K1, B = 1.2, 0.75


@dataclass(frozen=True, slots=True)
class WordWeights:
    """How words count. A weight of 0 leaves a field out."""

    all: float = 1.0
    title: float = 0.1
    brand: float = 0.0
    category: float = 0.0
    attributes: float = 0.0
    description: float = 0.0
    features: float = 0.2
    code: float = 1.0
    field_tie: float = 0.3
    """0: only a term's best field counts; 1: all fields add up."""
    enough: int = 24
    """Matches that suffice: as many concepts are demanded as so many products of the shop have."""
    minimum_match: float = 0.5
    """Share of the query's concepts, rounded up, below which nothing is demanded for `enough`; at
    least one concept always."""

    def __post_init__(self) -> None:
        if any(getattr(self, field) < 0 for field in FIELDS):
            raise InvalidRequest("a field weight below 0", expected="0 or more")
        if self.enough < 1:
            raise InvalidRequest(f"enough {self.enough}", expected="1 or more")
        for name in ("field_tie", "minimum_match"):
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidRequest(f"{name} {getattr(self, name)}", expected="0 … 1")

    def boosts(self) -> list[tuple[str, float]]:
        return [(field, getattr(self, field)) for field in FIELDS if getattr(self, field)]

    def least(self, concepts: int) -> int:
        """How many of so many concepts a match must have at the very least."""
        return max(1, math.ceil(self.minimum_match * concepts - 1e-9))


@dataclass(frozen=True, slots=True)
class Matches:
    """Products that match, the best first, ties by ordinal."""

    ordinals: NDArray[np.int32]
    scores: NDArray[np.float64]

    @classmethod
    def sorted(cls, ordinals: NDArray[np.int32], scores: NDArray[np.float64]) -> Matches:
        order = np.lexsort((ordinals, -scores))
        return cls(ordinals[order], scores[order])


def weighed(concepts: Sequence[Concept], base: Statistics) -> list[Concept]:
    """The concepts with no alternative worth more than what was typed.

    A rare synonym of a common word would otherwise outweigh the word: its weight is scaled down by
    the ratio of their rarities. What the shop does not have at all (n = 0) scales nothing.
    """

    def rarity_of(alternative: Alternative) -> float:
        found = (base.document_frequency("all", term) for term in alternative.terms)
        return sum(rarity(base.documents(), n) for n in found)

    result = []
    for concept in concepts:
        typed, *others = concept.alternatives
        worth = rarity_of(typed) if others else 0.0
        scaled = (replace(a, weight=a.weight * min(1.0, worth / rarity_of(a))) for a in others)
        result.append(Concept(concept.surface, (typed, *scaled)))
    return result


def rarity(documents: int, holding: int) -> float:
    """Robertson and Spärck Jones' idf as Lucene has it: ln(1 + (N − n + ½)/(n + ½)), above 0."""
    return math.log(1 + (documents - holding + 0.5) / (holding + 0.5))


class Words(Protocol):
    """The words of one segment."""

    def search(self, concepts: Sequence[Concept], weights: WordWeights, needed: int) -> Matches:
        """The products that have `needed` of the concepts."""
        ...

    def has(self, term: str) -> bool:
        """Whether a product says it."""
        ...

    def matched(
        self, concepts: Sequence[Concept], ordinals: Sequence[int]
    ) -> dict[int, tuple[str, ...]]:
        """For explanations: per ordinal the fields and surfaces that matched ("title: tent")."""
        ...

    def statistics(self) -> Statistics: ...


class Statistics(Protocol):
    """What BM25 needs to know about the base."""

    def documents(self) -> int: ...

    def average_length(self, field: str) -> float: ...

    def document_frequency(self, field: str, term: str) -> int: ...


def terms_of(concepts: Sequence[Concept]) -> list[tuple[Concept, str]]:
    return [(c, term) for c in concepts for a in c.alternatives for term in a.terms]


def note_match(notes: list[str], field: str, concept: Concept, term: str) -> None:
    said = f"{field}: {concept.surface}"
    if term != concept.alternatives[0].terms[0]:
        said += f" → {term}"
    if said not in notes:
        notes.append(said)
