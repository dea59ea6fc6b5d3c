"""How well do words fit a document that is not in the index? As if it were, by the base's BM25."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.matching import MatchConfig, Matching, Reading
from shopkeeper.index.postings import FieldTerms
from shopkeeper.index.snapshot import Snapshot
from shopkeeper.index.words import Words, WordWeights
from shopkeeper.records import Concept


def word_shares(
    snapshot: Snapshot,
    concepts: Sequence[Concept],
    documents: Sequence[FieldTerms],
    config: MatchConfig,
) -> NDArray[np.float64]:
    """Each document's lexical score over the best one in the shop, float64 [n], 0 … 1.

    The measure is the one of the shop's own pages, so a product gets what it has there. Where the
    words find nothing in the shop, the measure is a document that says just the query. A document
    that beats it counts as 1. No document depends on another.
    """
    found = _scores(snapshot, concepts, documents, config.words)
    if not found.any():
        return found
    best = Matching(snapshot, [Reading(tuple(concepts))], (), config).best_lexical
    if best == 0:
        itself = [term for concept in concepts for term in concept.alternatives[0].terms]
        best = float(_scores(snapshot, concepts, [{"all": itself}], config.words)[0])
    return np.minimum(found / best, 1.0)


def _scores(
    snapshot: Snapshot,
    concepts: Sequence[Concept],
    documents: Sequence[FieldTerms],
    weights: WordWeights,
) -> NDArray[np.float64]:
    """[n], 0 where no concept of the query is found."""
    words = Words.of(documents, snapshot.views[0].segment.words)
    return words.score(concepts, weights).scores.astype(np.float64)
