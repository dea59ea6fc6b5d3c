"""The rule file and its audit log: changes, undo, crashes, several processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shopkeeper.records import (
    AnyOf,
    CorruptArtefact,
    InvalidRecord,
    NotFound,
    Refused,
)
from shopkeeper.stages.merchandise import Filter, Pin, Rule, RuleBook, When
from shopkeeper.stages.merchandise import rulebook as rulebook_module

TENTS = Rule("tents", Pin(("p1",)), When(("tent",)))
OTHER_TENTS = Rule("tents", Pin(("p2", "p1")), When(("tent",)))
ACME = Rule("acme", Filter(AnyOf("brand", ("Acme",))))
NOON_S = datetime(2026, 6, 1, 12, tzinfo=UTC).timestamp()


@pytest.fixture
def book(tmp_path: Path) -> RuleBook:
    return RuleBook(tmp_path / "rules.json", clock=lambda: NOON_S)


def test_a_missing_file_holds_no_rule(book: RuleBook) -> None:
    assert book.rules() == ()
    assert book.history() == ()


def test_changes_are_kept_with_who_when_and_why(book: RuleBook) -> None:
    book.put(TENTS, "ann", "summer")
    book.put(ACME, "bob", "contract")
    book.put(OTHER_TENTS, "ann", "p2 sells better")
    book.remove("acme", "bob", "contract ended")
    assert book.rules() == (OTHER_TENTS,)
    newest, *older = book.history()
    assert [entry.revision for entry in (newest, *older)] == [4, 3, 2, 1]
    assert (newest.at, newest.author, newest.reason, newest.action, newest.rule) == (
        "2026-06-01T12:00:00+00:00",
        "bob",
        "contract ended",
        "remove",
        "acme",
    )
    assert (newest.before, newest.after) == (ACME, None)
    assert (older[0].before, older[0].after) == (TENTS, OTHER_TENTS)
    assert RuleBook(book.path).rules() == book.rules()


def test_a_rule_keeps_its_place_in_the_file(book: RuleBook) -> None:
    for rule in (TENTS, ACME, OTHER_TENTS):
        book.put(rule, "ann", "order")
    assert [rule.id for rule in book.rules()] == ["tents", "acme"]


def test_undo_of_each_kind_of_change(book: RuleBook) -> None:
    added = book.put(TENTS, "ann", "summer")
    changed = book.put(OTHER_TENTS, "ann", "better")
    book.undo(changed, "bob", "worse")
    assert book.rules() == (TENTS,)
    book.undo(added, "bob", "winter")
    assert book.rules() == ()
    removed = book.history()[0]
    book.undo(removed, "ann", "summer again")
    assert book.rules() == (TENTS,)
    assert [entry.action for entry in book.history()] == ["undo", "undo", "undo", "put", "put"]


def test_undo_refuses_to_lose_a_later_change(book: RuleBook) -> None:
    first = book.put(TENTS, "ann", "summer")
    book.put(OTHER_TENTS, "bob", "better")
    with pytest.raises(Refused, match="changed since revision 1"):
        book.undo(first, "ann", "no")
    assert book.rules() == (OTHER_TENTS,)
    assert len(book.history()) == 2


def test_what_cannot_be_done_leaves_no_trace(book: RuleBook) -> None:
    book.put(TENTS, "ann", "summer")
    before = book.path.read_bytes(), book.audit_path.read_bytes()
    with pytest.raises(NotFound, match="no rule 'acme'"):
        book.remove("acme", "ann", "gone")
    with pytest.raises(InvalidRecord, match="no author"):
        book.put(ACME, " ", "why")
    with pytest.raises(InvalidRecord, match="no reason"):
        book.put(ACME, "ann", "")
    assert (book.path.read_bytes(), book.audit_path.read_bytes()) == before


def test_a_file_edited_by_hand_is_read_and_its_faults_are_placed(book: RuleBook) -> None:
    book.put(TENTS, "ann", "summer")
    content = json.loads(book.path.read_text())
    content["rules"].append({"id": "mine", "is": "mug", "pin": "p9"})
    book.path.write_text(json.dumps(content))
    assert book.rules()[1] == Rule("mine", Pin(("p9",)), When(("mug",), "is"))
    content["rules"][1]["pni"] = "p9"
    book.path.write_text(json.dumps(content))
    with pytest.raises(InvalidRecord) as raised:
        book.rules()
    assert raised.value.where == f"{book.path}:mine:pni"


@pytest.mark.parametrize(
    ("text", "error", "fault"),
    [
        ("{", InvalidRecord, "no JSON"),
        ("[]", InvalidRecord, "no rules"),
        ('{"format": 2, "rules": []}', Refused, "format 2"),
        ('{"format": 1, "revision": -1, "rules": []}', InvalidRecord, "revision -1"),
        ('{"format": 1, "rules": ["x"]}', InvalidRecord, "rule 1"),
        (
            '{"format": 1, "rules": [{"id": "a", "pin": "p"}, {"id": "a", "pin": "q"}]}',
            InvalidRecord,
            "a:id: stands twice",
        ),
    ],
)
def test_a_file_that_is_none_is_refused(
    book: RuleBook, text: str, error: type[Exception], fault: str
) -> None:
    book.path.write_text(text)
    with pytest.raises(error, match=fault):
        book.rules()


def test_a_damaged_entry_is_noticed(book: RuleBook) -> None:
    book.put(TENTS, "ann", "summer")
    book.put(ACME, "ann", "contract")
    lines = book.audit_path.read_bytes().split(b"\n")
    book.audit_path.write_bytes(b"\n".join([lines[0], lines[1][:-5], lines[2]]))
    with pytest.raises(CorruptArtefact, match="entry 1 is missing"):
        book.history()
    assert book.rules() == (TENTS, ACME)


# --- a process that dies, at every step of a change ----------------------------------------------


class Died(Exception):
    pass


def die_at(step: int) -> Callable[..., None]:
    """Runs what it is put around, but dies instead at the call of that number."""
    calls = iter(range(100))

    def around(original: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object) -> object:
            if next(calls) == step:
                raise Died
            return original(*args)

        return call

    return around


@pytest.mark.parametrize("step", range(6))
def test_a_change_happens_whole_or_not_at_all(
    book: RuleBook, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    book.put(TENTS, "ann", "summer")
    around = die_at(step)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", around(os.fsync))
        patch.setattr(os, "replace", around(os.replace))
        patch.setattr(rulebook_module, "sync", around(rulebook_module.sync))
        with pytest.raises(Died):
            book.put(ACME, "ann", "contract")
    seen = book.rules()
    assert seen in ((TENTS,), (TENTS, ACME))
    assert len(book.history()) == len(seen)
    book.put(OTHER_TENTS, "bob", "after the crash")
    assert book.rules() == (OTHER_TENTS, *seen[1:])
    newest = book.history()[0]
    assert (newest.before, newest.author) == (TENTS, "bob")
    assert len(book.history()) == len(seen) + 1


def test_both_outcomes_of_a_crash_occur(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = []
    for step in range(6):
        book = RuleBook(tmp_path / str(step) / "rules.json")
        book.path.parent.mkdir()
        around = die_at(step)
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", around(os.replace))
            patch.setattr(rulebook_module, "sync", around(rulebook_module.sync))
            with pytest.raises(Died):
                book.put(TENTS, "ann", "summer")
        outcomes.append(len(book.rules()))
        if outcomes[-1]:
            break
    assert outcomes == [0, 0, 0, 1]  # sync of the log's folder, of the file; rename; sync of folder


def test_a_half_written_entry_does_not_spoil_the_next(book: RuleBook) -> None:
    book.put(TENTS, "ann", "summer")
    with open(book.audit_path, "ab") as file:
        file.write(b'\n{"revision": 2, "follows": 1, "at": "20')
    assert len(book.history()) == 1
    book.put(ACME, "ann", "contract")
    assert [entry.rule for entry in book.history()] == ["acme", "tents"]


WRITER = """
import sys
from pathlib import Path
from shopkeeper.stages.merchandise import Pin, Rule, RuleBook
book = RuleBook(Path(sys.argv[1]))
for number in range(8):
    book.put(Rule(f"{sys.argv[2]}{number}", Pin(("p",))), sys.argv[2], "load")
"""


def test_two_processes_lose_nothing(book: RuleBook) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(book.path), name]) for name in "ab"
    ]
    seen: set[int] = set()
    while any(writer.poll() is None for writer in writers):
        seen.add(len(book.rules()))
    assert [writer.returncode for writer in writers] == [0, 0]
    assert len(book.rules()) == 16
    history = book.history()
    assert [entry.revision for entry in history] == list(range(16, 0, -1))
    assert sorted(entry.author for entry in history) == ["a"] * 8 + ["b"] * 8
