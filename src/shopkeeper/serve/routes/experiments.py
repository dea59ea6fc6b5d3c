"""How do the shop's experiments go? For its staff."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Depends

from shopkeeper.serve import examples
from shopkeeper.serve.described import READ, answers
from shopkeeper.serve.experiments import ExperimentsAnswer, read_experiments
from shopkeeper.serve.keys import may_see
from shopkeeper.serve.reply import Json
from shopkeeper.serve.service import TheService

router = APIRouter(tags=["experiments"], default_response_class=Json)


@router.get(
    "/v1/experiments",
    summary="The experiments of the shop",
    response_model=ExperimentsAnswer,
    responses=answers(examples.EXPERIMENTS, 401, *READ, says="All of them, running ones first."),
    dependencies=[Depends(may_see)],
)
async def experiments(service: TheService) -> Json:
    """What is known of each so far, with intervals. Needs a key where writes need one."""
    found = await service.reads.run(partial(read_experiments, service.experiments))
    return Json(found)
