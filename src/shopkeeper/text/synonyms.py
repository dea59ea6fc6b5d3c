"""Which words mean the same?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shopkeeper.text.analyse import Analyser

Terms = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Synonyms:
    """What analysed terms may also be called. Read-only; made by `build`."""

    table: Mapping[Terms, tuple[Terms, ...]]
    longest: int
    """Terms in the longest key."""

    @classmethod
    def build(
        cls,
        groups: Iterable[Sequence[str]],
        analyser: Analyser,
        one_way: Mapping[str, Sequence[str]] | None = None,
    ) -> Synonyms:
        """Synonyms as people write them.

        Args:
            groups: texts that mean the same ("sofa", "couch"); each is expanded to all others.
            one_way: a text and what it may also be called, not the other way round
                ("footwear" is found as "shoes", but "shoes" not as "footwear").
        """
        table: dict[Terms, dict[Terms, None]] = {}

        def add(text: str, others: Iterable[str]) -> None:
            key = tuple(analyser.split(text)[0])
            meant = (tuple(analyser.split(other)[0]) for other in others)
            if key:
                row = table.setdefault(key, {})
                row.update((terms, None) for terms in meant if terms and terms != key)

        for group in groups:
            for text in group:
                add(text, group)
        for text, others in (one_way or {}).items():
            add(text, others)
        longest = max((len(key) for key in table), default=0)
        return cls({key: tuple(row) for key, row in table.items() if row}, longest)

    def __add__(self, other: Synonyms) -> Synonyms:
        """Both; what both know by the same terms may be called either way."""
        table = dict(self.table)
        for key, row in other.table.items():
            table[key] = tuple(dict.fromkeys((*table.get(key, ()), *row)))
        return Synonyms(table, max(self.longest, other.longest))

    def expand(self, terms: Terms) -> tuple[Terms, ...]:
        """Other ways to say exactly these terms; none when they are not known."""
        return self.table.get(terms, ())
