"""What is one word of a query on its way to a concept?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shopkeeper.records import Alternative

Terms = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueryWord:
    """A word or compound at [start, end) of the query, with the ways found so far to say it."""

    surface: str
    start: int
    end: int
    cover: Terms
    """The terms that names and synonyms are looked up by."""
    alternatives: tuple[Alternative, ...]
    read_as: str = ""
    """What a correction put in its place; empty when it stands as typed."""

    def also(self, *more: Alternative) -> QueryWord:
        return replace(self, alternatives=(*self.alternatives, *more))

    def best(self) -> tuple[Alternative, ...]:
        """Each way once, at its highest weight, in the order found."""
        best: dict[Terms, Alternative] = {}
        for way in self.alternatives:
            if way.terms not in best or way.weight > best[way.terms].weight:
                best[way.terms] = way
        return tuple(best.values())


def windows(words: Sequence[QueryWord], longest: int) -> Iterator[tuple[int, int, Terms]]:
    """Every run of neighbouring words with at most `longest` terms: [start, end) and its terms."""
    for start in range(len(words)):
        terms: Terms = ()
        for end in range(start + 1, len(words) + 1):
            terms += words[end - 1].cover
            if len(terms) > longest:
                break
            yield start, end, terms
