"""The misbehaving implementer misbehaves, and the checks that serving relies on see it."""

from __future__ import annotations

from functools import partial

import pytest

from contracts.misbehaving import FAULTS, Misbehaving
from contracts.small_shop import GOODS, DictProducts, OverlapRetrieve
from shopkeeper.online import checks, nothing
from shopkeeper.online.checks import WrongAnswer
from shopkeeper.online.nothing import plain_reading
from shopkeeper.records import Deadline, Hit, Query, RetrieveRequest, SuggestRequest
from shopkeeper.records.ports import GuardRequest

IN_TIME = Deadline.after(86_400_000)
TENT = Query("tent")
READING = plain_reading(TENT)
WANTED = RetrieveRequest(READING, window=3, size=2)
HITS = tuple(Hit(good, good.variants[0].sku, rank, ()) for rank, good in enumerate(GOODS[:2], 1))
CANDIDATES = OverlapRetrieve().retrieve(WANTED, IN_TIME).head
IDS = ["p1", "p2"]
CASES = {
    "understand": (
        nothing.PlainUnderstand(),
        (TENT, IN_TIME),
        partial(checks.check_understanding, TENT),
    ),
    "rewrite": (nothing.NoRewrite(), (READING, IN_TIME), checks.check_rewrites),
    "suggest": (
        nothing.NoSuggest(),
        (SuggestRequest(Query("t")), IN_TIME),
        partial(checks.check_suggestions, 8),
    ),
    "retrieve": (OverlapRetrieve(), (WANTED, IN_TIME), partial(checks.check_retrieved, WANTED)),
    "merchandise": (nothing.NoMerchandise(), (READING, IN_TIME), checks.check_merchandising),
    "guard": (
        nothing.AllowAll(),
        (GuardRequest(Query("tent"), HITS), IN_TIME),
        partial(checks.check_verdict, HITS),
    ),
    "relevance": (
        nothing.EvenRelevance(),
        (READING, CANDIDATES),
        partial(checks.check_relevance, len(CANDIDATES)),
    ),
    "rerank": (
        nothing.NoRerank(),
        (READING, GOODS, IN_TIME),
        partial(checks.check_reranked, len(GOODS)),
    ),
    "rank": (
        nothing.ZeroRank(),
        (READING, None, CANDIDATES),
        partial(checks.check_rank, len(CANDIDATES)),
    ),
    "read": (DictProducts(), (IDS,), partial(checks.check_products, IDS)),
}
SPOILT = [
    (method, fault)
    for method in CASES
    for fault in FAULTS[method]
    if fault not in ("raise", "hang")
]


@pytest.mark.parametrize(("method", "fault"), SPOILT)
def test_a_spoilt_answer_is_named_and_a_healthy_one_passes(method, fault):
    inner, arguments, check = CASES[method]
    stage = Misbehaving(inner)
    check(getattr(stage, method)(*arguments))
    stage.fault = fault
    with pytest.raises(WrongAnswer, match=r"\w"):
        check(getattr(stage, method)(*arguments))


def test_it_raises_on_command():
    stage = Misbehaving(nothing.ZeroRank(), "raise")
    with pytest.raises(RuntimeError, match="on command"):
        stage.rank(READING, None, CANDIDATES)


def test_it_knows_the_faults_that_a_port_can_not_show():
    stage = Misbehaving(nothing.AllowAll(), "nan")
    with pytest.raises(KeyError):
        stage.guard(GuardRequest(Query("tent")), IN_TIME)
