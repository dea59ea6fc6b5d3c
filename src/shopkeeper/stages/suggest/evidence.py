"""What does the catalogue offer to suggest? One pass over the products, counts only."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from shopkeeper.records import CATEGORY_SEPARATOR, Product
from shopkeeper.stages.suggest.word import GLUE, Word, words_in
from shopkeeper.text import Analyser, normalise

_PART_OF_LONGER = 0.8
"""Share of a phrase's titles within one longer phrase from which it is but a half of that."""

Phrase = tuple[str, ...]
"""Words as they follow each other, each but the first with what parts it from the one before."""


@dataclass(slots=True)
class Goods:
    """The products as they are suggested: by their titles."""

    ids: list[str] = field(default_factory=list)
    titles: list[dict[str, str]] = field(default_factory=list)
    """By locale, normalised."""
    popularity: list[float] = field(default_factory=list)
    """0 when unknown."""


@dataclass(slots=True)
class SuggestionEvidence:
    """Raw counts; texts are casefolded unless they are values of a field.

    `longest` is that of a phrase, in words. Parts of a catalogue can be counted apart, and joined
    by `take`.
    """

    longest: int
    goods: Goods = field(default_factory=Goods)
    postings: dict[str, array[int]] = field(default_factory=dict)
    """Products by each analysed term of their title, brand, category, attributes and options."""
    surfaces: dict[str, Counter[str]] = field(default_factory=dict)
    """Per term, how often it is written how."""
    phrases: Counter[Phrase] = field(default_factory=Counter)
    """Products that say the words side by side in a title."""
    categories: Counter[str] = field(default_factory=Counter)
    """Products by category path, of every depth."""
    brands: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Products by brand and last level of the category."""

    def add(self, product: Product, analyser: Analyser) -> None:
        """Count a product."""
        ordinal = len(self.goods.ids)
        titles = {tag: normalise(text) for tag, text in product.title.items()}
        self.goods.ids.append(product.id)
        self.goods.titles.append(titles)
        self.goods.popularity.append(product.popularity or 0.0)
        terms: set[str] = set()
        phrases: set[Phrase] = set()
        for title in titles.values():
            text = _read(title, analyser)
            terms |= text.terms
            self._note(text.words)
            phrases.update(_phrases(title, text.words, self.longest))
        self.phrases.update(phrases)
        for fact in _facts(product):
            terms |= _read_fact(fact, analyser).terms
        path = product.category
        for name in (*path, *([product.brand] if product.brand else [])):
            self._note(_read_fact(name, analyser).words)
        for term in terms:
            self.postings.setdefault(term, array("i")).append(ordinal)
        self.categories.update(
            CATEGORY_SEPARATOR.join(path[:depth]) for depth in range(1, len(path) + 1)
        )
        if product.brand:
            self.brands[product.brand] += 1
            if path:
                self.pairs[product.brand, path[-1]] += 1

    def _note(self, words: Iterable[Word]) -> None:
        """Count how these words are written."""
        for word in words:
            if word.term is not None and word.term not in GLUE and _is_completable(word.surface):
                self.surfaces.setdefault(word.term, Counter())[word.surface.casefold()] += 1

    def take(self, other: SuggestionEvidence) -> None:
        """Add what was counted of other products, which come behind these."""
        before = len(self.goods.ids)
        self.goods.ids += other.goods.ids
        self.goods.titles += other.goods.titles
        self.goods.popularity += other.goods.popularity
        for term, ordinals in other.postings.items():
            moved = np.frombuffer(ordinals, np.int32) + np.int32(before)
            self.postings.setdefault(term, array("i")).frombytes(moved.tobytes())
        for term, written in other.surfaces.items():
            self.surfaces.setdefault(term, Counter()).update(written)
        self.phrases.update(other.phrases)
        self.categories.update(other.categories)
        self.brands.update(other.brands)
        self.pairs.update(other.pairs)


def whole_phrases(counts: Mapping[Phrase, int], fewest: int) -> dict[str, int]:
    """Texts of phrases said often enough that are not merely a part of one longer phrase.

    "queen size" is dropped where it is nearly always "queen size bed".
    """
    frequent = {phrase: count for phrase, count in counts.items() if count >= fewest}
    halves = {
        part
        for phrase, count in frequent.items()
        for part in (phrase[:-1], (phrase[1].strip(), *phrase[2:]))
        if count >= _PART_OF_LONGER * frequent.get(part, math.inf)
    }
    whole: Counter[str] = Counter()
    for phrase, count in frequent.items():
        if phrase not in halves:
            whole["".join(phrase)] += count
    return whole


class _Text(NamedTuple):
    terms: set[str]
    words: list[Word]


def _read(text: str, analyser: Analyser) -> _Text:
    tokens = analyser.tokens(text)
    return _Text({token.term for token in tokens}, words_in(text, tokens))


@lru_cache(maxsize=1 << 14)
def _read_fact(fact: str, analyser: Analyser) -> _Text:
    return _read(normalise(fact), analyser)


def _is_completable(surface: str) -> bool:
    """Whether a word is worth completing: not a number, not a single letter."""
    is_said = surface.isalpha() or any(c.isalpha() for c in surface)
    return is_said and (len(surface) > 1 or not surface.isascii())


def _phrases(text: str, words: Sequence[Word], longest: int) -> Iterator[Phrase]:
    """Runs of two or more different words with nothing but a blank between them."""
    borders = [_is_border(word) for word in words]
    for at, first in enumerate(words):
        if not borders[at]:
            continue
        phrase: Phrase = (first.surface.casefold(),)
        said, end = set(first.terms), first.end
        for place in range(at + 1, min(at + longest, len(words))):
            word = words[place]
            gap = text[end : word.start]
            if gap.strip() or not said.isdisjoint(word.terms):
                break
            phrase, end = (*phrase, gap + word.surface.casefold()), word.end
            said.update(word.terms)
            if borders[place]:
                yield phrase


def _is_border(word: Word) -> bool:
    return _is_completable(word.surface) and GLUE.isdisjoint(word.terms)


def _facts(product: Product) -> Iterator[str]:
    """The texts that a search also finds the product by."""
    if product.brand:
        yield product.brand
    yield from product.category
    for value in product.attributes.values():
        if isinstance(value, (str, tuple)):
            yield from (value,) if isinstance(value, str) else value
    for variant in product.variants:
        yield from variant.options.values()
