"""What does a TOML table say, and where? Every mistake is reported as file: key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shopkeeper.records import InvalidRecord
from shopkeeper.world.vocabulary import Pair


class Table:
    """A TOML table that knows where it stands and which of its keys nobody asked for."""

    def __init__(self, data: Mapping[str, Any], file: str, path: str = "") -> None:
        self.data, self.file, self.path = data, file, path
        self.asked: set[str] = set()

    def fail(self, key: str, what: str, expected: str) -> InvalidRecord:
        where = ".".join(part for part in (self.path, key) if part)
        return InvalidRecord(what, where=f"{self.file}: {where}", expected=expected)

    def get(
        self, key: str, kind: type | tuple[type, ...], expected: str, default: Any = ...
    ) -> Any:
        """The value of `key`, checked to be a `kind`; without a default it must be there."""
        self.asked.add(key)
        if key not in self.data:
            if default is ...:
                raise self.fail(key, "missing", expected)
            return default
        value = self.data[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.fail(key, f"{value!r:.60}", expected)
        return value

    def text(self, key: str, default: Any = ...) -> Any:
        return self.get(key, str, "a text", default)

    def number(self, key: str, default: Any = ...) -> float:
        return float(self.get(key, (int, float), "a number", default))

    def texts(self, key: str, default: Any = ...) -> tuple[str, ...]:
        values = self.get(key, list, "a list of texts", default)
        if not all(isinstance(value, str) and value for value in values):
            raise self.fail(key, f"{values!r:.60}", "a list of texts")
        return tuple(values)

    def pairs(self, key: str) -> tuple[Pair, ...]:
        """A non-empty list of [English, Chinese]."""
        values = self.get(key, list, "a list of [English, Chinese]")
        whole = all(
            isinstance(pair, list) and len(pair) == 2 and all(isinstance(t, str) for t in pair)
            for pair in values
        )
        if not values or not whole:
            raise self.fail(key, f"{values!r:.60}", "a list of [English, Chinese]")
        return tuple((english, chinese) for english, chinese in values)

    def pair(self, key: str) -> Pair:
        """One [English, Chinese]."""
        texts = self.texts(key)
        if len(texts) != 2:
            raise self.fail(key, f"{texts!r:.60}", "[English, Chinese]")
        return texts[0], texts[1]

    def table(self, key: str, default: Any = ...) -> Table:
        data = self.get(key, dict, "a table", default)
        return Table(data, self.file, ".".join(part for part in (self.path, key) if part))

    def tables(self) -> Iterator[tuple[str, Table]]:
        for key in self.data:
            yield key, self.table(key)

    def finish(self) -> None:
        """Every key has been asked for: a misspelt one is not lost."""
        for key in self.data:
            if key not in self.asked:
                raise self.fail(key, "unknown key", f"one of {', '.join(sorted(self.asked))}")
