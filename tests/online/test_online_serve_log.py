from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from contracts.small_shop import GOODS
from shopkeeper.online import ServeLog, ServeLogConfig, serve_log_row
from shopkeeper.records import (
    AnyOf,
    Candidate,
    Hit,
    InvalidRequest,
    Part,
    Query,
    SearchRequest,
    SearchResponse,
    Shopper,
    StageReport,
)

WINDOW = tuple(
    Candidate(good.id, good.id, (Part("words", float(n)), Part("rank", 0.25)))
    for n, good in enumerate(GOODS)
)
REQUEST = SearchRequest(
    Query("tent", "en-GB", "GB"),
    "q1",
    filters=(AnyOf("brand", ("Acme", "Zed")),),
    shopper=Shopper("s1", "session 1", consent=True),
)
RESPONSE = SearchResponse(
    request=REQUEST,
    hits=tuple(
        Hit(good, good.id, rank, WINDOW[rank - 1].parts) for rank, good in enumerate(GOODS[:3], 1)
    ),
    total=11,
    facets=(),
    stages=(StageReport("rank", "degraded", "late"), StageReport("retrieve", "ok")),
    generation="g7",
    artefacts={"index": "v3"},
    latency_ms=12.5,
)


def row(response=RESPONSE, window=WINDOW, unexposed=5):
    return serve_log_row(
        response, window, shop_id="outdoor", timestamp_ms=1_700_000_000_000, unexposed=unexposed
    )


def test_a_row_says_what_was_asked_and_by_what_it_was_answered():
    written = row()
    assert (written.query_id, written.shop_id, written.query_text) == ("q1", "outdoor", "tent")
    assert (written.locale, written.market) == ("en-GB", "GB")
    assert written.filters == ("brand:Acme|Zed",)
    assert (written.shopper_id, written.session_id) == ("s1", "session 1")
    assert (written.total, written.generation) == (11, "g7")
    assert (written.artefacts, written.degraded) == ({"index": "v3"}, ("rank",))
    assert (written.timestamp_ms, written.latency_ms) == (1_700_000_000_000, 12.5)


def test_exposed_candidates_have_positions_and_certainty():
    exposed = [c for c in row().candidates if c.exposed]
    assert [(c.product_id, c.position, c.propensity) for c in exposed] == [
        ("p1", 0, 1.0),
        ("p2", 1, 1.0),
        ("p3", 2, 1.0),
    ]
    assert exposed[1].scores == {"words": 1.0, "rank": 0.25}


def test_unexposed_candidates_are_drawn_once_with_their_probability():
    drawn = [c for c in row().candidates if not c.exposed]
    assert len({c.product_id for c in drawn}) == 5
    assert {c.product_id for c in drawn} <= {good.id for good in GOODS[3:]}
    assert {(c.position, c.propensity) for c in drawn} == {(None, 5 / 8)}  # 5 of 11 − 3


def of_query(query_id: str):
    return row(replace(RESPONSE, request=replace(REQUEST, query_id=query_id)))


def test_a_replay_draws_the_same_and_another_query_others():
    assert of_query("q2") == of_query("q2")
    draws = [tuple(c.product_id for c in of_query(f"q{n}").candidates) for n in range(7)]
    assert len(set(draws)) > 1


def test_each_candidate_is_drawn_as_often_as_its_propensity_says():
    drawn = dict.fromkeys((good.id for good in GOODS), 0)
    for n in range(2_000):
        for candidate in of_query(f"q{n}").candidates:
            drawn[candidate.product_id] += 1
    # 2,000 draws at 5/8: 1,250 ± 22 (one standard deviation); 5 of them either side
    shown, others = [*drawn.values()][:3], [*drawn.values()][3:]
    assert shown == [2_000] * 3
    assert all(abs(count - 1_250) < 110 for count in others)


@pytest.mark.parametrize(("unexposed", "drawn", "propensity"), [(0, 0, set()), (50, 8, {1.0})])
def test_none_or_all_of_them_may_be_drawn(unexposed, drawn, propensity):
    rest = [c for c in row(unexposed=unexposed).candidates if not c.exposed]
    assert len(rest) == drawn
    assert {c.propensity for c in rest} == propensity


def test_parts_of_one_name_are_added():
    hit = replace(RESPONSE.hits[0], parts=(Part("boost", 1.0), Part("boost", 2.0)))
    (only,) = row(replace(RESPONSE, hits=(hit,)), window=()).candidates
    assert only.scores == {"boost": 3.0}


def test_without_consent_nothing_personal_is_written():
    request = replace(REQUEST, shopper=Shopper("s1", "session 1", consent=False))
    written = row(replace(RESPONSE, request=request))
    assert (written.shopper_id, written.session_id) == (None, None)


# --- off the hot path --------------------------------------------------------------------------


class SlowLog:
    def __init__(self) -> None:
        self.rows: list = []
        self.release = threading.Event()
        self.begun = threading.Event()

    def append(self, row) -> None:
        self.begun.set()
        self.release.wait()
        self.rows.append(row)


def test_a_slow_log_holds_nobody_up_and_what_it_misses_is_counted():
    log = SlowLog()
    serve_log = ServeLog(log, "outdoor", ServeLogConfig(backlog=3))
    serve_log.write(RESPONSE, WINDOW)
    log.begun.wait()
    for _ in range(5):  # one is being written, three wait, two are too many
        serve_log.write(RESPONSE, WINDOW)
    assert serve_log.dropped == 2
    log.release.set()
    serve_log.close()
    assert [row.query_id for row in log.rows] == ["q1"] * 4


def test_a_log_that_fails_stops_neither_the_requests_nor_the_next_row():
    class Failing(list):
        def append(self, row) -> None:
            if row.query_id == "bad":
                raise OSError("disk full")
            super().append(row)

    log = Failing()
    serve_log = ServeLog(log, "outdoor", ServeLogConfig())
    serve_log.write(replace(RESPONSE, request=replace(REQUEST, query_id="bad")), WINDOW)
    serve_log.write(RESPONSE, WINDOW)
    serve_log.close()
    assert [row.query_id for row in log] == ["q1"]
    assert serve_log.dropped == 1


def test_every_response_of_a_shop_is_written_down(open_shop):
    rows: list = []
    shop = open_shop(log=rows, shop_id="outdoor")
    page = shop.search(SearchRequest(Query("tent"), "q1", size=2))
    nothing_found = shop.search(SearchRequest(Query("unheard of"), "q2"))
    shop.close()
    assert [row.query_id for row in rows] == ["q1", "q2"]
    first, second = rows
    exposed = [c for c in first.candidates if c.exposed]
    assert [c.product_id for c in exposed] == [hit.product.id for hit in page.hits]
    assert [sum(c.scores.values()) for c in exposed] == [hit.score for hit in page.hits]
    assert sorted(c.product_id for c in first.candidates) == ["p1", "p2", "p3", "p7"]
    assert (second.total, second.candidates) == (nothing_found.total, ())


@pytest.mark.parametrize("wrong", [{"unexposed": -1}, {"backlog": 0}])
def test_refuses_impossible_settings(wrong):
    with pytest.raises(InvalidRequest):
        ServeLogConfig(**wrong)


def test_what_was_written_before_a_flush_is_in_the_log():
    log: list = []
    serve_log = ServeLog(log, "outdoor", ServeLogConfig())
    for count in (7, 12):
        while len(log) < count:
            serve_log.write(RESPONSE, WINDOW)
            serve_log.flush()
        assert len(log) == count
    serve_log.close()
    serve_log.flush()
    assert serve_log.dropped == 0
