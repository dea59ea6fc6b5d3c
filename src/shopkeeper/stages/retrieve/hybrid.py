"""Words and meaning together: the shop's retriever.

The query is encoded while its words are looked up. Each leg can be off or fail alone; the other
one still answers, and the report says so. An encoder that hangs costs the words `ENCODING_SHARE`
of the time, and nothing at all once all of its threads hang.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.documents import Analyse
from shopkeeper.index.matching import Reading
from shopkeeper.index.retrieval import RetrievalConfig, retrieve
from shopkeeper.index.snapshot import Snapshot
from shopkeeper.online.workers import Call, Late, Occupied, Stuck, Workers
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

Vectors: TypeAlias = NDArray[np.float32]
"""[readings, dimension]."""

ENCODING_SHARE: Final = 0.5
"""Of the stage's time, what it waits for an encoder at most; the words answer in the rest."""
_DENSE: Final = "retrieve.dense"
_THREADS: Final = 8
"""Queries encoded at once; as many as a stage of the pipeline has threads."""
_PATIENCE_MS: Final = 500.0
"""An encoder that has been at one query for longer hangs."""


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
        own = Reading(request.understanding.concepts)
        readings = [own, *(self._reading(rewrite, request) for rewrite in request.rewrites)]
        meaning = self._meaning(request, snapshot, deadline)
        started = time.perf_counter()
        found = retrieve(snapshot, request, readings, meaning.vectors, self.config)
        took = (time.perf_counter() - started) * 1000 - meaning.waited_ms
        words = StageReport("retrieve.lexical", "ok", latency_ms=took)
        return replace(found, legs=(words, meaning.report))

    def _reading(self, rewrite: Rewrite, request: RetrieveRequest) -> Reading:
        terms = self.analyse(rewrite.text, request.understanding.query.locale)
        concepts = tuple(Concept(term, (Alternative((term,)),)) for term in terms)
        return Reading(concepts, rewrite.weight)

    def _meaning(
        self, request: RetrieveRequest, snapshot: Snapshot, deadline: Deadline
    ) -> _Meaning:
        """Begin to encode what is asked, where there is a use for it."""
        asked = request.understanding.text
        if self.encode is None:
            return _Meaning(StageReport(_DENSE, "off", "no encoder"))
        if not snapshot.encoded:
            return _Meaning(StageReport(_DENSE, "off", "no product is encoded yet"))
        if not asked:
            return _Meaning(StageReport(_DENSE, "skipped", "nothing was asked"))
        share = snapshot.encoded / snapshot.products
        reason = "" if share == 1 else f"{share:.0%} of the products are encoded"
        texts = [asked, *(rewrite.text for rewrite in request.rewrites)]
        until = deadline.share(deadline.remaining_ms * ENCODING_SHARE)
        try:
            call = self._workers.begin(partial(_timed, self.encode, texts, snapshot), until)
        except (Occupied, Stuck) as fault:
            return _Meaning(StageReport(_DENSE, "degraded", str(fault)))
        return _Meaning(StageReport(_DENSE, "ok", reason), call, until)

    @cached_property
    def _workers(self) -> Workers:
        """The encoder's threads, which end with this retriever."""
        workers = Workers("encode", _THREADS, _PATIENCE_MS)
        weakref.finalize(self, workers.close)
        return workers


class _Meaning:
    """The vectors of one request, on their way from another thread; without a call there are none.

    Attributes:
        report: of the leg, as far as it is known.
        waited_ms: how long the words stood still for it.
    """

    def __init__(
        self,
        report: StageReport,
        call: Call[tuple[Vectors, float]] | None = None,
        until: Deadline | None = None,
    ) -> None:
        self.report, self.waited_ms = report, 0.0
        self._call, self._until = call, until

    def vectors(self) -> list[NDArray[np.float32]]:
        """One for each reading, once they are there; none where the words go on alone."""
        if self._call is None or self._until is None:
            return []
        started = time.perf_counter()
        try:
            vectors, latency_ms = self._call.wait(self._until)
        except Late as fault:
            self.report = replace(self.report, state="degraded", reason=str(fault))
            return []
        except Exception as fault:  # whatever an encoder raises, the words still answer
            reason = f"{type(fault).__name__}: {fault}"
            self.report = replace(self.report, state="degraded", reason=reason)
            return []
        finally:
            self.waited_ms = (time.perf_counter() - started) * 1000
        self.report = replace(self.report, latency_ms=latency_ms)
        return list(vectors)


def _timed(encode: Encode, texts: Sequence[str], snapshot: Snapshot) -> tuple[Vectors, float]:
    """The vectors of the texts, and the milliseconds that they took."""
    started = time.perf_counter()
    vectors = _checked(encode.encode(texts), len(texts), snapshot)
    return vectors, (time.perf_counter() - started) * 1000


def _checked(vectors: Vectors, count: int, snapshot: Snapshot) -> Vectors:
    """The vectors, if they can be compared with the products'; an encoder may be exchanged."""
    fits = vectors.shape == (count, snapshot.dimension)
    if not fits or not np.isfinite(vectors).all():
        raise InvalidRecord(
            f"vectors {list(vectors.shape)} of the query",
            expected=f"[{count}, {snapshot.dimension}] finite numbers, as the products have",
        )
    return vectors
