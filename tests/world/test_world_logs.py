"""What the shop writes down reads back as its own records, and no cause is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest

from shopkeeper.data.logs import event_row, serve_row
from shopkeeper.records import CART, CLICK, PURCHASE, Event, LoggedCandidate, ServeLogRow
from shopkeeper.store import EVENTS, SERVE_LOG
from shopkeeper.world import Behaviour, Market, logs, truth_tables
from shopkeeper.world.arrays import take
from shopkeeper.world.behaviour import DAY_MS
from shopkeeper.world.candidates import Candidates, feed_candidates, search_candidates
from shopkeeper.world.chance import stream
from shopkeeper.world.choice import NONE


class Written(NamedTuple):
    """All tables of one block."""

    kept: tuple[Candidates, Candidates]
    """Of searches and of feeds, as in what follows."""
    serve: tuple[pa.Table, pa.Table]
    rows: tuple[list[ServeLogRow], list[ServeLogRow]]
    event_table: pa.Table
    events: list[Event]
    truths: tuple[pa.Table, pa.Table]
    causes: pa.Table
    shoppers: pa.Table


@pytest.fixture(scope="module")
def written(market: Market, behaviour: Behaviour) -> Written:
    names, shoppers = market.names, behaviour.shoppers
    kept = (
        search_candidates(behaviour.searches, market.book, 5, stream(1)),
        feed_candidates(behaviour.feeds),
    )
    pairs = list(zip((behaviour.searches, behaviour.feeds), kept, strict=True))
    serve = [logs.serve_table(names, market, shoppers, *pair) for pair in pairs]
    truths = [truth_tables.candidate_table(names, market, shoppers, *pair) for pair in pairs]
    searches, feeds = ([serve_row(row) for row in table.to_pylist()] for table in serve)
    events = logs.event_table(names, behaviour)
    return Written(
        kept,
        (serve[0], serve[1]),
        (searches, feeds),
        events,
        [event_row(row) for row in events.to_pylist()],
        (truths[0], truths[1]),
        truth_tables.cause_table(names, behaviour),
        truth_tables.shopper_table(market, shoppers),
    )


def test_the_columns_are_those_of_the_records(written: Written) -> None:
    names = {field.name for field in fields(ServeLogRow)}
    for table in written.serve:
        assert set(table.column_names) == names
    assert written.serve[0].schema.equals(written.serve[1].schema)
    candidate = written.serve[0].schema.field("candidates").type.value_type
    assert {of.name for of in candidate} == {field.name for field in fields(LoggedCandidate)}
    assert set(written.event_table.column_names) == {field.name for field in fields(Event)}


def test_rows_survive_the_store_s_own_lines(written: Written) -> None:
    (searches, feeds), events = written.rows, written.events
    assert min(len(searches), len(feeds), len(events)) > 100
    for row in (*searches[:200], *feeds[:100]):
        assert SERVE_LOG.decode(SERVE_LOG.encode(row)) == row
    for event in events:
        assert EVENTS.decode(EVENTS.encode(event)) == event


def test_a_row_says_what_was_shown(market: Market, behaviour: Behaviour, written: Written) -> None:
    searches, shelves = behaviour.searches, market.shelves
    for at, row in enumerate(written.rows[0][:300]):
        query = market.book.queries[searches.asks.query[at]]
        assert (row.domain, row.query_text) == ("search", query.text)
        assert row.locale == query.asked.locale
        assert row.shopper_id == f"s{searches.asks.who[at]:08d}"
        window = market.book.windows.rows[searches.asks.query[at]]
        shown = [of for of in row.candidates if of.exposed]
        rows = searches.shown.rows[at][searches.shown.rows[at] != NONE]
        assert [of.product_id for of in shown] == [shelves.ids[row_] for row_ in rows]
        assert [of.sku for of in shown] == [shelves.skus[row_] for row_ in rows]
        assert [of.position for of in shown] == list(range(len(shown)))
        assert all(0 < of.propensity <= 1 for of in row.candidates)
        assert all(of.position is None for of in row.candidates if not of.exposed)
        assert row.total == (window != NONE).sum()
        ids = {shelves.ids[row_] for row_ in window[window != NONE]}
        assert {of.product_id for of in row.candidates} <= ids
    searches_, feeds = written.rows
    assert {(row.domain, row.query_text) for row in feeds} == {("feed", "")}
    assert all(of.exposed for row in feeds for of in row.candidates)
    ids = [row.query_id for row in (*searches_, *feeds)]
    assert len(set(ids)) == len(ids)


def test_events_are_the_acts_in_order_of_time(behaviour: Behaviour, written: Written) -> None:
    events = written.events
    assert [e.timestamp_ms for e in events] == sorted(e.timestamp_ms for e in events)
    counts = Counter(event.action for event in events)
    acts = (behaviour.searches.acts, behaviour.feeds.acts)
    assert counts[CLICK] == sum(of.clicked.sum() for of in acts) > 100
    assert counts[CART] == sum(of.carted.sum() for of in acts)
    bought = sum(of.bought.sum() for of in acts)
    assert counts[PURCHASE] == bought + len(behaviour.later.request)
    rows = {row.query_id: row for rows in written.rows for row in rows}
    for event in events:
        if event.query_id is None:
            assert event.action == PURCHASE
            assert (event.position, event.session_id) == (None, None)
            continue
        row = rows[event.query_id]
        shown = {of.position: of.product_id for of in row.candidates if of.exposed}
        assert shown[event.position] == event.product_id
        assert row.timestamp_ms < event.timestamp_ms
        assert (row.shopper_id, row.session_id) == (event.shopper_id, event.session_id)


def test_a_product_is_clicked_then_carted_then_bought(written: Written) -> None:
    times: dict[tuple[str, str | None], dict[str, int]] = {}
    for event in written.events:
        if event.query_id is not None:
            deeds = times.setdefault((event.query_id, event.product_id), {})
            assert deeds.setdefault(event.action, event.timestamp_ms) == event.timestamp_ms
    for deeds in times.values():
        order = [deeds[action] for action in (CLICK, CART, PURCHASE) if action in deeds]
        assert CLICK in deeds
        assert CART in deeds or PURCHASE not in deeds
        assert order == sorted(set(order))
    assert sum(PURCHASE in deeds for deeds in times.values()) > 5


def test_times_are_those_of_the_log(market: Market, written: Written) -> None:
    """From 5 January 2026 on: 2026-01-05 is 20,458 days after 1970-01-01."""
    assert logs.BEGIN_MS == 20_458 * DAY_MS
    times = written.serve[0]["timestamp_ms"].to_numpy()
    assert times.min() >= logs.BEGIN_MS
    assert times.max() < logs.BEGIN_MS + (market.config.shoppers.days + 1) * DAY_MS


def test_no_cause_stands_in_the_log(written: Written) -> None:
    """Nobody could tell a late purchase's search, a grade or a taste from what is written."""
    late = [event for event in written.events if event.query_id is None]
    assert len(late) > 5
    assert {tuple(event.attributes) for event in late} == {("door",)}
    assert all(not e.attributes for e in written.events if e.query_id is not None)
    candidates = [of for rows in written.rows for row in rows for of in row.candidates]
    assert {name for of in candidates for name in of.scores} == {"engine"}
    assert not any(of.features for of in candidates)


def test_the_truth_joins_with_the_log(behaviour: Behaviour, written: Written) -> None:
    """Row by row in the order of the candidates; the odds are the behaviour's own."""
    requests = (behaviour.searches, behaviour.feeds)
    for rows, truth, kept, of in zip(
        written.rows, written.truths, written.kept, requests, strict=True
    ):
        pairs = [(row.query_id, c.product_id) for row in rows for c in row.candidates]
        truths: list[Mapping[str, Any]] = truth.to_pylist()
        assert [(row["query_id"], row["product_id"]) for row in truths] == pairs
        exposed = np.array([c.exposed for row in rows for c in row.candidates])
        there = of.shown.rows != NONE
        for name in ("click", "cart", "buy"):
            stated = truth[name].to_numpy()[exposed]
            np.testing.assert_allclose(stated, getattr(of.odds, name)[there], rtol=1e-6)
        assert truth["examined"].to_numpy().sum() == of.acts.examined.sum()
        assert (truth["grade"].to_numpy()[exposed] == of.shown.told[there]).all()
        assert kept.is_there.sum() == len(truths)
        assert (truth["click"].to_numpy() > 0).all()


def test_causes_name_the_search_of_each_late_purchase(written: Written) -> None:
    late = [event for event in written.events if event.query_id is None]
    causes = written.causes.to_pylist()
    keys = Counter((e.timestamp_ms, e.shopper_id, e.product_id) for e in late)
    assert keys == Counter((c["timestamp_ms"], c["shopper_id"], c["product_id"]) for c in causes)
    rows = {row.query_id: row for row in written.rows[0]}
    for cause in causes:
        row = rows[cause["query_id"]]
        shown = {of.position: of.product_id for of in row.candidates if of.exposed}
        assert shown[cause["position"]] == cause["product_id"]
        assert row.timestamp_ms < cause["timestamp_ms"]


def test_shoppers_are_written_with_their_tastes(behaviour: Behaviour, written: Written) -> None:
    rows = written.shoppers.to_pylist()
    assert len(rows) == len(behaviour.shoppers)
    np.testing.assert_allclose([row["taste"] for row in rows], behaviour.shoppers.taste)
    assert all(len(row["interests"]) == 10 and len(row["favourites"]) == 3 for row in rows)
    assert len({row["shopper_id"] for row in rows}) == len(rows)


def test_a_block_without_visits_is_written_too(market: Market, behaviour: Behaviour) -> None:
    none = np.empty(0, dtype=np.int64)
    empty = Behaviour(
        behaviour.shoppers,
        take(behaviour.searches, none),
        take(behaviour.feeds, none),
        take(behaviour.later, none),
    )
    names = market.names
    assert logs.event_table(names, empty).num_rows == 0
    kept = search_candidates(empty.searches, market.book, 5, stream(1))
    table = logs.serve_table(names, market, empty.shoppers, empty.searches, kept)
    assert table.num_rows == 0
