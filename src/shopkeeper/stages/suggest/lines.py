"""Which lines are there to suggest, and which of them begin like this?"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.records import AnyOf, Suggestion
from shopkeeper.records.request import SuggestionKind
from shopkeeper.stages.suggest.word import letters, words_of
from shopkeeper.text import Analyser

STARTS = 2.0
"""Added to the score of a line that begins with what was typed, rather than has it inside."""

AFTER_ALL = chr(0x10FFFF)
"""Sorts behind every continuation of a prefix."""


@dataclass(frozen=True, slots=True)
class Line:
    """A query, category or brand that finds `hits` products."""

    text: str
    kind: SuggestionKind
    hits: int
    shoppers: int = 0
    """Who asked the query, as far as a log tells."""
    value: str | None = None
    """Of the field that is called like the kind, which a click filters on; None for a query."""

    @property
    def score(self) -> float:
        """ln(1 + hits) + 2 · ln(1 + shoppers): what is asked counts more than what is there."""
        return math.log1p(self.hits) + 2 * math.log1p(self.shoppers)

    def suggestion(self, score: float) -> Suggestion:
        clause = AnyOf(self.kind, (self.value,)) if self.value is not None else None
        return Suggestion(self.text, self.kind, self.hits, score, clause=clause)


class Lines:
    """All lines, and the places where their words begin in the order of what follows there.

    Args:
        lines: any order; it is kept.
        places: [n, 2] line and character at which a word of its letters begins, sorted by the
            letters from there on.
    """

    def __init__(self, lines: Sequence[Line], places: NDArray[np.int32]) -> None:
        self.lines, self.places = lines, places
        self._letters = [letters(line.text) for line in lines]
        self._scores = np.array([line.score for line in lines], np.float64)

    @classmethod
    def build(cls, lines: Sequence[Line], analyser: Analyser) -> Lines:
        starts = []
        for number, line in enumerate(lines):
            typed = letters(line.text)
            begins = {0, *(word.start for word in words_of(typed, analyser))}
            begins |= {at + 1 for at, letter in enumerate(typed) if letter == " "}
            starts += [(typed[at:], number, at) for at in begins]
        places = [(number, at) for _, number, at in sorted(starts)]
        return cls(lines, np.array(places, np.int32).reshape(-1, 2))

    def starting(self, prefix: str, most: int) -> list[tuple[Line, float]]:
        """The best lines with a word from which on they begin with `prefix`, with their scores."""
        low, high = self._place(prefix), self._place(prefix + AFTER_ALL)
        numbers, at = self.places[low:high].T
        scores = self._scores[numbers] + STARTS * (at == 0)
        return [(self.lines[numbers[i]], float(scores[i])) for i in best(scores, most)]

    def popular(self, kind: SuggestionKind, most: int) -> list[Line]:
        """The best lines of a kind; of queries only those that shoppers asked."""
        of_kind = (line for line in self.lines if line.kind == kind)
        asked = (line for line in of_kind if line.shoppers or kind != "query")
        return sorted(asked, key=lambda line: (-line.score, line.text))[:most]

    def _place(self, prefix: str) -> int:
        def text(place: int) -> str:
            number, at = self.places[place]
            typed: str = self._letters[number]
            return typed[at:]

        return bisect_left(range(len(self.places)), prefix, key=text)


def best(scores: NDArray[np.float64], most: int) -> Iterable[int]:
    """Where the `most` highest scores are, the highest first, ties in order."""
    if len(scores) > most:
        floor = np.partition(scores, len(scores) - most)[len(scores) - most]
        among = np.flatnonzero(scores >= floor)
    else:
        among = np.arange(len(scores))
    order: list[int] = among[np.argsort(-scores[among], kind="stable")][:most].tolist()
    return order
