from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from contracts.small_shop import DictProducts, OverlapRetrieve
from online.full_shop import AMPLE
from shopkeeper.online import nothing
from shopkeeper.records import (
    AnyOf,
    Boost,
    Deadline,
    Merchandising,
    NoneOf,
    Part,
    Query,
    Range,
    Rewrite,
    SearchRequest,
    Shopper,
    SortKey,
    StageReport,
    Suggestion,
    SuggestRequest,
    Verdict,
)
from shopkeeper.records.rerank import RerankRequest

TENTS = SearchRequest(Query("tent"), "q1")


def ids(response) -> list[str]:
    return [hit.product.id for hit in response.hits]


def report(response, stage: str) -> StageReport:
    return next(report for report in response.stages if report.stage == stage)


class Noting:
    """Writes down what the stages are asked, then answers as the one it wraps."""

    def __init__(self, inner) -> None:
        self.inner = inner
        self.asked: list = []

    def __getattr__(self, name):
        def call(*arguments):
            self.asked.append(arguments)
            return getattr(self.inner, name)(*arguments)

        return call


class Says:
    """Gives one prepared answer to whatever it is asked."""

    def __init__(self, answer) -> None:
        self.answer = answer

    def __getattr__(self, name):
        return lambda *arguments: self.answer


# --- the path ----------------------------------------------------------------------------------


def test_merchandising_defines_the_set_before_it_is_counted(open_shop):
    wishes = Merchandising(
        pins=("p10", "p3"),
        boosts=(Boost(AnyOf("brand", ("山野",)), 5.0, "rule-7"),),
        filters=(Range("price", high=100.0),),
        fired=("rule-7", "rule-9"),
    )
    retrieve = Noting(OverlapRetrieve())
    shop = open_shop(merchandise=Says(wishes), retrieve=retrieve)
    response = shop.search(replace(TENTS, filters=(NoneOf("id", ("p1",)),)))
    # tents but p1 (asked) and p2 (dearer than 100), with the pinned headlamp p10
    assert response.total == 3
    assert ids(response) == ["p10", "p3", "p7"]
    assert [hit.pin for hit in response.hits] == [2, 1, 0]
    assert Part("rule-7", 5.0) in response.hits[2].parts
    assert response.rules == ("rule-7", "rule-9")
    assert response.facets[0].field == "brand"
    (asked,) = retrieve.asked
    assert asked[0].filters == (NoneOf("id", ("p1",)),)
    assert asked[0].fixed_filters == (Range("price", high=100.0),)


def test_a_redirect_ends_the_path(open_shop):
    retrieve = Noting(OverlapRetrieve())
    wishes = Merchandising(redirect="/camping", fired=("rule-1",))
    response = open_shop(merchandise=Says(wishes), retrieve=retrieve).search(TENTS)
    assert (response.redirect, response.rules) == ("/camping", ("rule-1",))
    assert (response.hits, response.total, retrieve.asked) == ((), 0, [])


def test_rewrites_reach_retrieval(open_shop):
    rewrite = Says((Rewrite("headlamp", 0.5, "test"),))
    response = open_shop(rewrite=rewrite).search(TENTS)
    assert ids(response) == ["p1", "p2", "p3", "p7", "p10"]
    assert Part("rewrite", 0.5) in response.hits[-1].parts


def test_stages_that_are_not_there_are_off(open_shop):
    bare = dict.fromkeys(
        ("rewrite", "relevance", "rank", "merchandise", "guard", "suggest", "static_guard")
    )
    response = open_shop(**bare).search(TENTS)
    assert ids(response) == ["p1", "p2", "p3", "p7"]
    assert {r.stage for r in response.stages if r.state == "off"} == {
        "guard.input",
        "merchandise",
        "rewrite",
        "relevance",
        "rank",
        "guard.output",
    }
    assert response.degraded == ()


def test_a_sort_skips_what_would_reorder_and_keeps_the_set(open_shop):
    response = open_shop().search(replace(TENTS, sort=(SortKey("price"),), explain=True))
    assert ids(response) == ["p3", "p7", "p1", "p2"]
    assert response.total == open_shop().search(TENTS).total
    for stage in ("relevance", "rank"):
        assert report(response, stage) == StageReport(stage, "skipped", "sorted by a field")
    assert [hit.why.differs for hit in response.hits] == ["sort: price"] * 3 + [None]


def test_the_legs_of_retrieval_are_reported_after_it(open_shop):
    legs = (StageReport("lexical", "ok"), StageReport("dense", "degraded", "no encoder"))

    class TwoLegs:
        def retrieve(self, request, deadline):
            return replace(OverlapRetrieve().retrieve(request, deadline), legs=legs)

    response = open_shop(retrieve=TwoLegs()).search(TENTS)
    names = [stage.stage for stage in response.stages]
    assert names[names.index("retrieve") + 1 :][:2] == ["lexical", "dense"]
    assert response.degraded == ("dense",)


def test_explanations_come_when_asked_for(open_shop):
    shop = open_shop()
    assert {hit.why for hit in shop.search(TENTS).hits} == {None}
    first = shop.search(replace(TENTS, explain=True)).hits[0]
    assert "title: tent" in first.why.matched


def test_the_deeper_pages_continue_behind_the_window(open_shop):
    shop = open_shop(config=replace(AMPLE, window=3))
    everything = replace(TENTS, query=Query(""), size=4)
    pages = [shop.search(replace(everything, offset=offset)) for offset in (0, 4, 8, 12)]
    assert [ids(page) for page in pages] == [
        ["p1", "p2", "p3", "p4"],
        ["p5", "p6", "p7", "p8"],
        ["p9", "p10", "p11"],
        [],
    ]
    assert [hit.rank for page in pages for hit in page.hits] == list(range(1, 12))
    assert {page.total for page in pages} == {11}


def test_facets_alone_need_no_hits(open_shop):
    response = open_shop().search(replace(TENTS, size=0))
    assert (response.hits, response.total) == ((), 4)
    assert response.facets
    assert report(response, "hydrate").state == "skipped"
    assert report(response, "guard.output").state == "skipped"


def test_a_product_that_is_gone_is_left_out_and_told(open_shop):
    products = DictProducts()
    del products.by_id["p2"]
    response = open_shop(products=products).search(TENTS)
    assert ids(response) == ["p1", "p3", "p7"]
    assert [hit.rank for hit in response.hits] == [1, 3, 4]
    gone = report(response, "hydrate")
    assert (gone.state, gone.reason) == ("ok", "1 gone since the index was read: p2")


# --- guard -------------------------------------------------------------------------------------


class Guard:
    """One verdict on the way in, another on the way out."""

    def __init__(self, way_in=None, way_out=None) -> None:
        self.way_in, self.way_out = way_in or Verdict(True), way_out or Verdict(True)

    def guard(self, request, deadline):
        return self.way_out if request.hits else self.way_in


def test_what_the_guard_hides_on_the_way_in_is_never_counted(open_shop):
    guard = Guard(way_in=Verdict(True, hidden=frozenset(("p2", "p5"))))
    response = open_shop(guard=guard).search(TENTS)
    assert (ids(response), response.total) == (["p1", "p3", "p7"], 3)


def test_what_the_guard_hides_on_the_way_out_shortens_the_page(open_shop):
    guard = Guard(way_out=Verdict(True, hidden=frozenset(("p2",))))
    response = open_shop(guard=guard).search(replace(TENTS, explain=True))
    assert (ids(response), response.total) == (["p1", "p3", "p7"], 4)
    assert report(response, "guard.output").reason == "1 hidden on this page"


@pytest.mark.parametrize("turn", ["way_in", "way_out"])
def test_what_the_guard_blocks_is_an_empty_page_with_the_rule(open_shop, turn):
    guard = Guard(**{turn: Verdict(False, blocked_by="rule 13")})
    response = open_shop(guard=guard).search(TENTS)
    assert (response.hits, response.total, response.facets) == ((), 0, ())
    assert response.blocked_by == "rule 13"
    assert response.degraded == ()


# --- suggestions -------------------------------------------------------------------------------


def test_an_empty_page_suggests_queries_that_find_something(open_shop):
    shop = open_shop()
    response = shop.search(replace(TENTS, query=Query("x st")))
    assert response.total == 0
    assert response.suggestions == ("steel", "stove")
    assert all(shop.search(replace(TENTS, query=Query(s))).total for s in response.suggestions)
    assert shop.search(TENTS).suggestions == ()


def test_suggest_gives_lines_and_reports(open_shop):
    response = open_shop().suggest(SuggestRequest(Query("st"), size=2))
    assert [(line.text, line.hits) for line in response.suggestions] == [("steel", 3), ("stove", 1)]
    assert [r.stage for r in response.stages] == ["guard.input", "suggest"]
    assert open_shop(suggest=None).suggest(SuggestRequest(Query("st"))).suggestions == ()


def test_a_hidden_product_is_not_suggested(open_shop):
    lines = tuple(Suggestion("tent", "product", 1, 1.0, id_) for id_ in ("p1", "p2", "p3"))
    guard = Guard(way_in=Verdict(True, hidden=frozenset(("p2",))))
    shop = open_shop(guard=guard, suggest=Says(lines))
    found = shop.suggest(SuggestRequest(Query("te"))).suggestions
    assert [line.product_id for line in found] == ["p1", "p3"]


def test_nothing_is_suggested_for_what_may_not_be_asked(open_shop):
    shop = open_shop(guard=Guard(way_in=Verdict(False, blocked_by="rule 13")))
    assert shop.suggest(SuggestRequest(Query("st"))).suggestions == ()


# --- who asks, who is told ---------------------------------------------------------------------


def test_without_consent_no_stage_hears_of_the_shopper(open_shop):
    retrieve, rank = Noting(OverlapRetrieve()), Noting(nothing.ZeroRank())
    suggest = Noting(nothing.NoSuggest())
    shop = open_shop(retrieve=retrieve, rank=rank, suggest=suggest)
    willing, unwilling = Shopper("s1", consent=True), Shopper("s2")
    for shopper in (willing, unwilling):
        shop.search(replace(TENTS, shopper=shopper))
        shop.suggest(SuggestRequest(Query("t"), shopper=shopper))
    assert [asked[0].shopper for asked in retrieve.asked] == [willing, None]
    assert [asked[1] for asked in rank.asked] == [willing, None]
    assert [asked[0].shopper for asked in suggest.asked] == [willing, None]


class Observer:
    def __init__(self) -> None:
        self.seen: list = []

    def observe(self, shop_id, response) -> None:
        self.seen.append((shop_id, response))


def test_the_observer_sees_every_response_with_its_shop(open_shop):
    observer = Observer()
    shop = open_shop(observer=observer, shop_id="outdoor", artefacts={"index": "v3"})
    page, lines = shop.search(TENTS), shop.suggest(SuggestRequest(Query("t")))
    assert observer.seen == [("outdoor", page), ("outdoor", lines)]
    assert page.artefacts == {"index": "v3"}
    assert page.latency_ms >= sum(stage.latency_ms for stage in page.stages) > 0


def test_time_that_went_by_before_the_search_is_gone(open_shop):
    shop = open_shop()
    for late in (
        shop.search(TENTS, Deadline.after(0)),
        shop.suggest(SuggestRequest(Query("t")), Deadline.after(0)),
        shop.rerank(RerankRequest(Query("tent"), ("tent",)), Deadline.after(0)),
    ):
        states = {(stage.state, stage.reason.startswith("no time left")) for stage in late.stages}
        assert states == {("degraded", True)}
    assert shop.search(TENTS).degraded == ()


def test_a_stage_has_its_whole_share_of_a_search_that_has_waited(open_shop):
    """The share is 4 of 60 s; with 9 s left it is not the same part of them, 0.6 s."""
    given = []

    class Timed:
        def retrieve(self, request, deadline):
            given.append(deadline.remaining_ms)
            return OverlapRetrieve().retrieve(request, deadline)

    assert open_shop(retrieve=Timed()).search(TENTS, Deadline.after(9_000)).total == 4
    assert 3_000 < given[0] <= 4_000


def test_closing_ends_every_thread_it_made(open_shop):
    def own() -> set[threading.Thread]:
        return {t for t in threading.enumerate() if t.name.startswith("shopkeeper-")}

    before = own()
    shop = open_shop(log=[])
    made = own() - before
    assert len(made) == 11 * AMPLE.workers_per_stage + 1  # ten stages, hydrate, the serve log
    shop.close()
    for thread in made:
        thread.join(10)
    assert not any(thread.is_alive() for thread in made)
