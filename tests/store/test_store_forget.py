"""A shopper is forgotten: nothing of theirs is left, nothing of others goes, whatever happens."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.records import CorruptArtefact, Event, InvalidRequest, ServeLogRow
from shopkeeper.store import (
    EVENTS,
    SERVE_LOG,
    ArtefactWriter,
    Log,
    ShopFolder,
    forget,
    personal_key,
    read_log,
    serve_log_lineage,
    write_log,
)
from shopkeeper.store.sqlite import SqliteKeyValue
from shopkeeper.store.trail import find_trail

ANN, BOB = "ann-5e3b2a1c", "bob-84266fdb"
DAY_MS = 86_400_000


def page(query_id: str, shopper: str | None = None, session: str | None = None, at: int = 0):
    return ServeLogRow(
        query_id, "shop", at, f"words of {query_id}", "en", "US", (), shopper, session, 1, "g", ()
    )


def event(query_id: str | None, shopper: str | None = None, session: str | None = None, **more):
    return Event("click", 1, shopper, session, query_id, "p1", **more)


PAGES = [
    page("q1", ANN, "s-ann"),
    page("q2", None, "s-ann"),  # before she said who she is
    page("q3", BOB, "s-bob"),
    page("q4", ANN, "s-shared"),
    page("q5", BOB, "s-shared"),
    page("q6", None, "s-shared"),
    page("q7"),
    page("q8", "s-ann", "s-ann"),  # a session that stands for an unknown shopper
]
ACTIONS = [
    event("q1", ANN, "s-ann"),
    event("q1"),  # without consent, on her page
    event("q3", BOB),
    event("q3", None, "s-bob", attributes={"user_id": ANN}),
    event("q6", None, "s-shared"),
    event("q7"),
    event(None, None, "s-ann"),
    event("q1", BOB),
]


def shop(root: Path, pages=PAGES, events=ACTIONS) -> ShopFolder:
    """Two files of each log, of two days."""
    folder = ShopFolder(root)
    for codec, rows in ((SERVE_LOG, pages), (EVENTS, events)):
        half = len(rows) // 2
        write_log(folder.logs, codec, ((DAY_MS * (at >= half), row) for at, row in enumerate(rows)))
    return folder


def left(folder: ShopFolder) -> tuple[list[str], list[int]]:
    pages = [row.query_id for row in read_log(folder.logs, SERVE_LOG)]
    return pages, [ACTIONS.index(row) for row in read_log(folder.logs, EVENTS)]


def holding(root: Path, text: str) -> list[Path]:
    """Every file in which the bytes stand."""
    files = [path for path in root.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if text.encode() in path.read_bytes()]


def test_what_is_hers_goes_and_nothing_else(tmp_path):
    folder = shop(tmp_path)
    assert len(holding(tmp_path, ANN)) == 2
    done = forget(folder, "shop", ANN)
    # Her pages: q1, q4 by id; q2, q8 by her own session. The shared session is not hers alone.
    assert left(folder) == (["q3", "q5", "q6", "q7"], [2, 4, 5, 7])
    # Her events: by id, on her page, by an attribute, by her session.
    assert (done.pages, done.events, done.entries) == (4, 4, 0)
    assert holding(tmp_path, ANN) == holding(tmp_path, "s-ann") == []
    assert holding(tmp_path, BOB)


def test_a_dry_run_counts_the_same_and_changes_nothing(tmp_path):
    folder = shop(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    dry = forget(folder, "shop", ANN, dry_run=True)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    done = forget(folder, "shop", ANN)
    assert (dry.pages, dry.events) == (done.pages, done.events) == (4, 4)
    assert dry.receipt == ""


def test_who_is_unknown_takes_nothing_along(tmp_path):
    folder = shop(tmp_path)
    done = forget(folder, "shop", "nobody")
    assert (done.pages, done.events, done.entries, done.artefacts) == (0, 0, 0, ())
    assert left(folder)[0] == [row.query_id for row in PAGES]


def test_nobody_cannot_be_forgotten(tmp_path):
    folder = shop(tmp_path)
    for dry_run in (True, False):
        with pytest.raises(InvalidRequest, match="nobody's id"):
            forget(folder, "shop", "", dry_run=dry_run)
    assert left(folder)[0] == [row.query_id for row in PAGES]


def test_a_file_of_which_nothing_is_left_goes(tmp_path):
    folder = shop(tmp_path, [page("q1", ANN), page("q2", BOB)], [])
    forget(folder, "shop", ANN)
    assert [path.name for path in folder.logs.iterdir()] == ["serve-1970-01-02-000001.jsonl"]


def test_the_audit_names_nobody(tmp_path):
    folder = shop(tmp_path)
    done = forget(folder, "shop", ANN)
    [line] = folder.forgotten.read_bytes().splitlines()
    told = orjson.loads(line)
    assert (told["receipt"], told["pages"], told["events"]) == (done.receipt, 4, 4)
    assert len(done.receipt) == 16
    assert not folder.forgetting.exists()
    again = forget(folder, "shop", ANN)
    assert again.receipt != done.receipt, "drawn, and no hash of the id"
    assert again.pages == 0


def test_a_line_that_cannot_be_read_stops_it_before_anything_goes(tmp_path):
    folder = shop(tmp_path)
    last = max(folder.logs.iterdir())
    last.write_bytes(b'{"format":1,"shopper"\n' + last.read_bytes())
    before = {path.name: path.read_bytes() for path in folder.logs.iterdir()}
    with pytest.raises(CorruptArtefact, match=rf"{last.name}:1.*elete that line"):
        forget(folder, "shop", ANN)
    assert {path.name: path.read_bytes() for path in folder.logs.iterdir()} == before


def test_a_torn_line_and_what_the_dead_left_go_too(tmp_path):
    folder = shop(tmp_path)
    torn = max(folder.logs.iterdir())
    torn.write_bytes(torn.read_bytes() + EVENTS.encode(event("q9", ANN))[:-3])
    (folder.logs / ".serve-1970-01-01-000001.jsonl.tmp").write_bytes(SERVE_LOG.encode(PAGES[0]))
    forget(folder, "shop", ANN)
    assert holding(tmp_path, ANN) == []
    assert left(folder) == (["q3", "q5", "q6", "q7"], [2, 4, 5, 7])


def test_what_was_computed_ahead_goes_to_the_last_byte(tmp_path):
    folder = shop(tmp_path)
    store = SqliteKeyValue(folder.keyvalue, "shop")
    other = SqliteKeyValue(folder.keyvalue, "other-shop")
    secret = "what ann likes " * 400
    store.put_many({personal_key(ANN, "hints"): secret.encode(), "shared": b"for all"})
    store.put_many({personal_key(ANN, "hints"): secret.upper().encode()})  # the old one goes too
    store.put_many({personal_key(BOB, "hints"): b"what bob likes"})
    other.put_many({personal_key(ANN, "hints"): b"another shop's"})
    assert forget(folder, "shop", ANN, dry_run=True).entries == 1
    assert forget(folder, "shop", ANN).entries == 1
    assert store.count() == 2
    assert other.count() == 1
    other.delete([personal_key(ANN, "hints")])
    forget(folder, "other-shop", ANN)
    for text in (ANN, "what ann likes", "WHAT ANN LIKES"):
        assert holding(tmp_path, text) == []
    assert store.get_many(["shared"]) == {"shared": b"for all"}
    store.close()
    other.close()


def test_one_shoppers_keys_are_no_others(tmp_path):
    store = SqliteKeyValue(tmp_path / "kv.db", "shop")
    ids = ["a", "a/b", "a/", "A", "帐", "a%2Fb", "%", "_"]
    store.put_many({personal_key(each, "x/y"): each.encode() for each in ids})
    for count, each in enumerate(ids, start=1):
        assert store.erase(personal_key(each, "")) == 1
        assert store.count() == len(ids) - count
    store.close()


def test_artefacts_that_counted_them_are_listed(tmp_path):
    rows = [page("q0", BOB, at=10), page("q1", ANN, at=20), page("q2", ANN, at=30)]
    folder = shop(tmp_path, rows, [])
    made = {}
    for latest_ms in (None, 10, 20, 40):
        lineage = ["products@1", *serve_log_lineage(latest_ms)]
        with ArtefactWriter(folder.artefacts, "index", config={}, lineage=lineage) as writer:
            pass
        made[latest_ms] = f"index@{writer.artefact.version}"
    assert forget(folder, "shop", ANN).artefacts == (made[20], made[40])
    assert forget(folder, "shop", ANN).artefacts == ()


def test_a_plan_that_was_not_carried_out_is_finished_by_the_next(tmp_path, monkeypatch):
    folder = shop(tmp_path)

    def dies(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("shopkeeper.store.forgetting.remove_trail", dies)
    with pytest.raises(KeyboardInterrupt):
        forget(folder, "shop", ANN)
    monkeypatch.undo()
    assert folder.forgetting in holding(tmp_path, ANN)
    forget(folder, "shop", "somebody else")
    assert holding(tmp_path, ANN) == []
    assert len(folder.forgotten.read_bytes().splitlines()) == 2


WHO = st.sampled_from([None, ANN, BOB, "s1"])
SESSION = st.sampled_from([None, "s1", "s2", "s3"])
QUERY = st.sampled_from(["q1", "q2", "q3", "q4"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.builds(page, QUERY, WHO, SESSION), max_size=9),
    st.lists(st.builds(event, st.none() | QUERY, WHO, SESSION), max_size=9),
)
def test_the_rows_that_go_are_those_of_the_slow_twin(tmp_path_factory, pages, events):
    folder = shop(tmp_path_factory.mktemp("shop"), pages, events)

    def anonymous(row):
        return row.shopper_id is None or row.shopper_id == row.session_id

    every = [*pages, *events]
    sessions = {row.session_id for row in every if row.shopper_id == ANN} | {ANN}
    sessions -= {r.session_id for r in every if r.shopper_id != ANN and not anonymous(r)} | {None}
    hers = {id(r) for r in every if r.shopper_id == ANN}
    hers |= {id(r) for r in every if anonymous(r) and r.session_id in sessions}
    opened = {r.query_id for r in pages if id(r) in hers}
    hers |= {id(r) for r in every if anonymous(r) and r.query_id in opened}
    done = forget(folder, "shop", ANN)
    assert list(read_log(folder.logs, SERVE_LOG)) == [r for r in pages if id(r) not in hers]
    assert list(read_log(folder.logs, EVENTS)) == [r for r in events if id(r) not in hers]
    assert done.pages + done.events == len(hers)


def test_a_server_that_writes_meanwhile_loses_nothing(tmp_path):
    folder = shop(tmp_path)
    logs = [Log(folder.logs, EVENTS, largest_file=20_000) for _ in range(2)]
    is_over = threading.Event()
    sent: list[list[str]] = [[], []]

    def serve(number: int) -> None:
        while not is_over.is_set():
            name = f"bob's {number} {len(sent[number])}"
            assert logs[number].append(event(name, BOB))
            sent[number].append(name)
            if len(sent[number]) % 7 == 0:
                logs[number].append(event(f"hers {number}", ANN))
            is_over.wait(0.0002)

    threads = [threading.Thread(target=serve, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    removed = 0
    for _ in range(20):
        is_over.wait(0.02)
        removed += forget(folder, "shop", ANN).events
    is_over.set()
    for thread in threads:
        thread.join()
    for log in logs:
        log.close()
        assert log.dropped == 0
    removed += forget(folder, "shop", ANN).events
    assert holding(tmp_path, ANN) == []
    kept = [row.query_id for row in read_log(folder.logs, EVENTS)]
    for number in range(2):
        assert [name for name in kept if str(name).startswith(f"bob's {number}")] == sent[number]
        assert len(sent[number]) > 50
    assert removed == 4 + sum(len(each) // 7 for each in sent)


@pytest.mark.parametrize(
    "seed", [*range(6), *(pytest.param(n, marks=pytest.mark.slow) for n in range(6, 50))]
)
def test_killed_at_any_moment_it_is_finished_by_a_second_run(tmp_path, kill_while, seed):
    count, moment = 300, random.Random(seed)
    pages = [page(f"q{n}", f"gone-{n % count:03d}") for n in range(2 * count)]
    stay = [page(f"stays {n}", BOB) for n in range(count)]
    clicks = [event(f"q{n}") for n in range(2 * count)]
    folder = shop(
        tmp_path, [row for pair in zip(pages, stay, strict=False) for row in pair], clicks
    )

    def forget_on(acknowledge):
        for n in range(count):
            forget(folder, "shop", f"gone-{n:03d}")
            acknowledge(n)

    done = kill_while(forget_on, moment)
    there = list(read_log(folder.logs, SERVE_LOG))  # each file is whole
    assert [row for row in there if row.shopper_id == BOB] == stay
    assert not {f"gone-{n:03d}" for n in range(done)} & {row.shopper_id for row in there}
    for n in range(done, done + 3):
        forget(folder, "shop", f"gone-{n:03d}")
    for n in range(done + 3):
        assert holding(tmp_path, f"gone-{n:03d}") == []
        assert not [row for row in read_log(folder.logs, EVENTS) if row.query_id == f"q{n}"]
    assert holding(tmp_path, f"gone-{done + 3:03d}")
    assert [row for row in read_log(folder.logs, SERVE_LOG) if row.shopper_id == BOB] == stay


def test_the_first_row_dates_a_trail(tmp_path):
    folder = shop(tmp_path, [page("q1", BOB, at=5), page("q2", ANN, at=9), page("q3", ANN, at=7)])
    assert find_trail(folder.logs, ANN).since_ms == 7
    assert find_trail(folder.logs, "nobody").since_ms is None
