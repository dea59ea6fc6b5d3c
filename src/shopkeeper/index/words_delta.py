"""The words of products written since the base was made: in memory, few, and soon compacted.

They are scored with the base's statistics, so that a product's score does not depend on which
side of a compaction it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.words import (
    FIELDS,
    K1,
    TOLD_FIELDS,
    B,
    FieldTerms,
    Matches,
    Statistics,
    WordWeights,
    note_match,
    rarity,
    terms_of,
    weighed,
)
from shopkeeper.records import Concept


def _decoded_lengths() -> NDArray[np.int64]:
    """Field length by its one-byte code, as Lucene and tantivy store it: exact up to 40."""
    eighths = [
        code & 7 if code < 8 else ((code & 7) | 8) << ((code >> 3) - 1) for code in range(256 - 24)
    ]
    return np.array([*range(24), *(24 + length for length in eighths)], np.int64)


_LENGTHS = _decoded_lengths()


class DeltaWords:
    """The words of products written since the base was made, scored with the base's statistics."""

    def __init__(self, documents: Sequence[FieldTerms], statistics: Statistics) -> None:
        self._count = len(documents)
        self._statistics = statistics
        self._postings: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        self._lengths: dict[str, NDArray[np.int64]] = {}
        for field in FIELDS:
            given = np.array([len(terms.get(field, ())) for terms in documents], np.int64)
            self._lengths[field] = _LENGTHS[np.searchsorted(_LENGTHS, given, side="right") - 1]
            for ordinal, terms in enumerate(documents):
                for term, frequency in Counter(terms.get(field, ())).items():
                    self._postings[field, term].append((ordinal, frequency))

    def search(self, concepts: Sequence[Concept], weights: WordWeights, needed: int) -> Matches:
        total, concepts_matched = np.zeros(self._count), np.zeros(self._count, np.int64)
        for concept in weighed(concepts, self._statistics):
            best = np.zeros(self._count)
            for alternative in concept.alternatives:
                scores = np.array([self._term(t, weights) for t in alternative.terms])
                together = np.where((scores > 0).all(axis=0), scores.sum(axis=0), 0.0)
                best = np.maximum(best, alternative.weight * together)
            total += best
            concepts_matched += best > 0
        enough = (concepts_matched >= needed) & (total > 0)
        ordinals = enough.nonzero()[0].astype(np.int32)
        return Matches.sorted(ordinals, total[ordinals])

    def _term(self, term: str, weights: WordWeights) -> NDArray[np.float64]:
        by_field = np.zeros((len(FIELDS), self._count))
        for row, (field, boost) in enumerate(weights.boosts()):
            if postings := self._postings.get((field, term)):
                ordinals, frequencies = np.array(postings).T
                by_field[row, ordinals] = boost * self._bm25(field, term, ordinals, frequencies)
        best: NDArray[np.float64] = by_field.max(axis=0)
        others: NDArray[np.float64] = by_field.sum(axis=0) - best
        return best + weights.field_tie * others

    def _bm25(
        self, field: str, term: str, ordinals: NDArray[np.int64], frequencies: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        base = self._statistics
        holding = base.document_frequency(field, term)
        average = base.average_length(field) or 1.0
        norm = K1 * (1 - B + B * self._lengths[field][ordinals] / average)
        saturated = frequencies * (K1 + 1) / (frequencies + norm)
        return np.asarray(rarity(base.documents(), holding) * saturated, np.float64)

    def has(self, term: str) -> bool:
        return ("all", term) in self._postings

    def matched(
        self, concepts: Sequence[Concept], ordinals: Sequence[int]
    ) -> dict[int, tuple[str, ...]]:
        found: dict[int, list[str]] = {int(o): [] for o in ordinals}
        for concept, term in terms_of(concepts):
            for field in TOLD_FIELDS:
                for ordinal, _ in self._postings.get((field, term), ()):
                    if ordinal in found:
                        note_match(found[ordinal], field, concept, term)
        return {ordinal: tuple(notes) for ordinal, notes in found.items()}

    def statistics(self) -> Statistics:
        return self._statistics
