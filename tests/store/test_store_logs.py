"""Rows come back exactly, nobody waits, and what is lost is counted."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.records import CorruptArtefact, Event, LoggedCandidate, Refused, ServeLogRow
from shopkeeper.store import EVENTS, SERVE_LOG, Codec, Log, read_log

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
NUMBERS = st.dictionaries(TEXT, st.floats(), max_size=3)
CANDIDATES = st.builds(
    LoggedCandidate,
    product_id=TEXT,
    sku=TEXT,
    exposed=st.booleans(),
    position=st.none() | st.integers(0, 200),
    propensity=st.floats(),
    scores=NUMBERS,
    features=NUMBERS,
)
SERVE_ROWS = st.builds(
    ServeLogRow,
    query_id=TEXT,
    shop_id=TEXT,
    timestamp_ms=st.integers(0, 2**50),
    query_text=TEXT,
    locale=TEXT,
    market=TEXT,
    filters=st.lists(TEXT, max_size=2).map(tuple),
    shopper_id=st.none() | TEXT,
    session_id=st.none() | TEXT,
    total=st.integers(0, 2**40),
    generation=TEXT,
    candidates=st.lists(CANDIDATES, max_size=3).map(tuple),
    artefacts=st.dictionaries(TEXT, TEXT, max_size=2),
    degraded=st.lists(TEXT, max_size=2).map(tuple),
    latency_ms=st.floats(),
    domain=st.sampled_from(("search", "feed")),
)
EVENT_ROWS = st.builds(
    Event,
    action=TEXT,
    timestamp_ms=st.integers(0, 2**50),
    shopper_id=st.none() | TEXT,
    query_id=st.none() | TEXT,
    product_id=st.none() | TEXT,
    position=st.none() | st.integers(0, 200),
    attributes=st.dictionaries(
        TEXT, TEXT | st.floats(allow_nan=False, allow_infinity=False) | st.booleans(), max_size=3
    ),
)


class Clock:
    now = 1_800_000_000.0  # 2027-01-15 08:00 UTC

    def __call__(self) -> float:
        return self.now


def event(n: int) -> Event:
    return Event("click", timestamp_ms=n, attributes={"text": "帐篷\n", "flag": True, "n": 0.1})


@given(SERVE_ROWS)
def test_a_serve_row_comes_back_exactly(row):
    line = SERVE_LOG.encode(row)
    assert b"\n" not in line
    assert repr(SERVE_LOG.decode(line)) == repr(row)  # repr: NaN is not equal to itself


@given(EVENT_ROWS)
def test_an_event_comes_back_exactly(row):
    assert repr(EVENTS.decode(EVENTS.encode(row))) == repr(row)


def test_what_is_appended_is_read_in_order_across_writers(tmp_path):
    for begin in (0, 50):
        log = Log(tmp_path, EVENTS)
        assert all(log.append(event(n)) for n in range(begin, begin + 50))
        log.close()
    assert list(read_log(tmp_path, EVENTS)) == [event(n) for n in range(100)]
    assert list(read_log(tmp_path, SERVE_LOG)) == []
    assert len(list(tmp_path.iterdir())) == 2, "each writer has its own file"


def test_files_turn_by_size_and_by_day(tmp_path):
    clock = Clock()
    log = Log(tmp_path, EVENTS, largest_file=450, clock=clock)
    length = len(EVENTS.encode(event(0))) + 1
    assert 150 < length < 225  # two fit, three do not
    for n in range(5):
        log.append(event(n))
    log.flush()
    clock.now += 86_400
    log.append(event(5))
    log.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "events-2027-01-15-000001.jsonl",
        "events-2027-01-15-000002.jsonl",
        "events-2027-01-15-000003.jsonl",
        "events-2027-01-16-000001.jsonl",
    ]
    assert [row.timestamp_ms for row in read_log(tmp_path, EVENTS)] == list(range(6))


def test_a_full_queue_drops_and_never_waits(tmp_path):
    gate = threading.Event()

    def slow(row: Event) -> bytes:
        gate.wait()
        return EVENTS.encode(row)

    log = Log(tmp_path, Codec("events", slow, EVENTS.decode), capacity=3)
    begin = time.perf_counter()
    kept = [log.append(event(n)) for n in range(100)]
    assert time.perf_counter() - begin < 5  # nothing has been written yet, and nobody waited
    gate.set()
    log.close()
    assert log.dropped == kept.count(False)
    assert kept.count(True) in (3, 4)  # the queue, and the one being written
    assert len(list(read_log(tmp_path, EVENTS))) == kept.count(True)
    assert not log.append(event(0)), "closed"
    assert log.dropped == kept.count(False) + 1
    log.close()


def test_a_row_that_cannot_be_written_does_not_stop_the_log(tmp_path):
    log = Log(tmp_path, EVENTS)
    log.append(event(1))
    log.append(Event("click", 2, attributes={"x": float("nan")}))
    log.append(Event("\ud800", 3))
    log.flush()
    assert "no JSON" in log.trouble
    log.append(event(4))
    log.close()
    assert [row.timestamp_ms for row in read_log(tmp_path, EVENTS)] == [1, 4]
    assert log.dropped == 2
    assert log.trouble == ""


def test_a_disk_that_fails_costs_rows_and_is_told(tmp_path):
    log = Log(tmp_path / "logs", EVENTS)
    (tmp_path / "logs").rmdir()
    log.append(event(1))
    log.flush()
    assert log.dropped == 1
    assert "FileNotFoundError" in log.trouble
    (tmp_path / "logs").mkdir()
    log.append(event(2))
    log.close()
    assert [row.timestamp_ms for row in read_log(tmp_path / "logs", EVENTS)] == [2]


def test_a_torn_last_line_is_skipped_and_any_other_is_an_error(tmp_path):
    for n in (0, 1):
        log = Log(tmp_path, EVENTS)
        log.append(event(2 * n))
        log.append(event(2 * n + 1))
        log.close()
    first = min(tmp_path.iterdir())
    first.write_bytes(first.read_bytes()[:-9])
    assert [row.timestamp_ms for row in read_log(tmp_path, EVENTS)] == [0, 2, 3]
    first.write_bytes(b'{"format":1,"action"\n' + first.read_bytes())
    with pytest.raises(CorruptArtefact, match=rf"{first.name}:1"):
        list(read_log(tmp_path, EVENTS))
    first.write_bytes(b'{"format":2,"action":"click"}\n')
    with pytest.raises(Refused, match="newer"):
        list(read_log(tmp_path, EVENTS))


FORMAT_1_EVENT = (
    b'{"format":1,"action":"click","timestamp_ms":7,"shopper_id":"s","session_id":null,'
    b'"query_id":"q","product_id":"p","sku":null,"position":0,"attributes":{"dwell s":1.5}}'
)
FORMAT_1_SERVE_ROW = (
    b'{"format":1,"query_id":"q","shop_id":"shop","timestamp_ms":7,"query_text":"tent",'
    b'"locale":"en","market":"US","filters":["brand:Acme"],"shopper_id":null,"session_id":null,'
    b'"total":1,"generation":"g1","candidates":[{"product_id":"p","sku":"s","exposed":true,'
    b'"position":0,"propensity":1.0,"scores":{"lexical":2.5},"features":{"age":"nan"}}],'
    b'"artefacts":{"index":"v1"},"degraded":["rank"],"latency_ms":3.5}'
)


def test_format_1_is_still_read():
    assert EVENTS.decode(FORMAT_1_EVENT) == Event(
        "click", 7, "s", query_id="q", product_id="p", position=0, attributes={"dwell s": 1.5}
    )
    row = SERVE_LOG.decode(FORMAT_1_SERVE_ROW)
    assert (row.filters, row.degraded, row.latency_ms) == (("brand:Acme",), ("rank",), 3.5)
    assert str(row.candidates[0].features["age"]) == "nan"
    assert row.domain == "search"  # which older lines need not say
    assert SERVE_LOG.encode(row) == FORMAT_1_SERVE_ROW[:-1] + b',"domain":"search"}'
    assert EVENTS.encode(EVENTS.decode(FORMAT_1_EVENT)) == FORMAT_1_EVENT
