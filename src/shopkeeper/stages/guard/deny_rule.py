"""What is denied? Rules as data, each with the id that stands in `blocked_by`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from shopkeeper.records import InvalidRecord, NotFound

_MOST_PHRASES = 1_000
"""Of one pattern, written out; more is a slip."""


@dataclass(frozen=True, slots=True)
class DenyRule:
    """Queries that are answered with an empty page."""

    id: str
    patterns: tuple[str, ...]
    """Words that stand side by side. ``buy|order heroin|crystal_meth`` is four phrases: ``|`` parts
    alternatives, ``_`` joins the words of one."""
    unless: tuple[str, ...] = ()
    """Patterns that make the query harmless wherever they stand in it."""

    def __post_init__(self) -> None:
        if not self.id.strip():
            raise InvalidRecord("a deny rule without an id", where="id", expected="a text")
        if not self.patterns:
            raise InvalidRecord("no pattern", where=f"{self.id}:patterns", expected="one or more")
        for name in ("patterns", "unless"):
            for pattern in getattr(self, name):
                if not _is_pattern(pattern):
                    raise InvalidRecord(
                        f"pattern {pattern!r:.60}",
                        where=f"{self.id}:{name}",
                        expected=f'as in "buy|order heroin", at most {_MOST_PHRASES:,} phrases',
                    )


@dataclass(frozen=True, slots=True)
class HideRule:
    """Products that are not shown, whatever is asked."""

    id: str
    products: frozenset[str] = frozenset()
    """Ids."""
    categories: frozenset[str] = frozenset()
    """Paths as in "Outdoor > Knives"; everything below is hidden too."""
    brands: frozenset[str] = frozenset()
    """Compared without case."""

    def __post_init__(self) -> None:
        if not self.id.strip():
            raise InvalidRecord("a hide rule without an id", where="id", expected="a text")
        if not (self.products or self.categories or self.brands):
            raise InvalidRecord(
                "nothing to hide", where=self.id, expected="products, categories or brands"
            )


@dataclass(frozen=True, slots=True)
class GuardRules:
    """All of them; two lists add up with `+`."""

    deny: tuple[DenyRule, ...] = ()
    hide: tuple[HideRule, ...] = ()

    def __post_init__(self) -> None:
        ids = [rule.id for rule in self.deny] + [rule.id for rule in self.hide]
        if twice := next((id_ for id_ in ids if ids.count(id_) > 1), None):
            raise InvalidRecord("an id stands twice", where=twice, expected="each id once")

    def __add__(self, more: GuardRules) -> GuardRules:
        return GuardRules((*self.deny, *more.deny), (*self.hide, *more.hide))


def phrases(pattern: str) -> list[str]:
    """The pattern written out: "buy|order heroin" is "buy heroin" and "order heroin"."""
    return [" ".join(words).replace("_", " ") for words in product(*_alternatives(pattern))]


def load_rules(path: Path) -> GuardRules:
    """Read a TOML file of ``[[deny]]`` and ``[[hide]]`` tables.

    Raises:
        NotFound: there is no such file.
        InvalidRecord: something in it is wrong; it says which key of which rule.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise NotFound("no guard rules", where=str(path), expected="a TOML file") from None
    except UnicodeDecodeError as error:
        raise InvalidRecord(f"not UTF-8: {error}", where=str(path)) from None
    return read_rules(text, str(path))


def default_rules() -> GuardRules:
    """The list in `default_rules.toml`: what is a crime to sell or to ask for nearly anywhere.

    English and Chinese; short on purpose. A shop adds its own.
    """
    text = files(__package__).joinpath("default_rules.toml").read_text("utf-8")
    return read_rules(text, "default_rules.toml")


def read_rules(text: str, file: str) -> GuardRules:
    """The rules in the text of a TOML file; `file` stands in errors, which are InvalidRecord."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidRecord(f"no TOML: {error}", where=file) from None
    if unknown := sorted(set(content) - {"deny", "hide"}):
        raise InvalidRecord("unknown table", where=f"{file}:{unknown[0]}", expected="deny, hide")
    try:
        return GuardRules(
            tuple(
                DenyRule(id_, _texts(id_, table, "patterns"), _texts(id_, table, "unless"))
                for id_, table in _tables(content, "deny", {"id", "patterns", "unless"})
            ),
            tuple(
                HideRule(id_, *(frozenset(_texts(id_, table, key)) for key in _HIDDEN))
                for id_, table in _tables(content, "hide", {"id", *_HIDDEN})
            ),
        )
    except InvalidRecord as error:
        raise InvalidRecord(
            error.what, where=f"{file}:{error.where}", expected=error.expected
        ) from None


_HIDDEN = ("products", "categories", "brands")


def _tables(
    content: Mapping[str, Any], name: str, keys: set[str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    tables = content.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InvalidRecord("no list of tables", where=name, expected=f"[[{name}]]")
    for number, table in enumerate(tables, start=1):
        rule_id = table.get("id")
        if not isinstance(rule_id, str):
            raise InvalidRecord("no id", where=f"{name} {number}:id", expected="a text")
        if unknown := sorted(set(table) - keys):
            raise InvalidRecord(
                "unknown key", where=f"{rule_id}:{unknown[0]}", expected=", ".join(sorted(keys))
            )
        yield rule_id, table


def _texts(rule_id: str, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise InvalidRecord(f"{value!r:.60}", where=f"{rule_id}:{key}", expected="a list of texts")
    return tuple(value)


def _alternatives(pattern: str) -> list[list[str]]:
    return [part.split("|") for part in pattern.split()]


def _is_pattern(text: str) -> bool:
    parts = _alternatives(text)
    return bool(parts) and all(map(all, parts)) and prod(map(len, parts)) <= _MOST_PHRASES
