"""What does a stage do that does nothing? One implementer of each port, and each is correct."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.records import (
    Alternative,
    Candidate,
    Concept,
    Deadline,
    Merchandising,
    Product,
    Query,
    Retrieved,
    RetrieveRequest,
    Rewrite,
    Shopper,
    Suggestion,
    SuggestRequest,
    Understanding,
    Verdict,
)
from shopkeeper.records.ports import (
    Delete,
    GuardRequest,
    Patch,
    Put,
    RelevanceScores,
    Write,
    Written,
)
from shopkeeper.records.rerank import Document, Reranked


class PlainUnderstand:
    """Each word between blanks, casefolded, means itself: what serves when understanding fails."""

    def understand(self, query: Query, deadline: Deadline) -> Understanding:
        return plain_reading(query)


def plain_reading(query: Query) -> Understanding:
    """The query split at blanks and casefolded: no spelling, no synonym, no unit."""
    words = query.text.split()
    concepts = tuple(Concept(word, (Alternative((word.casefold(),)),)) for word in words)
    return Understanding(query, " ".join(words).casefold(), concepts)


class NoRewrite:
    """No other query."""

    def rewrite(self, understanding: Understanding, deadline: Deadline) -> Sequence[Rewrite]:
        return ()


class NoSuggest:
    """No suggestion."""

    def suggest(self, request: SuggestRequest, deadline: Deadline) -> Sequence[Suggestion]:
        return ()


class NoRetrieve:
    """An empty shop."""

    def retrieve(self, request: RetrieveRequest, deadline: Deadline) -> Retrieved:
        return Retrieved(generation="", total=0, head=(), tail=(), facets=())


class NoRerank:
    """No document is better than another: 0 for each."""

    def rerank(
        self, understanding: Understanding, documents: Sequence[Document], deadline: Deadline
    ) -> Reranked:
        return Reranked(((),) * len(documents))


class NoMerchandise:
    """No rule."""

    def merchandise(self, understanding: Understanding, deadline: Deadline) -> Merchandising:
        return Merchandising()


class AllowAll:
    """Nothing is denied."""

    def guard(self, request: GuardRequest, deadline: Deadline) -> Verdict:
        return Verdict(allowed=True)


class NoGenerate:
    """A model that says nothing."""

    def generate(self, prompt: str, deadline: Deadline) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class OnePlaceEncode:
    """Every text lies in the same place, the first axis."""

    dimension: int = 7

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        places = np.zeros((len(texts), self.dimension), np.float32)
        places[:, 0] = 1
        return places


@dataclass(frozen=True, slots=True)
class EvenRelevance:
    """Every grade is as likely as the next, and all are in tier 0."""

    grades: int = 4

    def relevance(
        self, understanding: Understanding, candidates: Sequence[Candidate]
    ) -> RelevanceScores:
        probabilities = np.full((len(candidates), self.grades), 1 / self.grades)
        return RelevanceScores(probabilities, np.zeros(len(candidates), np.int64))


class ZeroRank:
    """Wanted alike: 0 for every candidate, so that the order stays."""

    def rank(
        self, understanding: Understanding, shopper: Shopper | None, candidates: Sequence[Candidate]
    ) -> NDArray[np.float64]:
        return np.zeros(len(candidates))


class ZeroJudge:
    """Grade 0 for every pair."""

    def judge(self, pairs: Sequence[tuple[Query, Product]]) -> NDArray[np.float64]:
        return np.zeros(len(pairs))


class NoCatalogue:
    """Holds nothing and takes nothing: every write is refused and said to be."""

    def put(self, product: Product) -> Written:
        return self.bulk((Put(product),))

    def patch(self, patch: Patch) -> Written:
        return self.bulk((patch,))

    def delete(self, product_id: str) -> Written:
        return self.bulk((Delete(product_id),))

    def bulk(self, writes: Iterable[Write]) -> Written:
        refused = tuple((place, "this catalogue takes nothing") for place, _ in enumerate(writes))
        return Written(seq=0, accepted=0, refused=refused)

    def get(self, product_id: str) -> Product | None:
        return None


class NoProducts:
    """None of the products is there."""

    def read(self, product_ids: Sequence[str]) -> dict[str, Product]:
        return {}
