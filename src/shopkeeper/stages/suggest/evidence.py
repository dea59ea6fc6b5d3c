"""What does the catalogue offer to suggest? One pass over the products, counts only."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

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
class Evidence:
    """Raw counts; texts are casefolded unless they are values of a field."""

    goods: Goods = field(default_factory=Goods)
    postings: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Products by each analysed term of their title, brand, category, attributes and options."""
    surfaces: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Per term, how often it is written how."""
    phrases: Counter[Phrase] = field(default_factory=Counter)
    """Products that say the words side by side in a title."""
    categories: Counter[str] = field(default_factory=Counter)
    """Products by category path, of every depth."""
    brands: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Products by brand and last level of the category."""

    def note(self, words: Iterable[Word]) -> None:
        """Count how these words are written."""
        for word in words:
            if word.term is not None and word.term not in GLUE and _is_completable(word.surface):
                self.surfaces[word.term][word.surface.casefold()] += 1


def gather(products: Iterable[Product], analyser: Analyser, longest_phrase: int) -> Evidence:
    """Count everything in one pass."""
    found = Evidence()
    known: dict[str, _Text] = {}
    for ordinal, product in enumerate(products):
        _note_product(found.goods, product)
        terms: set[str] = set()
        phrases: set[Phrase] = set()
        for title in found.goods.titles[ordinal].values():
            text = _read(title, analyser)
            terms |= text.terms
            found.note(text.words)
            phrases.update(_phrases(title, text.words, longest_phrase))
        found.phrases.update(phrases)
        for fact in _facts(product):
            if fact not in known:
                known[fact] = _read(normalise(fact), analyser)
            terms |= known[fact].terms
        path = product.category
        for name in (*path, *([product.brand] if product.brand else [])):
            found.note(known[name].words)
        for term in terms:
            found.postings[term].append(ordinal)
        found.categories.update(
            CATEGORY_SEPARATOR.join(path[:depth]) for depth in range(1, len(path) + 1)
        )
        if product.brand:
            found.brands[product.brand] += 1
            if path:
                found.pairs[product.brand, path[-1]] += 1
    return found


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


def _note_product(goods: Goods, product: Product) -> None:
    goods.ids.append(product.id)
    goods.titles.append({tag: normalise(text) for tag, text in product.title.items()})
    goods.popularity.append(product.popularity or 0.0)


class _Text(NamedTuple):
    terms: set[str]
    words: list[Word]


def _read(text: str, analyser: Analyser) -> _Text:
    tokens = analyser.tokens(text)
    return _Text({token.term for token in tokens}, words_in(text, tokens))


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
