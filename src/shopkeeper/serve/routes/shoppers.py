"""What becomes of a shopper's data? It is forgotten on request."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from shopkeeper.records import Forgotten
from shopkeeper.serve import examples
from shopkeeper.serve.described import WRITE, answers
from shopkeeper.serve.keys import may_write
from shopkeeper.serve.reply import Json, JsonRoute
from shopkeeper.serve.service import TheService

router = APIRouter(tags=["shoppers"], route_class=JsonRoute, default_response_class=Json)

ShopperId = Annotated[
    str, Path(min_length=1, max_length=128, description="The shopper's id.", examples=["5e3b2a1c"])
]


@router.delete(
    "/v1/shoppers/{id:path}",
    summary="Forget a shopper",
    response_model=Forgotten,
    responses=answers(examples.FORGOTTEN, *WRITE, says="What was removed; nothing is no error."),
    dependencies=[Depends(may_write)],
)
async def forget_shopper(id: ShopperId, service: TheService) -> Json:
    """Removes the pages and events of the id, and of sessions that no other shopper has, and what
    was computed ahead. What the shopper does afterwards is new."""
    return Json(await service.people.run(partial(service.shop.forget, id)))
