"""Which rules does the shop have, who changed them, and why?

Two files: the rules, and beside them an audit log that is only ever appended to. The rename of
the rule file is what makes a change happen. Its audit entry is on the disk before that, and names
the entry it follows; an entry that the rule file's `revision` does not lead back to belongs to a
change that never happened. So whoever reads, whenever a process died, sees the old rules with the
old history or the new rules with the new one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from shopkeeper.records import CorruptArtefact, InvalidRecord, NotFound, Refused
from shopkeeper.stages.merchandise.rule import Rule
from shopkeeper.stages.merchandise.rule_json import rule_from_json, rule_to_json
from shopkeeper.store import exclusive, noticing_a_full_disk
from shopkeeper.store.sealed import sync

FORMAT: Final = 1

_WAIT_S = 10.0
_LAYOUT = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one rule, as the audit log keeps it."""

    revision: int
    """Of the rule file after the change."""
    follows: int
    """Revision of the rule file before it; 0 is a file that was never changed here."""
    at: str
    """ISO 8601, UTC."""
    author: str
    reason: str
    action: str
    """put, remove or undo."""
    rule: str
    """Its id."""
    before: Rule | None
    after: Rule | None


class RuleBook:
    """The rules in one JSON file; safe for several processes. A missing file holds no rule.

    The file may be edited by hand. Such an edit is read like any other, and is not audited.

    Args:
        path: of the rules, as in ``rules.json``; the log is ``rules.audit.jsonl`` beside it.
        clock: seconds since 1970-01-01 UTC, for the entries.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path, self._clock = path, clock
        self.audit_path = path.with_suffix(".audit.jsonl")

    def rules(self) -> tuple[Rule, ...]:
        """All rules, in the file's order.

        Raises:
            InvalidRecord: something in the file is wrong; it says which key of which rule.
            Refused: a newer Shopkeeper wrote the file.
        """
        return self._read()[1]

    def history(self) -> tuple[Entry, ...]:
        """The changes that led to the rules as they are, the newest first.

        Raises CorruptArtefact when an entry on the way is missing or damaged.
        """
        revision, chain = self._read()[0], []
        entries = {entry.revision: entry for entry in self._entries()}
        while revision:
            if revision not in entries:
                raise CorruptArtefact(
                    f"entry {revision} is missing or damaged",
                    where=str(self.audit_path),
                    hint="restore the file from a copy, or set the rules' revision to 0",
                )
            chain.append(entries[revision])
            revision = entries[revision].follows
        return tuple(chain)

    def put(self, rule: Rule, author: str, reason: str) -> Entry:
        """Add the rule, or replace the one with its id."""
        return self._change("put", rule.id, lambda before: rule, author, reason)

    def remove(self, rule_id: str, author: str, reason: str) -> Entry:
        """Raises NotFound when there is no such rule."""

        def change(before: Rule | None) -> None:
            if before is None:
                raise NotFound(f"no rule {rule_id!r}", where=str(self.path))

        return self._change("remove", rule_id, change, author, reason)

    def undo(self, entry: Entry, author: str, reason: str) -> Entry:
        """Make the rule what it was before that entry.

        Raises Refused when the rule has been changed since.
        """

        def change(before: Rule | None) -> Rule | None:
            if before != entry.after:
                raise Refused(
                    f"rule {entry.rule!r} has been changed since revision {entry.revision}",
                    where=str(self.path),
                    hint="undo the later changes first, or put the rule that you want",
                )
            return entry.before

        return self._change("undo", entry.rule, change, author, reason)

    def _change(
        self,
        action: str,
        rule_id: str,
        change: Callable[[Rule | None], Rule | None],
        author: str,
        reason: str,
    ) -> Entry:
        for name, text in (("author", author), ("reason", reason)):
            if not text.strip():
                raise InvalidRecord(f"no {name}", where=f"rule {rule_id}", expected="a text")
        with (
            noticing_a_full_disk(self.path, "try again"),
            exclusive(self.path.with_name(f"{self.path.name}.lock"), action, wait_s=_WAIT_S),
        ):
            follows, rules = self._read()
            by_id = {rule.id: rule for rule in rules}
            before = by_id.get(rule_id)
            after = change(before)
            if after is None:
                by_id.pop(rule_id, None)
            else:
                by_id[rule_id] = after
            newest = max((entry.revision for entry in self._entries()), default=0)
            at = datetime.fromtimestamp(self._clock(), UTC).isoformat()
            revision = max(newest, follows) + 1
            entry = Entry(revision, follows, at, author, reason, action, rule_id, before, after)
            self._append(entry)
            self._replace(entry.revision, tuple(by_id.values()))
        return entry

    # --- the files -----------------------------------------------------------------------------

    def _read(self) -> tuple[int, tuple[Rule, ...]]:
        try:
            return _parse(self.path.read_bytes(), str(self.path))
        except FileNotFoundError:
            return 0, ()

    def _replace(self, revision: int, rules: Sequence[Rule]) -> None:
        content = {
            "format": FORMAT,
            "revision": revision,
            "rules": [rule_to_json(rule) for rule in rules],
        }
        temporary = self.path.with_name(f".{self.path.name}.tmp")
        temporary.write_bytes(orjson.dumps(content, option=_LAYOUT))
        sync(temporary)
        os.replace(temporary, self.path)
        sync(self.path.parent)

    def _append(self, entry: Entry) -> None:
        data = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
        data |= {
            name: rule_to_json(data[name]) if data[name] else None for name in ("before", "after")
        }
        with open(self.audit_path, "a+b") as file:
            # The line break comes first, and ends a line that a dying process left half-written.
            file.write(b"\n" + orjson.dumps(data))
            file.flush()
            os.fsync(file.fileno())
        sync(self.audit_path.parent)

    def _entries(self) -> list[Entry]:
        """Every entry that is whole, those of changes that never happened included."""
        try:
            lines = self.audit_path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        return [entry for line in lines if line and (entry := _entry(line)) is not None]


def _parse(raw: bytes, file: str) -> tuple[int, tuple[Rule, ...]]:
    """Revision and rules of a rule file's bytes."""
    try:
        content = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidRecord(f"no JSON: {error}", where=file) from None
    if not isinstance(content, dict) or not isinstance(content.get("rules"), list):
        raise InvalidRecord("no rules", where=file, expected='{"format": 1, "rules": […]}')
    if content.get("format") != FORMAT:
        raise Refused(
            f"format {content.get('format')!r}",
            where=file,
            expected=f"{FORMAT}",
            hint="update Shopkeeper if a newer one wrote the file",
        )
    revision = content.get("revision", 0)
    if isinstance(revision, bool) or not isinstance(revision, int) or revision < 0:
        raise InvalidRecord(f"revision {revision!r}", where=file, expected="0 or more")
    rules: dict[str, Rule] = {}
    for number, data in enumerate(content["rules"], start=1):
        if not isinstance(data, dict):
            raise InvalidRecord(
                f"{data!r:.40}", where=f"{file}:rule {number}", expected="an object"
            )
        rule = _rule(data, file)
        if rule.id in rules:
            raise InvalidRecord("stands twice", where=f"{file}:{rule.id}:id", expected="once")
        rules[rule.id] = rule
    return revision, tuple(rules.values())


def _rule(data: dict[str, Any], file: str) -> Rule:
    try:
        return rule_from_json(data)
    except InvalidRecord as error:
        raise InvalidRecord(
            error.what, where=f"{file}:{error.where}", expected=error.expected, hint=error.hint
        ) from None


def _entry(line: bytes) -> Entry | None:
    """None for a line that is half-written; if it is missed, `history` says so."""
    try:
        data = orjson.loads(line)
        rules = {
            name: rule_from_json(data[name]) if data[name] is not None else None
            for name in ("before", "after")
        }
        return Entry(**{**data, **rules})
    except (orjson.JSONDecodeError, InvalidRecord, KeyError, TypeError, AttributeError):
        return None
