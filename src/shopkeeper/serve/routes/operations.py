"""Is it well? Probes, metrics, status."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from shopkeeper.records import Busy
from shopkeeper.serve import examples
from shopkeeper.serve.answers import HealthAnswer
from shopkeeper.serve.described import PROBE, answers
from shopkeeper.serve.front import ShopStatus
from shopkeeper.serve.reply import Json
from shopkeeper.serve.service import TheService

router = APIRouter(tags=["operations"], default_response_class=Json)


@router.get(
    "/healthz",
    summary="Is the process up?",
    response_model=HealthAnswer,
    responses=answers({"state": "up"}, *PROBE, says="It is."),
)
async def health() -> Json:
    """Answers as long as the process does; a supervisor restarts it when this fails."""
    return Json(HealthAnswer("up"))


@router.get(
    "/readyz",
    summary="Does the index answer?",
    response_model=HealthAnswer,
    responses=answers({"state": "ready"}, *PROBE, 503, says="It does."),
)
async def readiness(service: TheService) -> Json:
    """503 with the reason until the index is open; a balancer sends no searches until then."""
    status = await service.watch.run(service.shop.status)
    if not status.ready:
        raise Busy(status.message or "the index is not open yet", where=status.shop_id)
    return Json(HealthAnswer("ready"))


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={
        **answers(None, *PROBE, 503),
        200: {
            "description": "The Prometheus text format.",
            "content": {
                "text/plain": {
                    "schema": {"type": "string"},
                    "example": 'shopkeeper_index_products{shop_id="demo"} 2000.0\n',
                }
            },
        },
    },
)
async def metrics(service: TheService) -> Response:
    """Answers by route and code, latencies, time and state of each stage, size of the index."""
    status = await service.watch.run(service.shop.status)
    text = service.metrics.text(status)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


@router.get(
    "/v1/status",
    summary="The shop at this moment",
    response_model=ShopStatus,
    responses=answers(
        examples.STATUS, *PROBE, 503, says="Size, versions, stages, background work."
    ),
)
async def status(service: TheService) -> Json:
    """What the shop holds, which stages serve with which artefacts, and what is being built."""
    return Json(await service.watch.run(service.status))
