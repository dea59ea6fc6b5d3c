"""Logs grow old by whole days, and go."""

from __future__ import annotations

from shopkeeper.records import Event
from shopkeeper.store import EVENTS, Log, read_log, retain, write_log

DAY_MS = 86_400_000
NOW_S = 1_800_000_000.0  # 2027-01-15 08:00 UTC
TODAY_MS = 1_799_971_200_000  # 2027-01-15 00:00 UTC


def days_left(folder, days: int) -> list[int]:
    """How many days old the rows are that are left."""
    rows = [(TODAY_MS - n * DAY_MS, Event("click", n)) for n in (40, 8, 7, 1, 0)]
    write_log(folder, EVENTS, rows)
    removed = retain(folder, days, clock=lambda: NOW_S)
    left = [event.timestamp_ms for event in read_log(folder, EVENTS)]
    assert len(removed) == len(rows) - len(left)
    return left


def test_files_older_than_asked_go(tmp_path):
    assert days_left(tmp_path / "a", 7) == [7, 1, 0]
    assert days_left(tmp_path / "b", 1) == [1, 0]


def test_zero_keeps_everything(tmp_path):
    assert days_left(tmp_path, 0) == [40, 8, 7, 1, 0]


def test_other_files_stay(tmp_path):
    (tmp_path / "notes-2020-01-01.txt").write_text("mine")
    (tmp_path / "other-2020-01-01-000001.jsonl").write_text("{}\n")
    assert days_left(tmp_path, 7) == [7, 1, 0]
    assert len(list(tmp_path.iterdir())) == 2 + 3


def test_a_writer_whose_file_is_gone_begins_another(tmp_path):
    then = NOW_S - 9 * 86_400
    log = Log(tmp_path, EVENTS, clock=lambda: then)
    log.append(Event("click", 1))
    log.flush()
    assert len(retain(tmp_path, 7, clock=lambda: NOW_S)) == 1
    log.append(Event("click", 2))
    log.close()
    assert log.dropped == 0
    assert [event.timestamp_ms for event in read_log(tmp_path, EVENTS)] == [2]
