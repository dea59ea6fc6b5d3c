"""Who shops here, and what is true? Only where the shop is a simulated one."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body

from shopkeeper.records import Query
from shopkeeper.serve import examples
from shopkeeper.serve.answers import SimulationAnswer, TruthAnswer
from shopkeeper.serve.described import READ, READ_BODY, answers
from shopkeeper.serve.reply import Json, JsonRoute
from shopkeeper.serve.requests import TruthBody
from shopkeeper.serve.service import TheService
from shopkeeper.serve.simulation import require

router = APIRouter(tags=["simulation"], route_class=JsonRoute, default_response_class=Json)

_ASK = {"page": {"summary": "Two products of a page", "value": examples.TRUTH_ASKED}}


@router.get(
    "/v1/simulation",
    summary="The simulated marketplace behind the shop",
    response_model=SimulationAnswer,
    responses=answers(examples.SIMULATION, 404, *READ, says="Some of its shoppers."),
)
async def simulation(service: TheService) -> Json:
    """404 for a real shop; 503 while the marketplace is being opened. Searches and events may carry
    the id of one of these shoppers."""
    shoppers = await service.reads.run(require(service.simulation).shoppers)
    return Json(SimulationAnswer(True, shoppers))


@router.post(
    "/v1/simulation/truth",
    summary="The true grade of products for a query",
    response_model=TruthAnswer,
    responses=answers(examples.TRUTH, 404, *READ_BODY, says="What was asked for, and how it fits."),
)
async def truth(
    asked: Annotated[TruthBody, Body(openapi_examples=_ASK)], service: TheService
) -> Json:
    """Grades 4 … 1 by the marketplace's own rules, going by what each listing says. Products that
    it does not know are left out, and so are all when nothing is understood of the query."""
    query = Query(asked.q, asked.locale or service.shop.locale, service.shop.market)
    judge = partial(require(service.simulation).truth, query, asked.products)
    found = await service.reads.run(judge)
    return Json(TruthAnswer(True, asked.q, found.read_by, found.reading, found.products))
