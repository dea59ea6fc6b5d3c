"""What is there? Search, suggestions, and scores for what others found."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body, Query

from shopkeeper.records import Deadline
from shopkeeper.serve import examples
from shopkeeper.serve.answers import RerankAnswer, SearchAnswer, SuggestAnswer
from shopkeeper.serve.described import READ, READ_BODY, answers
from shopkeeper.serve.pages import search_answer, suggest_answer
from shopkeeper.serve.reply import Json, JsonRoute
from shopkeeper.serve.requests import SearchBody, SearchParameters, SuggestParameters, UbiQuery
from shopkeeper.serve.rerank import RerankBody, rerank_answer
from shopkeeper.serve.service import Service, TheService

router = APIRouter(tags=["search"], route_class=JsonRoute, default_response_class=Json)

_ASK = {
    "filtered": {
        "summary": "Words, filters, facets",
        "value": {
            "q": "waterproof tent",
            "filter": ["price:50..300", "-brand:Zed"],
            "facet": ["brand", "colour"],
            "explain": True,
            "ext": {"ubi": {"query_id": "my-query-1", "client_id": "5e3b2a1c"}},
        },
    },
    "browse": {
        "summary": "The whole shop, cheapest first",
        "value": {"sort": ["price:asc"], "page": 2},
    },
}

_RERANK = {
    "texts": {
        "summary": "Texts, as Cohere's, Jina's and vLLM's clients send them",
        "value": {
            "model": "shopkeeper",
            "query": "waterproof tent",
            "documents": ["Beach tent", "Fell 2 waterproof tent"],
            "top_n": 1,
        },
    },
    "products": {
        "summary": "Products of the shop, and others",
        "value": examples.RERANK_ASKED,
    },
}


@router.get(
    "/v1/search",
    summary="Search",
    response_model=SearchAnswer,
    responses=answers(examples.SEARCH, *READ, says="A page of results."),
)
async def search(asked: Annotated[SearchParameters, Query()], service: TheService) -> Json:
    """A page of products, with facets, what was understood, and how each score came about."""
    return await _page(service, asked, None)


@router.post(
    "/v1/search",
    summary="Search, asked as JSON",
    response_model=SearchAnswer,
    responses=answers(examples.SEARCH, *READ_BODY, says="A page of results."),
)
async def search_by_body(
    asked: Annotated[SearchBody, Body(openapi_examples=_ASK)], service: TheService
) -> Json:
    """The same as GET, with OpenSearch's `ext.ubi` block for a query_id of the caller's."""
    return await _page(service, asked, asked.ext.ubi if asked.ext else None)


@router.get(
    "/v1/suggest",
    summary="Suggest while typing",
    response_model=SuggestAnswer,
    responses=answers(examples.SUGGEST, *READ, says="Lines for under the search box."),
)
async def suggest(asked: Annotated[SuggestParameters, Query()], service: TheService) -> Json:
    """Queries, brands, categories, products that the letters may become; each finds something."""
    deadline = Deadline.after(service.shop.timeout_ms)
    response = await service.reads.answer(
        partial(service.shop.suggest, asked.to_request(service.shop)), deadline
    )
    service.metrics.suggested(response)
    return Json(suggest_answer(response))


@router.post(
    "/v1/rerank",
    summary="Score another engine's documents",
    response_model=RerankAnswer,
    responses=answers(examples.RERANK, *READ_BODY, says="The documents, the best first."),
)
async def rerank(
    asked: Annotated[RerankBody, Body(openapi_examples=_RERANK)], service: TheService
) -> Json:
    """How well does each text, or product, fit the query? In the words of Cohere's, Jina's and
    vLLM's rerank. A document's score depends on no other document."""
    deadline = Deadline.after(asked.timeout_ms)
    request = asked.to_request(service.shop)
    response = await service.reranks.answer(partial(service.shop.rerank, request), deadline)
    service.metrics.reranked(response)
    return Json(rerank_answer(response, with_documents=bool(asked.return_documents)))


async def _page(service: Service, asked: SearchParameters, ubi: UbiQuery | None) -> Json:
    deadline = Deadline.after(asked.timeout_ms or service.shop.timeout_ms)
    request = asked.to_request(service.shop, ubi)
    response = await service.reads.answer(partial(service.shop.search, request), deadline)
    service.metrics.searched(response)
    return Json(search_answer(response, attributes=asked.attributes))
