"""How well does each of these documents fit? The question that another engine asks of the shop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from shopkeeper.records.candidate import Part, total
from shopkeeper.records.errors import InvalidRequest
from shopkeeper.records.product import Product
from shopkeeper.records.query import Query
from shopkeeper.records.request import LONGEST_QUERY
from shopkeeper.records.trace import StageReport

MOST_DOCUMENTS = 1_000

RERANK_MS = 5_000.0
"""Of a request that names no timeout. Longer than a search's, since texts from outside have no
vectors yet."""


@dataclass(frozen=True, slots=True)
class OwnProduct:
    """A product of the shop's catalogue, by its id."""

    id: str


Document: TypeAlias = str | Product
"""What is scored: a text, or a product, whether the shop sells it or not."""


@dataclass(frozen=True, slots=True)
class RerankRequest:
    """Documents that some engine found for the query, to be scored by what this shop knows."""

    query: Query
    documents: tuple[Document | OwnProduct, ...]
    top_n: int | None = None
    """How many of the best are wanted; None: all."""
    timeout_ms: float = RERANK_MS

    def __post_init__(self) -> None:
        if not 1 <= len(self.documents) <= MOST_DOCUMENTS:
            raise InvalidRequest(
                f"{len(self.documents):,} documents",
                where="documents",
                expected=f"1 … {MOST_DOCUMENTS:,}",
                hint="ask about the best of them, or in parts: a score depends on no neighbour",
            )
        if len(self.query.text) > LONGEST_QUERY:
            raise InvalidRequest("the query is too long", expected=f"≤ {LONGEST_QUERY} characters")
        if self.top_n is not None and self.top_n < 1:
            raise InvalidRequest(f"top_n {self.top_n}", expected="1 or more")


@dataclass(frozen=True, slots=True)
class Reranked:
    """A reranker's answer: the parts of each document's score, in the documents' order."""

    parts: tuple[tuple[Part, ...], ...]
    legs: tuple[StageReport, ...] = ()
    """What each leg (lexical, dense) did, reported like a stage."""
    terms: int = 0
    """Analysed words that were read."""
    generation: str = ""


@dataclass(frozen=True, slots=True)
class RerankResult:
    """One document's place."""

    index: int
    """In the request, from 0."""
    parts: tuple[Part, ...]
    document: Document | None
    """None: a product that the shop does not have; it scores 0."""

    @property
    def score(self) -> float:
        """The float64 sum of the parts, 0 … 1."""
        return total(self.parts)


@dataclass(frozen=True, slots=True)
class RerankResponse:
    """The documents, the best first, ties as they were given."""

    request: RerankRequest
    results: tuple[RerankResult, ...]
    missing: tuple[int, ...] = ()
    """Indices of products that the shop does not have."""
    terms: int = 0
    """Analysed words that were read."""
    blocked_by: str | None = None
    """The deny rule because of which there are no results."""
    generation: str = ""
    stages: tuple[StageReport, ...] = ()
    artefacts: Mapping[str, str] = field(default_factory=dict)
    latency_ms: float = 0.0

    @property
    def degraded(self) -> tuple[str, ...]:
        """Names of the stages that should have worked and did not."""
        return tuple(report.stage for report in self.stages if report.state == "degraded")
