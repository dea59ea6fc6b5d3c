"""What did the shopper do? Events, in the words of OpenSearch User Behavior Insights."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body, Depends

from shopkeeper.data.events import event_from_ubi
from shopkeeper.records import Event, InvalidRecord
from shopkeeper.serve import examples
from shopkeeper.serve.answers import EventsAnswer
from shopkeeper.serve.described import WRITE, answers
from shopkeeper.serve.keys import may_report
from shopkeeper.serve.reply import Json, JsonRoute
from shopkeeper.serve.requests import UbiEvent, UbiEvents
from shopkeeper.serve.service import TheService

router = APIRouter(tags=["events"], route_class=JsonRoute, default_response_class=Json)

_EVENTS = {
    "one": {"summary": "A click", "value": examples.EVENT},
    "many": {"summary": "Several at once", "value": [examples.EVENT]},
}


@router.post(
    "/v1/events",
    status_code=202,
    summary="Record what shoppers did",
    response_model=EventsAnswer,
    responses=answers(examples.EVENTS, *WRITE, status=202, says="Written down."),
    dependencies=[Depends(may_report)],
)
async def record_events(
    body: Annotated[UbiEvents, Body(openapi_examples=_EVENTS)], service: TheService
) -> Json:
    """One event or a list of them, all or none: they join searches on `query_id`."""
    given = body if isinstance(body, list) else [body]
    events = [_event(place, event) for place, event in enumerate(given)]
    accepted = await service.writes.run(partial(service.shop.record, events))
    service.metrics.recorded(accepted)
    return Json(EventsAnswer(accepted), status_code=202)


def _event(place: int, given: UbiEvent) -> Event:
    try:
        return event_from_ubi({**given.model_dump(exclude_unset=True), "consent": given.consent})
    except InvalidRecord as error:
        raise InvalidRecord(
            error.what, where=f"event {place}", expected=error.expected, hint=error.hint
        ) from None
