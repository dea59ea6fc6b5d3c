"""What can be plugged into the shop? Protocols of one method, of two kinds, and the catalogue.

Request ports take a request and a deadline and give one result. Scoring ports take a batch and
give a batch. Beside them stands the engine, which does long jobs. An implementer keeps to its
port's contract suite (`tests/contracts`): it may raise or be late, the pipeline contains that; it
may not answer with another length, with NaN, or with products it was not asked about, and the
pipeline checks that too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from shopkeeper.records.candidate import Candidate
from shopkeeper.records.deadline import Deadline
from shopkeeper.records.money import Money
from shopkeeper.records.product import Product
from shopkeeper.records.query import Query, Rewrite, Shopper, Understanding
from shopkeeper.records.request import (
    Hit,
    Merchandising,
    Retrieved,
    RetrieveRequest,
    Suggestion,
    SuggestRequest,
    Verdict,
)
from shopkeeper.records.rerank import Document, Reranked

# --- request ports -----------------------------------------------------------------------------


@runtime_checkable
class Understand(Protocol):
    """What do the words mean? Normalise, segment, spell, read brands, categories and sizes."""

    def understand(self, query: Query, deadline: Deadline) -> Understanding: ...


@runtime_checkable
class RewriteQuery(Protocol):
    """Which other queries mean the same?"""

    def rewrite(self, understanding: Understanding, deadline: Deadline) -> Sequence[Rewrite]: ...


@runtime_checkable
class Suggest(Protocol):
    """What might the shopper want to search for?"""

    def suggest(self, request: SuggestRequest, deadline: Deadline) -> Sequence[Suggestion]: ...


@runtime_checkable
class Retrieve(Protocol):
    """Which products belong to the answer, and in what first order?"""

    def retrieve(self, request: RetrieveRequest, deadline: Deadline) -> Retrieved: ...


@runtime_checkable
class Merchandise(Protocol):
    """What do the shop's own rules ask for on this query?"""

    def merchandise(self, understanding: Understanding, deadline: Deadline) -> Merchandising: ...


@dataclass(frozen=True, slots=True)
class GuardRequest:
    """The query on the way in (`hits` empty), or the page on the way out."""

    query: Query
    hits: tuple[Hit, ...] = ()


@runtime_checkable
class Guard(Protocol):
    """May this be asked, may this be shown?"""

    def guard(self, request: GuardRequest, deadline: Deadline) -> Verdict: ...


@runtime_checkable
class Rerank(Protocol):
    """How well does each text or product fit, 0 … 1? Each for itself, whatever its company."""

    def rerank(
        self, understanding: Understanding, documents: Sequence[Document], deadline: Deadline
    ) -> Reranked: ...


@runtime_checkable
class Generate(Protocol):
    """What does the language model say?"""

    def generate(self, prompt: str, deadline: Deadline) -> str: ...


# --- scoring ports -----------------------------------------------------------------------------


@runtime_checkable
class Encode(Protocol):
    """Where do these texts lie? float32 [len(texts), dimension], rows of unit length."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class RelevanceScores:
    """Calibrated belief about each candidate's grade, and the tier it is sorted into."""

    probabilities: NDArray[np.float64]
    """[n, grades], rows sum to 1, the worst grade first."""
    tiers: NDArray[np.int64]
    """[n], higher is better."""


@runtime_checkable
class Relevance(Protocol):
    """How well does each candidate fit the query?"""

    def relevance(
        self, understanding: Understanding, candidates: Sequence[Candidate]
    ) -> RelevanceScores: ...


@runtime_checkable
class Rank(Protocol):
    """How much will this shopper want each candidate? float64 [n], added to the score."""

    def rank(
        self, understanding: Understanding, shopper: Shopper | None, candidates: Sequence[Candidate]
    ) -> NDArray[np.float64]: ...


@runtime_checkable
class Judge(Protocol):
    """Which grade would a rater give? float64 [n], one per (query, product) pair."""

    def judge(self, pairs: Sequence[tuple[Query, Product]]) -> NDArray[np.float64]: ...


# --- the catalogue -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Put:
    """Add the product, or replace the one with its id."""

    product: Product
    over: Product | None = None
    """Write it only if the one with its id is still this one; None: whatever is there."""


@dataclass(frozen=True, slots=True)
class Patch:
    """Change volatile fields in place; None leaves a field as it is.

    Price and stock are of the variant `sku`, or of every variant when `sku` is None.
    """

    product_id: str
    sku: str | None = None
    price: Money | None = None
    stock: int | None = None
    popularity: float | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove the product; removing what is not there is no error."""

    product_id: str


Write: TypeAlias = Put | Patch | Delete


@dataclass(frozen=True, slots=True)
class Written:
    """Acknowledgement: what is listed here survives a crash and is searchable.

    `seq` is the store's sequence number after the last write; `refused` are (index in the batch,
    reason), and everything else was written.
    """

    seq: int
    accepted: int
    refused: tuple[tuple[int, str], ...] = field(default=())


@runtime_checkable
class Catalogue(Protocol):
    """The products as the shop sells them: one truth, from which every index follows."""

    def put(self, product: Product) -> Written: ...

    def patch(self, patch: Patch) -> Written: ...

    def delete(self, product_id: str) -> Written: ...

    def bulk(self, writes: Iterable[Write]) -> Written: ...

    def get(self, product_id: str) -> Product | None: ...


@runtime_checkable
class ReadProducts(Protocol):
    """The products with these ids, by id; one that is gone is left out."""

    def read(self, product_ids: Sequence[str]) -> dict[str, Product]: ...


# --- long jobs ---------------------------------------------------------------------------------

Shared = TypeVar("Shared")
Part = TypeVar("Part")
Done = TypeVar("Done")


@runtime_checkable
class Engine(Protocol):
    """Who does a long job, part by part?

    ``work(shared, part)`` of every part, in the order of the parts, as they become ready. Nothing
    of it depends on the engine, and only a few parts at a time are in memory.

    Args:
        work: a function of a module, whose result depends on its arguments alone.
        parts: iterated in a process of this machine, and again from its start when that one dies.
        shared: sent to each process once.

    What `work` or `parts` raise is raised, after the results of the parts before it.
    """

    def run(
        self, work: Callable[[Shared, Part], Done], parts: Iterable[Part], shared: Shared
    ) -> Iterator[Done]: ...
