"""What did the shop's old engine find? Strict words over titles, best sellers first.

It is the engine whose log is written: it knows no synonyms, no spelling and no needs, so a query in
shoppers' words finds little. That gap is what rewriting and dense retrieval are measured on.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from shopkeeper.records import Product

LEAST = 0.6
"""Share of a query's words that must match, where none has them all."""
_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)?|[一-鿿]+")


def words_in(text: str) -> list[str]:
    """Lower-case words without plural s, numbers, and pairs of neighbouring Chinese characters."""
    words = []
    for word in _WORD.findall(text.lower()):
        if "一" <= word[0] <= "鿿":
            words += [word[at : at + 2] for at in range(max(1, len(word) - 1))]
        else:
            words.append(word[:-1] if len(word) > 3 and word[-1] == "s" != word[-2] else word)
    return words


@dataclass(slots=True)
class Postings:
    """Words of products in a row; cheap to send between processes."""

    vocabulary: dict[str, int] = field(default_factory=dict)
    words: array[int] = field(default_factory=lambda: array("q"))
    """Of each product in turn."""
    lengths: array[int] = field(default_factory=lambda: array("q"))
    """Different words of each product."""

    def add(self, product: Product) -> None:
        found = {word for title in product.title.values() for word in words_in(title)}
        found.update(words_in(product.category[-1] if product.category else ""))
        numbers = [self.vocabulary.setdefault(w, len(self.vocabulary)) for w in sorted(found)]
        self.words.extend(numbers)
        self.lengths.append(len(numbers))


@dataclass(frozen=True, slots=True)
class WordEngine:
    """An inverted index; `rows[starts[w] : starts[w + 1]]` are the products with word w."""

    vocabulary: Mapping[str, int]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    weight: NDArray[np.float32]
    """[words] Inverse document frequency."""
    prior: NDArray[np.float32]
    """[products] Log of the sales."""

    def find(self, text: str, most: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Up to `most` products, best first, with their scores: words matched, then sales."""
        words = dict.fromkeys(words_in(text))
        known = sorted(
            (self.vocabulary[word] for word in words if word in self.vocabulary),
            key=lambda word: self.starts[word + 1] - self.starts[word],
        )
        if not known or len(known) < math.ceil(LEAST * len(words)):
            return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32)
        rows, scores = self._with_all(known) if len(known) == len(words) else _nothing()
        if not len(rows):
            rows, scores = self._with_some(known, math.ceil(LEAST * len(words)))
        scores = scores + 0.3 * self.prior[rows]
        if len(rows) > most:
            best = scores >= np.partition(scores, -most)[-most]
            rows, scores = rows[best], scores[best]
        order = np.lexsort((rows, -scores))[:most]
        return rows[order], scores[order]

    def _with_all(self, words: Sequence[int]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        rows = self._rows(words[0])
        for word in words[1:]:
            others = self._rows(word)
            at = np.searchsorted(others, rows)
            rows = rows[others[np.minimum(at, len(others) - 1)] == rows]
        return rows, np.full(len(rows), self.weight[list(words)].sum(), dtype=np.float32)

    def _with_some(
        self, words: Sequence[int], least: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        lists = [self._rows(word) for word in words]
        rows, back = np.unique(np.concatenate(lists), return_inverse=True)
        weights = np.repeat(self.weight[list(words)], [len(rows_) for rows_ in lists])
        kept = np.bincount(back, minlength=len(rows)) >= least
        scores = np.bincount(back, weights=weights, minlength=len(rows)).astype(np.float32)
        return rows[kept], scores[kept]

    def _rows(self, word: int) -> NDArray[np.int32]:
        return self.rows[self.starts[word] : self.starts[word + 1]]


def join_postings(parts: Iterable[Postings], popularity: NDArray[np.float32]) -> WordEngine:
    """Lay the parts end to end, in the order of the catalogue."""
    vocabulary: dict[str, int] = {}
    words, rows, before = [], [], 0
    for part in parts:
        numbers = np.array(
            [vocabulary.setdefault(word, len(vocabulary)) for word in part.vocabulary],
            dtype=np.int32,
        )
        lengths = np.frombuffer(part.lengths, np.int64)
        words.append(numbers[np.frombuffer(part.words, np.int64)])
        rows.append(np.repeat(np.arange(before, before + len(lengths), dtype=np.int32), lengths))
        before += len(lengths)
    all_words = np.concatenate(words)
    order = np.argsort(all_words, kind="stable")
    counts = np.bincount(all_words, minlength=len(vocabulary))
    return WordEngine(
        vocabulary=vocabulary,
        starts=np.concatenate(([0], np.cumsum(counts))),
        rows=np.concatenate(rows)[order],
        weight=np.log1p(before / counts).astype(np.float32),
        prior=np.log1p(popularity).astype(np.float32),
    )


def _nothing() -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32)
