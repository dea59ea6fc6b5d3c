"""Which products say these words, and how well?

BM25 (Robertson et al. 1994) over weighted fields. Per concept the best alternative counts:

    S = Σ_c max_a w_a · Σ_{t∈a} Σ_f b_f·s(t,f)
    s(t,f) = ln(1 + (N − n + ½)/(n + ½)) · tf·(k₁+1) / (tf + k₁·(1 − b + b·len/avg))

with k₁ = 1.2, b = 0.75. N, n and avg are the base's, also for products written later, so that
scores are comparable across segments and stay put within a generation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.postings import FIELDS, FieldTerms, Postings, build_postings
from shopkeeper.records import Alternative, Concept, InvalidRequest

_REMEMBERED_TERMS = 4096
"""Where they stand is looked up a few times in every query."""

_BITS = 16
"""Concepts whose products are marked together."""

TOLD_FIELDS = FIELDS[1:]
"""Those that an explanation names."""


@dataclass(frozen=True, slots=True)
class WordWeights:
    """How words count. A weight of 0 leaves a field out."""

    all: float = 1.0
    title: float = 0.03
    brand: float = 0.0
    category: float = 0.0
    attributes: float = 0.0
    description: float = 0.0
    features: float = 0.2
    code: float = 1.0
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
        if not 0 <= self.minimum_match <= 1:
            raise InvalidRequest(f"minimum_match {self.minimum_match}", expected="0 … 1")

    def of(self, field: str) -> float:
        weight: float = getattr(self, field)
        return weight

    def least(self, concepts: int) -> int:
        """How many of so many concepts a match must have at the very least."""
        return max(1, math.ceil(self.minimum_match * concepts - 1e-9))


@dataclass(frozen=True, slots=True)
class Scored:
    """What words say of every product of a segment.

    scores: [n] S, 0 where no concept is said. concepts: [n] how many of the query's are said.
    """

    scores: NDArray[np.float32]
    concepts: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Said:
    """Products that say something, each once, in any order, and how well."""

    products: NDArray[np.int32]
    scores: NDArray[np.float32]


class Words:
    """The words of one segment; safe in any thread."""

    def __init__(self, postings: Postings, base: Words | None = None) -> None:
        """`base` has the words whose rarities count; None: these."""
        self.postings = postings
        self._base = base or self
        self._runs = lru_cache(_REMEMBERED_TERMS)(postings.of)

    @classmethod
    def of(cls, documents: Iterable[FieldTerms], base: Words) -> Words:
        """The words of products written after the base was built."""
        return cls(build_postings(iter(documents), base.postings.statistics), base)

    def __len__(self) -> int:
        return self.postings.documents

    def has(self, term: str) -> bool:
        """Whether a product's texts say it."""
        return self.holding("all", term) > 0

    def holding(self, field: str, term: str) -> int:
        """How many products have the term in the field."""
        return next((len(run.products) for run in self._runs(term) if run.field == field), 0)

    def rarity(self, field: str, term: str) -> float:
        """Robertson and Spärck Jones' idf as Lucene has it: ln(1 + (N − n + ½)/(n + ½)), above 0.

        Of the base, whichever segment is asked.
        """
        total, holding = self.postings.statistics.documents, self._base.holding(field, term)
        return math.log(1 + (total - holding + 0.5) / (holding + 0.5))

    def score(self, concepts: Sequence[Concept], weights: WordWeights) -> Scored:
        """Score every product by all of the concepts that it says."""
        scores = np.zeros(len(self), np.float32)
        counts = np.zeros(len(self), np.uint8)
        weighed = self._weighed(concepts)
        for first in range(0, len(weighed), _BITS):
            said = np.zeros(len(self), np.uint16)
            for place, concept in enumerate(weighed[first : first + _BITS]):
                for part in self._parts(concept, weights):
                    scores[part.products] += part.scores
                    said[part.products] |= np.uint16(1 << place)
            counts += np.bitwise_count(said)
        return Scored(scores, counts)

    def _parts(self, concept: Concept, weights: WordWeights) -> Sequence[_Said]:
        """What adds up to the concept's score; a product may stand in several parts."""
        ways = concept.alternatives
        if len(ways) > 1:
            return [self._best([self._together(way, weights) for way in ways])]
        (way,) = ways
        if len(way.terms) > 1 or way.weight != 1:
            return [self._together(way, weights)]
        return self._fields(way.terms[0], weights)

    def _weighed(self, concepts: Sequence[Concept]) -> list[Concept]:
        """The concepts with no alternative worth more than what was typed.

        A rare synonym of a common word would otherwise outweigh the word: its weight is scaled
        down by the ratio of their rarities. What the shop does not have at all (n = 0) scales
        nothing.
        """

        def rarity_of(alternative: Alternative) -> float:
            return sum(self.rarity("all", term) for term in alternative.terms)

        result = []
        for concept in concepts:
            typed, *others = concept.alternatives
            worth = rarity_of(typed) if others else 0.0
            scaled = (replace(a, weight=a.weight * min(1.0, worth / rarity_of(a))) for a in others)
            result.append(Concept(concept.surface, (typed, *scaled)))
        return result

    def _best(self, ways: Sequence[_Said]) -> _Said:
        """For each product that has one of the ways, the best of its ways."""
        best = np.zeros(len(self), np.float32)
        first = []
        for way in ways:
            had = best[way.products]
            first.append(way.products[had == 0])
            best[way.products] = np.maximum(had, way.scores)
        products = np.concatenate(first)
        return _Said(products, best[products])

    def _together(self, way: Alternative, weights: WordWeights) -> _Said:
        """The products that say every term of the alternative."""
        found = self._term(way.terms[0], weights)
        products, scores = found.products, found.scores
        for term in way.terms[1:]:
            other = self._term(term, weights)
            theirs = np.zeros(len(self), np.float32)
            theirs[other.products] = other.scores
            added = theirs[products]
            both = added > 0
            products, scores = products[both], scores[both] + added[both]
        return _Said(products, np.float32(way.weight) * scores)

    def _term(self, term: str, weights: WordWeights) -> _Said:
        """The products that have the term in a field that counts."""
        parts = self._fields(term, weights)
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return _Said(np.empty(0, np.int32), np.empty(0, np.float32))
        total = np.zeros(len(self), np.float32)
        products, total[parts[0].products] = [parts[0].products], parts[0].scores
        for part in parts[1:]:
            had = total[part.products]
            products.append(part.products[had == 0])
            total[part.products] = had + part.scores
        every = np.concatenate(products)
        return _Said(every, total[every])

    def _fields(self, term: str, weights: WordWeights) -> list[_Said]:
        """The same, field by field."""
        return [
            _Said(run.products, np.float32(weight * self.rarity(run.field, term)) * run.loudness)
            for run in self._runs(term)
            if (weight := weights.of(run.field))
        ]

    def matched(
        self, concepts: Sequence[Concept], ordinals: Sequence[int]
    ) -> dict[int, tuple[str, ...]]:
        """For explanations: per ordinal the fields and surfaces that matched ("title: tent")."""
        found: dict[int, list[str]] = {int(ordinal): [] for ordinal in ordinals}
        wanted = np.array(list(found), np.int32)
        ways = [(c, term) for c in concepts for a in c.alternatives for term in a.terms]
        for concept, term in ways:
            for run in self._runs(term):
                if run.field not in TOLD_FIELDS:
                    continue
                said = f"{run.field}: {concept.surface}"
                if term != concept.alternatives[0].terms[0]:
                    said += f" → {term}"
                places = np.searchsorted(run.products, wanted)
                inside = places < len(run.products)
                inside[inside] = run.products[places[inside]] == wanted[inside]
                for ordinal in wanted[inside].tolist():
                    if said not in found[ordinal]:
                        found[ordinal].append(said)
        return {ordinal: tuple(notes) for ordinal, notes in found.items()}
