"""Which words does the catalogue have, and which products have them?"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from shopkeeper.stages.suggest.lines import AFTER_ALL
from shopkeeper.stages.suggest.word import GLUE, has_han, letters
from shopkeeper.text import HAN, pinyin

Words = NDArray[np.int64]
"""Places in the vocabulary."""
Mask = NDArray[np.bool_]
"""[products]"""

_SHORTEST_DOUBTED = 4
"""Letters; a shorter beginning is near to everything."""
_TWO_EDITS_FROM = 8
"""Letters."""
_ALL_HAN = re.compile(f"[{HAN}]+")


@dataclass(frozen=True, slots=True)
class WordRow:
    """A word as it is written, and how often."""

    letters: str
    shown: str
    term: str
    said: int


@dataclass(frozen=True, slots=True)
class Postings:
    """Products by term: those of terms[i] are products[first[i] : first[i + 1]], ascending."""

    terms: Sequence[str]
    first: NDArray[np.int64]
    products: NDArray[np.int32]

    @classmethod
    def build(cls, products_by_term: Mapping[str, Sequence[int]]) -> Postings:
        terms = sorted(products_by_term)
        lengths = [len(products_by_term[term]) for term in terms]
        every = [np.asarray(products_by_term[term], np.int32) for term in terms]
        first = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return cls(terms, first, np.concatenate([np.empty(0, np.int32), *every]))


class Vocabulary:
    """Words by how they begin, sound and are misspelt; products by their terms. Read-only.

    Args:
        words: sorted by letters, which are distinct; each one's term is in `postings`.
        sounds: (pinyin or its initials, place of a Chinese word), sorted.
        postings: products by term.
        products: how many there are.
    """

    def __init__(
        self,
        words: Sequence[WordRow],
        sounds: Sequence[tuple[str, int]],
        postings: Postings,
        products: int,
    ) -> None:
        self.words, self.sounds, self.postings = words, sounds, postings
        self.products = products
        self._letters = [word.letters for word in words]
        self._places = {term: at for at, term in enumerate(postings.terms)}
        self._terms = np.array([self._places[word.term] for word in words], np.int64)
        self._said = np.array([word.said for word in words], np.int64)

    @classmethod
    def build(
        cls,
        surfaces: Mapping[str, Mapping[str, int]],
        products_by_term: Mapping[str, Sequence[int]],
        products: int,
    ) -> Vocabulary:
        """Args: surfaces: per term, how often it is written how."""
        rows: dict[str, WordRow] = {}
        for term, written in sorted(surfaces.items()):
            for shown, said in sorted(written.items(), key=lambda item: (-item[1], item[0])):
                row = WordRow(letters(shown), shown, term, said)
                if row.letters and said > getattr(rows.get(row.letters), "said", 0):
                    rows[row.letters] = row
        words = [rows[typed] for typed in sorted(rows)]
        sounds = sorted(
            {
                (sound, place)
                for place, word in enumerate(words)
                if len(word.letters) > 1 and _ALL_HAN.fullmatch(word.letters)
                for sound in (pinyin(word.letters), "".join(pinyin(c)[0] for c in word.letters))
            }
        )
        return cls(words, sounds, Postings.build(products_by_term), products)

    # --- words ---------------------------------------------------------------------------------

    def starting(self, typed: str) -> Words:
        """Words that begin with these letters."""
        low = bisect_left(self._letters, typed)
        return np.arange(low, bisect_left(self._letters, typed + AFTER_ALL, low))

    def sounding(self, typed: str) -> Words:
        """Chinese words whose pinyin, or its initials, begins with these letters: zp for 帐篷."""
        low = bisect_left(self.sounds, (typed, 0))
        high = bisect_left(self.sounds, (typed + AFTER_ALL, 0), low)
        return np.array(sorted({place for _, place in self.sounds[low:high]}), np.int64)

    def near(self, typed: str, *, is_whole: bool) -> Words:
        """Words that begin nearly with these letters, or are nearly these; the nearest first.

        One edit (insert, delete, replace, swap neighbours), two from eight letters on; the first
        letter is right, or swapped with the second. None for fewer than four letters.
        """
        if len(typed) < _SHORTEST_DOUBTED or not typed.isalpha() or has_han(typed):
            return np.empty(0, np.int64)
        reach = 2 if len(typed) >= _TWO_EDITS_FROM else 1
        pool = np.concatenate([self.starting(letter) for letter in dict.fromkeys(typed[:2])])
        cuts = (None,) if is_whole else range(len(typed) - 1, len(typed) + 2)
        nearest: dict[int, int] = {}
        for cut in cuts:
            begins = [self._letters[place][:cut] for place in pool]
            for _, edits, at in process.extract(
                typed, begins, scorer=OSA.distance, score_cutoff=reach, limit=None
            ):
                place = int(pool[at])
                nearest[place] = min(int(edits), nearest.get(place, reach))
        return np.array(
            sorted(nearest, key=lambda place: (nearest[place], -self._said[place], place)), np.int64
        )

    # --- products ------------------------------------------------------------------------------

    def knows(self, terms: Iterable[str]) -> bool:
        """Whether each of these terms is of some product, or glue."""
        return all(term in self._places or term in GLUE for term in terms)

    def having(self, terms: Iterable[str]) -> Mask | None:
        """Products that have all of these terms; None, no restriction, when all of them are glue.

        A term that the catalogue does not have leaves no product.
        """
        mask: Mask | None = None
        for term in set(terms) - GLUE:
            own = np.zeros(self.products, np.bool_)
            if (place := self._places.get(term)) is not None:
                low, high = self.postings.first[place : place + 2]
                own[self.postings.products[low:high]] = True
            mask = own if mask is None else mask & own
        return mask

    def hits(self, terms: Iterable[str]) -> int:
        """How many products have all of these terms; 0 when all of them are glue."""
        mask = self.having(terms)
        return 0 if mask is None else int(np.count_nonzero(mask))

    def having_any(self, words: Words) -> Mask:
        """Products that have one of these words."""
        mask = np.zeros(self.products, np.bool_)
        mask[self._products_of(self._terms[words])[0]] = True
        return mask

    def counts(self, words: Words, among: Mask | None) -> tuple[Words, NDArray[np.int64]]:
        """Each term once, as the word that it is mostly written as, and its products in `among`.

        Words that no such product has are left out.
        """
        order = words[np.lexsort((-self._said[words], self._terms[words]))]
        mostly = order[np.diff(self._terms[order], prepend=-1) != 0]
        terms = self._terms[mostly]
        if among is None:
            counts = self.postings.first[terms + 1] - self.postings.first[terms]
        else:
            products, starts = self._products_of(terms)
            counts = np.add.reduceat(among[products], starts, dtype=np.int64)
        return mostly[counts > 0], counts[counts > 0]

    def _products_of(self, terms: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The products of each term one after the other, and where each begins."""
        first = self.postings.first[terms]
        lengths = self.postings.first[terms + 1] - first
        starts = np.cumsum(lengths) - lengths
        every = np.repeat(first - starts, lengths) + np.arange(lengths.sum())
        return self.postings.products[every], starts
