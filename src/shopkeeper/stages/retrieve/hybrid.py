"""Words and meaning together: the shop's retriever.

Each leg can be off or fail alone; the other one still answers, and the report says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.documents import Analyse
from shopkeeper.index.matching import Reading
from shopkeeper.index.retrieval import RetrievalConfig, retrieve
from shopkeeper.index.snapshot import Snapshot
from shopkeeper.records import (
    Alternative,
    Clause,
    Concept,
    Deadline,
    InvalidRecord,
    Retrieved,
    RetrieveRequest,
    Rewrite,
    StageReport,
)
from shopkeeper.records.ports import Encode


@dataclass(frozen=True)
class HybridRetriever:
    """Implements `records.ports.Retrieve` on whatever snapshot is current when it is asked.

    Attributes:
        current: gives the newest snapshot.
        analyse: (text, locale) → terms, the one that the index was built with.
        encode: of queries; None leaves the dense leg off.
        config: how to match and order.
        always: filters on every request, whatever is asked.
    """

    current: Callable[[], Snapshot]
    analyse: Analyse
    encode: Encode | None
    config: RetrievalConfig
    always: tuple[Clause, ...] = ()

    def retrieve(self, request: RetrieveRequest, deadline: Deadline) -> Retrieved:
        snapshot = self.current()
        request = replace(request, fixed_filters=(*request.fixed_filters, *self.always))
        own = Reading(request.understanding.concepts, None)
        rewrites = [self._reading(rewrite, request) for rewrite in request.rewrites]
        readings, dense = self._with_vectors([own, *rewrites], request, snapshot)
        started = time.perf_counter()
        found = retrieve(snapshot, request, readings, self.config)
        took = (time.perf_counter() - started) * 1000
        return replace(found, legs=(StageReport("retrieve.lexical", "ok", latency_ms=took), dense))

    def _reading(self, rewrite: Rewrite, request: RetrieveRequest) -> Reading:
        terms = self.analyse(rewrite.text, request.understanding.query.locale)
        concepts = tuple(Concept(term, (Alternative((term,)),)) for term in terms)
        return Reading(concepts, None, rewrite.weight)

    def _with_vectors(
        self, readings: Sequence[Reading], request: RetrieveRequest, snapshot: Snapshot
    ) -> tuple[list[Reading], StageReport]:
        name, asked = "retrieve.dense", request.understanding.text
        if self.encode is None:
            return list(readings), StageReport(name, "off", "no encoder")
        if not snapshot.encoded:
            return list(readings), StageReport(name, "off", "no product is encoded yet")
        if not asked:
            return list(readings), StageReport(name, "skipped", "nothing was asked")
        started = time.perf_counter()
        try:
            texts = [asked, *(rewrite.text for rewrite in request.rewrites)]
            vectors = _checked(self.encode.encode(texts), len(texts), snapshot)
        except Exception as fault:  # whatever an encoder raises, the words still answer
            return list(readings), StageReport(name, "degraded", f"{type(fault).__name__}: {fault}")
        took = (time.perf_counter() - started) * 1000
        share = snapshot.encoded / snapshot.products
        reason = "" if share == 1 else f"{share:.0%} of the products are encoded"
        with_vectors = [replace(r, vector=v) for r, v in zip(readings, vectors, strict=True)]
        return with_vectors, StageReport(name, "ok", reason, took)


def _checked(vectors: NDArray[np.float32], count: int, snapshot: Snapshot) -> NDArray[np.float32]:
    """The vectors, if they can be compared with the products'; an encoder may be exchanged."""
    fits = vectors.shape == (count, snapshot.dimension)
    if not fits or not np.isfinite(vectors).all():
        raise InvalidRecord(
            f"vectors {list(vectors.shape)} of the query",
            expected=f"[{count}, {snapshot.dimension}] finite numbers, as the products have",
        )
    return vectors
