"""Which way does a search go?

guard.input → understand → merchandise → rewrite → retrieve → relevance → rank → order → page →
hydrate → guard.output. Merchandising is asked before retrieval, since its filters, pins and boosts
define the result set; after retrieval only the guard takes a hit away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from shopkeeper.online import steps
from shopkeeper.online.order import difference
from shopkeeper.online.walk import Walk
from shopkeeper.records import (
    Candidate,
    Clause,
    Hit,
    Merchandising,
    NoneOf,
    Product,
    Query,
    RetrieveRequest,
    SearchRequest,
    SearchResponse,
    Shopper,
    Suggestion,
    SuggestRequest,
    Understanding,
    Verdict,
    Why,
)
from shopkeeper.records.request import LONGEST_QUERY
from shopkeeper.records.rerank import RerankRequest, RerankResponse

MOST_SUGGESTIONS = 3
"""On a page that found nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """A response, and the window it was cut from, which the serve log samples."""

    response: SearchResponse
    window: tuple[Candidate, ...] = ()


def search(walk: Walk, request: SearchRequest, window: int) -> Found:
    """Take one request from the words to the page. Raises `InvalidRequest` as retrieval does."""
    response = SearchResponse(request, (), total=0, facets=(), stages=(), generation="")
    entry = walk.guard("guard.input", request.query)
    if not entry.allowed:
        return Found(replace(response, blocked_by=entry.blocked_by or "guard.input"))

    reading = steps.understand(walk, request.query)
    wishes = steps.merchandise(walk, reading)
    response = replace(response, understanding=reading, rules=wishes.fired)
    if wishes.redirect:
        return Found(replace(response, redirect=wishes.redirect))

    wanted = _wanted(request, reading, wishes, entry.hidden, window)
    wanted = replace(wanted, rewrites=steps.rewrite(walk, reading))
    found = steps.retrieve(walk, wanted)
    if found is None:
        return Found(response)
    ordered = steps.reorder(walk, wanted, found.head)
    page = (*ordered[request.offset : request.offset + request.size], *found.tail)
    hits = steps.hydrate(walk, page, first_rank=request.offset + 1)

    leave = _let_out(walk, request.query, hits)
    if not leave.allowed:
        return Found(replace(response, blocked_by=leave.blocked_by or "guard.output"))
    hits = tuple(hit for hit in hits if hit.product.id not in leave.hidden)
    response = replace(
        response,
        hits=_explained(hits, page, request, window) if request.explain else hits,
        total=found.total,
        facets=found.facets,
        generation=found.generation,
        fit=found.fit,
        suggestions=() if found.total else _instead(walk, reading),
    )
    return Found(response, ordered)


def suggest(walk: Walk, request: SuggestRequest) -> tuple[Suggestion, ...]:
    """Lines under the search box; none when the words so far may not be asked."""
    entry = walk.guard("guard.input", request.query)
    if not entry.allowed:
        return ()
    lines = steps.suggest(walk, replace(request, shopper=_with_consent(request.shopper)))
    return tuple(line for line in lines if line.product_id not in entry.hidden)


def rerank(walk: Walk, request: RerankRequest) -> RerankResponse:
    """Score the documents that another engine found; what the guard hides is left out."""
    response = RerankResponse(request, ())
    entry = walk.guard("guard.input", request.query)
    if not entry.allowed:
        return replace(response, blocked_by=entry.blocked_by or "guard.input")
    reading = steps.understand(walk, request.query)
    scored = steps.rerank(walk, reading, request)
    products = {r.index: r.document for r in scored.results if isinstance(r.document, Product)}
    hits = tuple(
        Hit(product, product.variants[0].sku, index + 1, scored.results[index].parts)
        for index, product in products.items()
    )
    leave = _let_out(walk, request.query, hits)
    if not leave.allowed:
        return replace(response, blocked_by=leave.blocked_by or "guard.output")
    shown = (
        result
        for result in scored.results
        if result.index not in products or products[result.index].id not in leave.hidden
    )
    best_first = sorted(shown, key=lambda result: -result.score)
    return replace(
        response,
        results=tuple(best_first[: request.top_n]),
        missing=scored.missing,
        terms=scored.terms,
        generation=scored.generation,
    )


def _wanted(
    request: SearchRequest,
    reading: Understanding,
    wishes: Merchandising,
    hidden: frozenset[str],
    window: int,
) -> RetrieveRequest:
    """What defines the result set: what the guard hides on the way in is never counted."""
    not_hidden: tuple[Clause, ...] = (NoneOf("id", tuple(sorted(hidden))),) if hidden else ()
    return RetrieveRequest(
        understanding=reading,
        filters=request.filters,
        fixed_filters=(*wishes.filters, *not_hidden),
        pinned=wishes.pins,
        boosts=wishes.boosts,
        facets=request.facets,
        sort=request.sort,
        window=window,
        offset=request.offset,
        size=request.size,
        shopper=_with_consent(request.shopper),
        explain=request.explain,
    )


def _with_consent(shopper: Shopper | None) -> Shopper | None:
    return shopper if shopper is not None and shopper.consent else None


def _let_out(walk: Walk, query: Query, hits: tuple[Hit, ...]) -> Verdict:
    if not hits:  # a guard takes a request without hits for one on its way in
        walk.pass_by("guard.output", skipped="nothing to show")
        return Verdict(allowed=True)
    verdict = walk.guard("guard.output", query, hits)
    if verdict.hidden:
        walk.amend(f"{len(verdict.hidden)} hidden on this page")
    return verdict


def _explained(
    hits: tuple[Hit, ...], page: Sequence[Candidate], request: SearchRequest, window: int
) -> tuple[Hit, ...]:
    matched = {candidate.product_id: candidate.matched for candidate in page}
    differs = [difference(*pair, request.sort, window) for pair in pairwise(hits)]
    return tuple(
        replace(hit, why=Why(matched[hit.product.id], element))
        for hit, element in zip(hits, (*differs, None), strict=False)
    )


def _instead(walk: Walk, reading: Understanding) -> tuple[str, ...]:
    """Queries that find something, asked for with the longest word of the one that does not."""
    longest = max(reading.text.split(), key=len, default="")[:LONGEST_QUERY]
    if not longest:
        return ()
    query = replace(reading.query, text=longest)
    lines = steps.suggest(walk, SuggestRequest(query, size=MOST_SUGGESTIONS))
    return tuple(dict.fromkeys(line.text for line in lines if line.text != reading.query.text))
