"""Suggestions out of what the shop sells and its shoppers ask."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

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
from shopkeeper.stages.suggest.word import GLUE, Word, has_han, letters, words_of
from shopkeeper.text import Analyser, normalise

MOST_SUGGESTIONS = 50
"""As many as a request may ask for."""
_SHARES: dict[SuggestionKind, float] = {
    "category": 0.25,
    "brand": 0.25,
    "query": 0.625,
    "product": 0.25,
}
"""Of the lines, at most, as long as other kinds have something to say; one at least. In this
order: a query that says no more than the name of a category or brand gives way to it."""
_PRODUCTS_FROM = 3
"""Letters from which products are named; Chinese ones from the first."""
_MOST_READINGS = 3
"""Words that a misspelt one may have been."""
_FEW = 2
"""Hits in all below which what was typed is doubted: a catalogue has misspelt words itself."""
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
        kinds: tuple[SuggestionKind, ...] = ("query", "category")
        popular = chain.from_iterable(index.lines.popular(k, MOST_SUGGESTIONS) for k in kinds)
        self._hints = [line.suggestion(line.score) for line in popular]

    def suggest(self, request: SuggestRequest, deadline: Deadline) -> Sequence[Suggestion]:
        text, most = normalise(request.query.text), request.size
        if not text:
            return self._chosen(self._hints, "", most)
        if request.query.text[-1:].isspace():
            text += " "
        typed = self._typed(text)
        found = list(self._found(typed, request))
        if sum(line.hits for line in found if line.kind != "product") < _FEW:
            for meant in self._meant(typed) if not deadline.is_over else ():
                found += self._found(self._typed(meant), request)
        return self._chosen(found, text, most)

    # --- what is found -------------------------------------------------------------------------

    def _typed(self, text: str) -> Typed:
        words = words_of(text, self._analyser)
        if words and words[-1].end == len(text):
            last = words.pop()
            return Typed(text, text[: last.start], tuple(words), letters(last.surface))
        return Typed(text, text, tuple(words), "")

    def _found(self, typed: Typed, request: SuggestRequest) -> Iterator[Suggestion]:
        vocabulary = self._index.vocabulary
        yield from self._as_typed(typed)
        is_open = typed.last or has_han(typed.text.strip()[-1:])
        prefix = letters(typed.text) + ("" if is_open else " ")
        for line, score in self._index.lines.starting(prefix, 4 * request.size):
            yield line.suggestion(score)
        having = vocabulary.having(term for word in typed.finished for term in word.terms)
        if typed.last:
            words = vocabulary.starting(typed.last)
            yield from self._completions(typed, words, having, 2 * request.size)
            having = _both(having, vocabulary.having_any(words), typed.last)
        if having is not None and (len(prefix) >= _PRODUCTS_FROM or has_han(prefix)):
            yield from self._products(having, prefix, request)

    def _as_typed(self, typed: Typed) -> Iterator[Suggestion]:
        text = typed.text.strip()
        is_word = typed.last not in GLUE and (len(text) > 1 or has_han(text))
        if is_word and (hits := self._index.vocabulary.hits(self._analyser.split(text)[0])):
            yield Suggestion(text, "query", hits, math.log1p(hits) + STARTS)

    def _completions(
        self, typed: Typed, words: Words, having: Mask | None, most: int
    ) -> Iterator[Suggestion]:
        mostly, counts = self._index.vocabulary.counts(words, having)
        for at in best(counts.astype(np.float64), most):
            shown, hits = self._index.vocabulary.words[mostly[at]].shown, int(counts[at])
            text = typed.before.casefold() + shown
            yield Suggestion(text, "query", hits, math.log1p(hits) + STARTS)

    def _products(self, having: Mask, prefix: str, request: SuggestRequest) -> Iterator[Suggestion]:
        goods = self._index.goods
        among = np.flatnonzero(having)
        for at in best(-self._popular_first[among].astype(np.float64), _LOOKED_AT):
            title = localise(goods.titles[among[at]], request.query.locale)
            starts = letters(title).startswith(prefix)
            score = math.log1p(1) + STARTS * starts
            yield Suggestion(title, "product", 1, score, product_id=goods.ids[among[at]])

    # --- when nothing begins so ----------------------------------------------------------------

    def _meant(self, typed: Typed) -> list[str]:
        """Texts with words of the vocabulary in the places of those that it does not have."""
        vocabulary = self._index.vocabulary
        before = typed.before
        for word in reversed(typed.finished):
            if not vocabulary.knows(word.terms):
                for place in vocabulary.near(letters(word.surface), is_whole=True)[:1]:
                    shown = vocabulary.words[place].shown
                    before = before[: word.start] + shown + before[word.end :]
        texts = [before + last for last in (typed.last, *self._last_words(typed.last))]
        return [text for text in texts if letters(text) != letters(typed.text)]

    def _last_words(self, last: str) -> list[str]:
        """Words of which the last one may be the beginning in pinyin, or misspelt."""
        vocabulary = self._index.vocabulary
        if not last:
            return []
        words, counts = vocabulary.counts(vocabulary.sounding(last), None)
        words = words[np.argsort(-counts, kind="stable")]
        if not len(words):
            words = vocabulary.near(last, is_whole=False)
        return [vocabulary.words[place].shown for place in words[:_MOST_READINGS]]

    # --- what is shown -------------------------------------------------------------------------

    def _chosen(self, found: Iterable[Suggestion], text: str, most: int) -> Sequence[Suggestion]:
        """The best lines of each kind, in the order of their scores; what was typed comes first."""
        typed = text.strip()

        def rank(line: Suggestion) -> tuple[bool, float]:
            return (not (line.kind == "query" and line.text == typed), -line.score)

        ranked = sorted(found, key=rank)
        within: list[Suggestion] = []
        beyond: list[Suggestion] = []
        said: set[tuple[str, ...]] = set()
        for kind, share in _SHARES.items():
            of_kind = (line for line in ranked if line.kind == kind)
            lines = list(islice(self._distinct(of_kind, typed, said), most))
            room = math.ceil(share * most)
            within += lines[:room]
            beyond += lines[room:]
        chosen = [*sorted(within, key=rank), *sorted(beyond, key=rank)][:most]
        return sorted(chosen, key=rank)

    def _distinct(
        self, lines: Iterable[Suggestion], typed: str, said: set[tuple[str, ...]]
    ) -> Iterator[Suggestion]:
        """Lines that say what none before them says; `said` is what those of other kinds say.

        Queries are compared by their terms, in any order, and all else by its letters.
        """
        for line in lines:
            says: tuple[str, ...] = (line.kind, letters(line.text))
            if line.kind != "product":
                terms = tuple(sorted(self._analyser.split(line.text)[0]))
                if line.kind != "query":
                    said.add(terms)
                elif terms in said and line.text != typed:
                    continue
                else:
                    says = (line.kind, *terms)
            if says not in said and not self._is_personal(line.text):
                said.add(says)
                yield line


def _both(having: Mask | None, having_any: Mask, last: str) -> Mask | None:
    """Products that pass both, or `having` alone where only glue can have begun: "tent f"."""
    both = having_any if having is None else having & having_any
    is_glue = any(word.startswith(last) for word in GLUE)
    return having if is_glue and not both.any() else both
