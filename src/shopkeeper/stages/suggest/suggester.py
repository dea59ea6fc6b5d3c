"""Suggestions out of what the shop sells and its shoppers ask."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from shopkeeper.records import (
    Deadline,
    InvalidRequest,
    Suggestion,
    SuggestRequest,
    localise,
)
from shopkeeper.records.request import SuggestionKind
from shopkeeper.stages.suggest.index import SuggestionIndex
from shopkeeper.stages.suggest.lines import STARTS, best
from shopkeeper.stages.suggest.vocabulary import Mask, Words
from shopkeeper.stages.suggest.word import Word, has_han, letters, words_of
from shopkeeper.text import Analyser, normalise

_SHARES: dict[SuggestionKind, float] = {
    "query": 0.625,
    "category": 0.25,
    "brand": 0.25,
    "product": 0.25,
}
"""Of the lines, at most, as long as other kinds have something to say; one at least."""
_PRODUCTS_FROM = 3
"""Letters from which products are named; Chinese ones from the first."""
_MOST_READINGS = 3
"""Words that a misspelt one may have been."""
_LOOKED_AT = 48
"""Products, the most popular ones, of which those are named first whose title begins so."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The text so far: finished words, and the one that is being typed."""

    text: str
    before: str
    """The text in front of the last word."""
    finished: tuple[Word, ...]
    last: str
    """Letters of the word that the text ends in; empty after a blank."""


class CatalogueSuggester:
    """`Suggest` from an index. Read-only, safe in threads.

    The typed text comes first if it finds something as it stands. Words are completed by what the
    products with all the words before them have; when no word begins so, those do whose pinyin
    begins so, or that are one or two edits away. No letters: what is popular.

    Args:
        index: built with this analyser.
        is_personal: whether a text tells who somebody is; such a line is never shown.

    Raises InvalidRequest when the index was built with another analyser.
    """

    def __init__(
        self, index: SuggestionIndex, analyser: Analyser, is_personal: Callable[[str], bool]
    ) -> None:
        if index.analyser_version != analyser.version:
            raise InvalidRequest(
                f"suggestions of analyser {index.analyser_version}",
                expected=analyser.version,
                hint="build them again from the catalogue",
            )
        self._index, self._analyser, self._is_personal = index, analyser, is_personal
        order = np.argsort(-np.array(index.goods.popularity), kind="stable")
        self._popular_first = np.empty(len(order), np.int64)
        self._popular_first[order] = np.arange(len(order))
        """[products] place of each product in the order of popularity."""

    def suggest(self, request: SuggestRequest, deadline: Deadline) -> Sequence[Suggestion]:
        text, most = normalise(request.query.text), request.size
        if not text:
            return self._hints(most)
        if request.query.text[-1:].isspace():
            text += " "
        typed = self._typed(text)
        found = list(self._found(typed, request))
        if not found and not deadline.is_over:
            meant = self._meant(typed)
            found = list(chain.from_iterable(self._found(self._typed(t), request) for t in meant))
        return self._chosen(found, text, most)

    # --- what is found -------------------------------------------------------------------------

    def _typed(self, text: str) -> Typed:
        words = words_of(text, self._analyser)
        if words and words[-1].end == len(text):
            last = words.pop()
            return Typed(text, text[: last.start], tuple(words), letters(last.surface))
        return Typed(text, text, tuple(words), "")

    def _found(self, typed: Typed, request: SuggestRequest) -> Iterator[Suggestion]:
        index = self._index
        words = index.vocabulary.starting(typed.last) if typed.last else None
        having = index.vocabulary.having(t for word in typed.finished for t in word.terms)
        yield from self._as_typed(typed)
        prefix = letters(typed.text) + ("" if typed.last else " ")
        for line, score in index.lines.starting(prefix, 4 * request.size):
            yield line.suggestion(score)
        if words is not None and len(words):
            yield from self._completions(typed, words, having, 2 * request.size)
            if len(prefix) >= _PRODUCTS_FROM or has_han(prefix):
                any_of = index.vocabulary.having_any(words)
                having = any_of if having is None else having & any_of
                yield from self._products(having, prefix, request)
        elif words is None and having is not None:
            yield from self._products(having, prefix, request)

    def _as_typed(self, typed: Typed) -> Iterator[Suggestion]:
        having = self._index.vocabulary.having(self._analyser.split(typed.text)[0])
        hits = 0 if having is None else int(having.sum())
        if hits:
            text = typed.text.strip()
            yield Suggestion(text, "query", hits, math.log1p(hits) + STARTS)

    def _completions(
        self, typed: Typed, words: Words, having: Mask | None, most: int
    ) -> Iterator[Suggestion]:
        mostly, counts = self._index.vocabulary.counts(words, having)
        for at in best(counts.astype(np.float64), most):
            shown, hits = self._index.vocabulary.words[mostly[at]].shown, int(counts[at])
            text = typed.before.casefold() + shown
            yield Suggestion(text, "query", hits, math.log1p(hits) + STARTS)

    def _products(
        self, having: Mask, prefix: str, request: SuggestRequest
    ) -> Iterator[Suggestion]:
        goods = self._index.goods
        among = np.flatnonzero(having)
        for at in best(-self._popular_first[among].astype(np.float64), _LOOKED_AT):
            title = localise(goods.titles[among[at]], request.query.locale)
            starts = letters(title).startswith(prefix)
            score = math.log1p(1) + STARTS * starts
            yield Suggestion(title, "product", 1, score, product_id=goods.ids[among[at]])

    # --- when nothing begins so ----------------------------------------------------------------

    def _meant(self, typed: Typed) -> list[str]:
        """The text with words of the vocabulary in the places of those that it does not have."""
        before = typed.before
        for word in reversed(typed.finished):
            if self._index.vocabulary.having(word.terms) is None:
                continue
            nearest = self._index.vocabulary.near(letters(word.surface), is_whole=True)
            if not len(self._index.vocabulary.starting(letters(word.surface))) and len(nearest):
                shown = self._index.vocabulary.words[nearest[0]].shown
                before = before[: word.start] + shown + before[word.end :]
        if not typed.last:
            return [before] if before != typed.before else []
        vocabulary = self._index.vocabulary
        if len(vocabulary.starting(typed.last)):
            return [before + typed.last] if before != typed.before else []
        words = vocabulary.sounding(typed.last)
        if len(words):
            mostly, counts = vocabulary.counts(words, None)
            words = mostly[np.argsort(-counts, kind="stable")]
        else:
            words = vocabulary.near(typed.last, is_whole=False)
        return [before + vocabulary.words[place].shown for place in words[:_MOST_READINGS]]

    # --- what is shown -------------------------------------------------------------------------

    def _hints(self, most: int) -> Sequence[Suggestion]:
        kinds: tuple[SuggestionKind, ...] = ("query", "category")
        found = chain.from_iterable(self._index.lines.popular(kind, most) for kind in kinds)
        return self._chosen([line.suggestion(score) for line, score in found], "", most)

    def _chosen(self, found: Iterable[Suggestion], text: str, most: int) -> Sequence[Suggestion]:
        """The best lines of each kind, in the order of their scores; what was typed comes first."""
        typed = text.strip().casefold()
        ranked = sorted(found, key=lambda line: (line.text.casefold() != typed, -line.score))
        kinds: dict[SuggestionKind, list[Suggestion]] = {kind: [] for kind in _SHARES}
        senses: set[tuple[str, ...]] = set()
        ...
        return []
