"""How well does each document fit, by words and meaning? The retriever's score for any text."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.documents import Analyse, encoder_text, field_terms
from shopkeeper.index.fusion import WeightedSum
from shopkeeper.index.matching import MatchConfig
from shopkeeper.index.postings import FieldTerms
from shopkeeper.index.scoring import word_shares
from shopkeeper.index.snapshot import Snapshot
from shopkeeper.records import Deadline, Part, Product, StageReport, Understanding
from shopkeeper.records.rerank import Document, Reranked
from shopkeeper.stages.retrieve.encoder import Encoder
from shopkeeper.store.vectors import text_key

KEPT_BACK = 0.1
"""Share of the time from which on no further text is encoded, so that the words answer in time."""

_DENSE = "rerank.dense"


@dataclass(frozen=True)
class HybridReranker:
    """Implements `records.ports.Rerank` on whatever snapshot is current when it is asked.

    Attributes:
        current: gives the newest snapshot.
        analyse: (text, locale) → terms, the one that the index was built with.
        encoder: None leaves the dense leg off.
        locale: of products' texts that name none.
        match: what counts as a match; its weights score the words.
        mix: of the legs. Always a weighted sum: one by ranks would depend on the company.
    """

    current: Callable[[], Snapshot]
    analyse: Analyse
    encoder: Encoder | None
    locale: str
    match: MatchConfig
    mix: WeightedSum

    def rerank(
        self, understanding: Understanding, documents: Sequence[Document], deadline: Deadline
    ) -> Reranked:
        snapshot, started = self.current(), time.perf_counter()
        terms = [self._terms(each, understanding.query.locale) for each in documents]
        words = word_shares(snapshot, understanding.concepts, terms, self.match)
        lexical = StageReport("rerank.lexical", "ok", latency_ms=_since(started))
        cosines, dense = self._cosines(snapshot, understanding.text, documents, deadline)
        legs = self.mix.addends(words, np.clip(cosines, 0.0, 1.0), 1.0)
        names = ("lexical", "dense") if dense.state == "ok" else ("lexical",)
        return Reranked(
            tuple(
                tuple(Part(name, value) for name, value in zip(names, values, strict=False))
                for values in np.transpose(legs).tolist()
            ),
            (lexical, dense),
            terms=sum(len(each["all"]) for each in terms),
            generation=snapshot.generation,
        )

    def _terms(self, document: Document, locale: str) -> FieldTerms:
        if isinstance(document, Product):
            return field_terms(document, self.analyse, self.locale)
        words = self.analyse(document, locale)
        return {"all": words, "description": words}

    def _cosines(
        self, snapshot: Snapshot, asked: str, documents: Sequence[Document], deadline: Deadline
    ) -> tuple[NDArray[np.float64], StageReport]:
        """[n] of all documents, or zeros and the reason: scores with and without are not mixed."""
        nothing = np.zeros(len(documents))
        if self.encoder is None:
            return nothing, StageReport(_DENSE, "off", "no encoder")
        if not asked:
            return nothing, StageReport(_DENSE, "skipped", "nothing was asked")
        cosines, started = np.zeros(len(documents)), time.perf_counter()
        least_ms = deadline.remaining_ms * KEPT_BACK
        try:
            query = self.encoder.queries.encode([asked])[0]
            for place, document in enumerate(documents):
                if deadline.remaining_ms <= least_ms:
                    reason = f"{place} of {len(documents)} documents encoded in time; by words"
                    return nothing, StageReport(_DENSE, "degraded", reason, _since(started))
                cosines[place] = self._cosine(self.encoder, snapshot, query, document)
        except Exception as fault:  # whatever an encoder raises, the words still answer
            reason = f"{type(fault).__name__}: {fault}"[:200]
            return nothing, StageReport(_DENSE, "degraded", reason, _since(started))
        return cosines, StageReport(_DENSE, "ok", latency_ms=_since(started))

    def _cosine(
        self, encoder: Encoder, snapshot: Snapshot, query: NDArray[np.float32], document: Document
    ) -> float:
        """From the index where it has this very text's vector, otherwise encoded now."""
        if isinstance(document, Product):
            text = encoder_text(document, self.locale)
            known = _known_cosine(snapshot, query, document.id, text)
            if not math.isnan(known):
                return known
        else:
            text = document
        [vector] = encoder.documents.encode([text])
        return float((vector.astype(np.float64) * query).sum())


def _known_cosine(
    snapshot: Snapshot, query: NDArray[np.float32], product_id: str, text: str
) -> float:
    """NaN where the index has no vector of this text for the product."""
    place = snapshot.locate(product_id)
    if place is None:
        return math.nan
    view, ordinal = snapshot.views[place[0]], place[1]
    if view.dense is None or view.segment.text_keys[ordinal] != text_key(text):
        return math.nan
    return float(view.dense.scores(query, np.array([ordinal]))[0])


def _since(started: float) -> float:
    """Milliseconds."""
    return (time.perf_counter() - started) * 1000
