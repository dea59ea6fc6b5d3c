"""Another engine's documents on their way: guarded, read, scored, ordered."""

from __future__ import annotations

import pytest

from contracts.misbehaving import FAULTS, Misbehaving
from contracts.small_shop import GOODS
from shopkeeper.records import InvalidRequest, Part, Product, Query, Verdict
from shopkeeper.records.rerank import OwnProduct, Reranked, RerankRequest

TENT = Query("tent")


class ByLength:
    """The shorter the text, the better: 1 / length."""

    def rerank(self, understanding, documents, deadline):
        texts = (d.title["en"] if isinstance(d, Product) else d for d in documents)
        return Reranked(tuple((Part("short", 1 / len(text)),) for text in texts), terms=7)


class Guards:
    """Lets everything in, and says one thing on the way out."""

    def __init__(self, leave: Verdict, entry: Verdict | None = None) -> None:
        self.leave, self.entry = leave, entry or Verdict(allowed=True)

    def guard(self, request, deadline):
        return self.leave if request.hits else self.entry


def asked(*documents, **more) -> RerankRequest:
    return RerankRequest(TENT, documents, **more)


def order(response) -> list[int]:
    return [result.index for result in response.results]


def test_the_best_come_first_and_ties_stay_as_they_were(open_shop):
    shop = open_shop(rerank=ByLength())
    response = shop.rerank(asked("aaaa", "b", "cccc", "dd", OwnProduct("p10")))
    assert order(response) == [1, 3, 0, 2, 4]  # "headlamp" has eight letters
    assert [result.score for result in response.results] == [1, 0.5, 0.25, 0.25, 0.125]
    assert (response.terms, response.degraded) == (7, ())
    best = shop.rerank(asked("aaaa", "b", "cccc", "dd", OwnProduct("p10"), top_n=2))
    assert best.results == response.results[:2]


def test_what_the_shop_does_not_have_is_named_and_comes_last(open_shop):
    response = open_shop(rerank=ByLength()).rerank(asked(OwnProduct("nobody"), "a tent"))
    assert order(response) == [1, 0]
    assert response.missing == (0,)
    assert (response.results[1].score, response.results[1].document) == (0.0, None)


def test_a_denied_query_has_no_results(open_shop):
    denied = Verdict(allowed=False, blocked_by="no tents")
    response = open_shop(rerank=ByLength(), guard=Guards(denied, denied)).rerank(asked("tent"))
    assert (response.results, response.blocked_by) == ((), "no tents")
    leaving = open_shop(rerank=ByLength(), guard=Guards(denied)).rerank(asked(GOODS[0]))
    assert (leaving.results, leaving.blocked_by) == ((), "no tents")


def test_what_the_guard_hides_is_left_out(open_shop):
    hides = Verdict(allowed=True, hidden=frozenset(("p1",)))
    shop = open_shop(rerank=ByLength(), guard=Guards(hides))
    response = shop.rerank(asked(OwnProduct("p1"), "a text", GOODS[0], GOODS[1]))
    assert order(response) == [1, 3]
    assert response.missing == ()


@pytest.mark.parametrize("fault", [f for f in FAULTS["rerank"] if f != "hang"])
def test_a_stage_that_fails_leaves_the_callers_order(open_shop, fault):
    stage = Misbehaving(ByLength())
    shop = open_shop(rerank=stage)
    documents = asked("long text", "text", OwnProduct("p1"))
    assert order(shop.rerank(documents)) == [1, 0, 2]
    stage.fault = fault
    response = shop.rerank(documents)
    assert response.degraded == ("rerank",)
    assert order(response) == [0, 1, 2]
    assert {result.score for result in response.results} == {0.0}
    assert response.missing == ()  # nobody has looked


def test_a_shop_without_the_stage_says_so(open_shop):
    response = open_shop(rerank=None).rerank(asked("b", "a"))
    assert order(response) == [0, 1]
    assert ("rerank", "off") in [(report.stage, report.state) for report in response.stages]


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"documents": ()}, "0 documents"),
        ({"documents": ("tent",) * 1001}, "1,001 documents"),
        ({"top_n": 0}, "top_n 0"),
        ({"query": Query("t" * 513)}, "too long"),
    ],
)
def test_what_cannot_be_asked(wrong, complaint):
    with pytest.raises(InvalidRequest, match=complaint):
        RerankRequest(**{"query": TENT, "documents": ("tent",), **wrong})
