"""How is each stage asked, and what serves when it does not answer?

One function per step of the path: the stage is asked within its lane and its answer checked; a
stage that is off, skipped or degraded gives what lets the search go on without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from shopkeeper.online.checks import (
    check_merchandising,
    check_products,
    check_rank,
    check_relevance,
    check_reranked,
    check_retrieved,
    check_rewrites,
    check_suggestions,
    check_understanding,
)
from shopkeeper.online.nothing import plain_reading
from shopkeeper.online.order import in_order, pinned, with_rank, with_relevance
from shopkeeper.online.walk import Walk
from shopkeeper.records import (
    Candidate,
    Deadline,
    Hit,
    InvalidRequest,
    Merchandising,
    Query,
    Retrieved,
    RetrieveRequest,
    Rewrite,
    Suggestion,
    SuggestRequest,
    Understanding,
)
from shopkeeper.records.rerank import Document, OwnProduct, Reranked, RerankRequest, RerankResult


def understand(walk: Walk, query: Query) -> Understanding:
    stage = walk.stages.understand
    outcome = walk.ask(
        "understand",
        partial(stage.understand, query),
        partial(check_understanding, query),
        otherwise="read as plain words",
    )
    return outcome.value or plain_reading(query)


def merchandise(walk: Walk, reading: Understanding) -> Merchandising:
    stage = walk.stages.merchandise
    if stage is None:
        walk.pass_by("merchandise")
        return Merchandising()
    question = partial(stage.merchandise, reading)
    outcome = walk.ask("merchandise", question, check_merchandising, otherwise="no rule applied")
    return outcome.value or Merchandising()


def rewrite(walk: Walk, reading: Understanding) -> tuple[Rewrite, ...]:
    stage = walk.stages.rewrite
    if stage is None:
        walk.pass_by("rewrite")
        return ()
    return tuple(walk.ask("rewrite", partial(stage.rewrite, reading), check_rewrites).value or ())


def retrieve(walk: Walk, wanted: RetrieveRequest) -> Retrieved | None:
    stage = walk.stages.retrieve
    outcome = walk.ask(
        "retrieve",
        partial(stage.retrieve, wanted),
        partial(check_retrieved, wanted),
        otherwise="the page is empty",
    )
    if isinstance(outcome.error, InvalidRequest):
        raise outcome.error  # an unknown field, say: the caller's to correct, not the shop's
    if outcome.value is not None:
        walk.reports.extend(outcome.value.legs)
    return outcome.value


def reorder(
    walk: Walk, wanted: RetrieveRequest, head: tuple[Candidate, ...]
) -> tuple[Candidate, ...]:
    """The window in the order (pin, tier, score); as it came when no stage changed a score, or
    the request sorts."""
    skipped = "sorted by a field" if wanted.sort else "" if head else "no candidates"
    came = head
    if not skipped:
        head = pinned(head, wanted.pinned)
    head = _judge(walk, wanted.understanding, head, skipped)
    head = _rank(walk, wanted, head, skipped)
    return head if head is came else in_order(head)


def _judge(
    walk: Walk, reading: Understanding, head: tuple[Candidate, ...], skipped: str
) -> tuple[Candidate, ...]:
    stage = walk.stages.relevance
    if stage is None or skipped:
        walk.pass_by("relevance", skipped=skipped if stage else "")
        return head
    scores = walk.ask(
        "relevance",
        lambda deadline: stage.relevance(reading, head),
        partial(check_relevance, len(head)),
    ).value
    return head if scores is None else with_relevance(head, scores)


def _rank(
    walk: Walk, wanted: RetrieveRequest, head: tuple[Candidate, ...], skipped: str
) -> tuple[Candidate, ...]:
    stage = walk.stages.rank
    if stage is None or skipped:
        walk.pass_by("rank", skipped=skipped if stage else "")
        return head
    scores = walk.ask(
        "rank",
        lambda deadline: stage.rank(wanted.understanding, wanted.shopper, head),
        partial(check_rank, len(head)),
    ).value
    return head if scores is None else with_rank(head, scores)


def hydrate(walk: Walk, page: Sequence[Candidate], first_rank: int) -> tuple[Hit, ...]:
    """The page's products as they are now; one that is gone since retrieval is left out."""
    if not page:
        walk.pass_by("hydrate", skipped="no candidates")
        return ()
    product_ids = [candidate.product_id for candidate in page]
    outcome = walk.ask(
        "hydrate",
        lambda deadline: walk.products.read(product_ids),
        partial(check_products, product_ids),
        otherwise="the page is empty",
    )
    products = outcome.value
    if products is None:
        return ()
    if gone := [product_id for product_id in product_ids if product_id not in products]:
        walk.amend(f"{len(gone)} gone since the index was read: {', '.join(gone[:3])}")
    return tuple(
        Hit(products[c.product_id], c.sku, rank, c.parts, c.tier, c.pin)
        for rank, c in enumerate(page, start=first_rank)
        if c.product_id in products
    )


@dataclass(frozen=True, slots=True)
class Scored:
    """Every document in the order given; without parts where nothing could be said of it."""

    results: tuple[RerankResult, ...]
    missing: tuple[int, ...] = ()
    terms: int = 0
    generation: str = ""


def rerank(walk: Walk, reading: Understanding, request: RerankRequest) -> Scored:
    given = request.documents
    unscored = tuple(
        RerankResult(place, (), None if isinstance(each, OwnProduct) else each)
        for place, each in enumerate(given)
    )
    stage = walk.stages.rerank
    if stage is None:
        walk.pass_by("rerank")
        return Scored(unscored)
    own = list(dict.fromkeys(each.id for each in given if isinstance(each, OwnProduct)))

    def question(deadline: Deadline) -> tuple[dict[int, Document], Reranked]:
        found = walk.products.read(own)
        check_products(own, found)
        named = (found.get(d.id) if isinstance(d, OwnProduct) else d for d in given)
        there = {place: document for place, document in enumerate(named) if document is not None}
        return there, stage.rerank(reading, list(there.values()), deadline)

    outcome = walk.ask(
        "rerank",
        question,
        lambda answer: check_reranked(len(answer[0]), answer[1]),
        otherwise="the order is the caller's",
    )
    if outcome.value is None:
        return Scored(unscored)
    there, reranked = outcome.value
    walk.reports.extend(reranked.legs)
    scored = {
        place: RerankResult(place, parts, document)
        for (place, document), parts in zip(there.items(), reranked.parts, strict=True)
    }
    return Scored(
        tuple(scored.get(place, nothing) for place, nothing in enumerate(unscored)),
        tuple(place for place in range(len(given)) if place not in scored),
        reranked.terms,
        reranked.generation,
    )


def suggest(walk: Walk, request: SuggestRequest) -> tuple[Suggestion, ...]:
    stage = walk.stages.suggest
    if stage is None:
        walk.pass_by("suggest")
        return ()
    question, check = partial(stage.suggest, request), partial(check_suggestions, request.size)
    return tuple(walk.ask("suggest", question, check).value or ())
