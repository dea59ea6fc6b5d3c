"""Is this an answer? What a stage gives back is checked before anything is built on it.

One function per port. Each returns None, or raises `WrongAnswer` with the fault in words that
stand in the response. What was asked comes first, so that `partial` leaves a check of the answer.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import filterfalse
from types import NoneType
from typing import Any, cast

import numpy as np

from shopkeeper.records import (
    AnyOf,
    Boost,
    Candidate,
    Facet,
    Hit,
    Merchandising,
    NoneOf,
    Product,
    Query,
    Range,
    Retrieved,
    RetrieveRequest,
    Rewrite,
    StageReport,
    Suggestion,
    Understanding,
    Verdict,
)
from shopkeeper.records.candidate import total
from shopkeeper.records.ports import RelevanceScores
from shopkeeper.records.rerank import Reranked

MOST_REWRITES = 32
"""A rewriter that gives more costs retrieval more than it can bring."""
ROW_SUM_TOLERANCE = 1e-6


class WrongAnswer(Exception):
    """A stage answered with what cannot be an answer to what it was asked."""


def check_understanding(query: Query, answer: object) -> None:
    understanding = _instance(answer, Understanding)
    if understanding.query != query:
        raise WrongAnswer("the reading of another query")
    _instance(understanding.text, str)
    for concept in understanding.concepts:
        if not concept.alternatives:
            raise WrongAnswer(f"no alternative for {concept.surface!r}")
        _finite((a.weight for a in concept.alternatives), f"weight of {concept.surface!r}")
    _finite((c.confidence for c in understanding.corrections), "confidence of a correction")
    _finite((c.confidence for c in understanding.constraints), "confidence of a constraint")


def check_rewrites(answer: object) -> None:
    rewrites = _instances(answer, Rewrite)
    if len(rewrites) > MOST_REWRITES:
        raise WrongAnswer(f"{len(rewrites)} rewrites, at most {MOST_REWRITES} expected")
    _finite((rewrite.weight for rewrite in rewrites), "weight of a rewrite")
    _once((rewrite.text for rewrite in rewrites), "rewrite")


def check_suggestions(size: int, answer: object) -> None:
    suggestions = _instances(answer, Suggestion)
    if len(suggestions) > size:
        raise WrongAnswer(f"{len(suggestions)} suggestions, at most {size} asked")
    _finite((suggestion.score for suggestion in suggestions), "score of a suggestion")
    _once(((s.kind, s.text, s.product_id) for s in suggestions), "suggestion")
    if empty := next((s.text for s in suggestions if s.hits < 1), None):
        raise WrongAnswer(f"suggestion {empty!r} finds nothing")


def check_merchandising(answer: object) -> None:
    wishes = _instance(answer, Merchandising)
    _finite((boost.weight for boost in _instances(wishes.boosts, Boost)), "weight of a boost")
    _once(_instances(wishes.pins, str), "pin")
    _instances(wishes.filters, (AnyOf, NoneOf, Range))
    _instances(wishes.fired, str)
    _instance(wishes.redirect, (str, NoneType))


def check_verdict(hits: Sequence[Hit], answer: object) -> None:
    """On the way in (no hits) any product may be named as hidden, on the way out those shown."""
    verdict = _instance(answer, Verdict)
    _instance(verdict.allowed, bool)
    _instance(verdict.blocked_by, (str, NoneType))
    _instance(verdict.hidden, frozenset)
    if hits and (strange := set(verdict.hidden) - {hit.product.id for hit in hits}):
        raise WrongAnswer(f"hides {min(strange)!r}, which was not asked about")


def check_retrieved(request: RetrieveRequest, answer: object) -> None:
    """The head is the window's worth of the set, the tail what the page needs behind it."""
    found = _instance(answer, Retrieved)
    head, tail = _instances(found.head, Candidate), _instances(found.tail, Candidate)
    if len(head) != min(request.window, found.total):
        raise WrongAnswer(
            f"head of {len(head)} for {found.total} hits and a window of {request.window}"
        )
    page_end = min(request.offset + request.size, found.total)
    behind = max(0, page_end - max(request.offset, request.window))
    if len(tail) != behind:
        raise WrongAnswer(f"tail of {len(tail)}, {behind} expected")
    candidates = (*head, *tail)
    _once([candidate.product_id for candidate in candidates], "product")
    _finite([part.value for c in candidates for part in c.parts], "part of a score")
    _instances(found.facets, Facet)
    _instances(found.legs, StageReport)
    _instance(found.generation, str)
    if found.fit is not None and not 0 <= found.fit <= 1:
        raise WrongAnswer(f"fit {found.fit}, not within 0 … 1")


def check_relevance(count: int, answer: object) -> None:
    scores = _instance(answer, RelevanceScores)
    probabilities = _array(scores.probabilities, "probabilities")
    if probabilities.ndim != 2 or len(probabilities) != count or probabilities.shape[1] == 0:
        raise WrongAnswer(f"probabilities of shape {probabilities.shape} for {count} candidates")
    if not (np.isfinite(probabilities).all() and (probabilities >= 0).all()):
        raise WrongAnswer("a probability that is below 0 or not finite")
    if np.abs(probabilities.sum(axis=1) - 1).max(initial=0) > ROW_SUM_TOLERANCE:
        raise WrongAnswer("probabilities that do not sum to 1")
    tiers = _array(scores.tiers, "tiers")
    if tiers.shape != (count,):
        raise WrongAnswer(f"tiers of shape {tiers.shape} for {count} candidates")
    if not np.issubdtype(tiers.dtype, np.integer):
        raise WrongAnswer(f"tiers of {tiers.dtype}, whole numbers expected")


def check_reranked(count: int, answer: object) -> None:
    reranked = _instance(answer, Reranked)
    if len(reranked.parts) != count:
        raise WrongAnswer(f"scores of {len(reranked.parts)} documents, {count} asked")
    for parts in reranked.parts:
        if not 0 <= (score := total(parts)) <= 1:
            raise WrongAnswer(f"a score of {score}, not within 0 … 1")
    _instances(reranked.legs, StageReport)


def check_rank(count: int, answer: object) -> None:
    scores = _array(answer, "scores")
    if scores.shape != (count,):
        raise WrongAnswer(f"scores of shape {scores.shape} for {count} candidates")
    if not np.isfinite(scores).all():
        raise WrongAnswer("a score that is not finite")


def check_products(product_ids: Sequence[str], answer: object) -> None:
    products = _instance(answer, dict)
    asked = set(product_ids)
    for key, product in products.items():
        if _instance(product, Product).id != key or key not in asked:
            raise WrongAnswer(f"product {key!r}, which was not asked about")


def _instance(answer: object, kind: type[Any] | tuple[type[Any], ...]) -> Any:
    if not isinstance(answer, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        expected = " or ".join(kind.__name__ for kind in kinds)
        raise WrongAnswer(f"{type(answer).__name__}, {expected} expected")
    return answer


def _instances(answer: object, kind: type[Any] | tuple[type[Any], ...]) -> Sequence[Any]:
    for item in _instance(answer, (tuple, list)):
        if not isinstance(item, kind):
            _instance(item, kind)
    return cast(Sequence[Any], answer)


def _array(answer: object, name: str) -> np.ndarray[Any, np.dtype[Any]]:
    if not isinstance(answer, np.ndarray):
        raise WrongAnswer(f"{name} as {type(answer).__name__}, an array expected")
    if not (np.issubdtype(answer.dtype, np.floating) or np.issubdtype(answer.dtype, np.integer)):
        raise WrongAnswer(f"{name} of {answer.dtype}, numbers expected")
    return answer


def _finite(values: Iterable[float], name: str) -> None:
    for value in filterfalse(math.isfinite, values):
        raise WrongAnswer(f"{name} is {value}")


def _once(values: Iterable[object], name: str) -> None:
    counts = Counter(values)
    if len(counts) < counts.total():
        [(value, _)] = counts.most_common(1)
        raise WrongAnswer(f"{name} {value!r} stands twice")
