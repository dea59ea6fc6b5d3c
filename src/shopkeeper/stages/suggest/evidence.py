"""What does the catalogue offer to suggest? One pass over the products, counts only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shopkeeper.records import CATEGORY_SEPARATOR, Product
from shopkeeper.stages.suggest.word import GLUE, Word, words_of
from shopkeeper.text import Analyser, normalise

_PART_OF_LONGER = 0.8
"""Share of a phrase's titles within one longer phrase from which it is but a half of that."""


@dataclass(frozen=True, slots=True)
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
    phrases: Counter[str] = field(default_factory=Counter)
    """Products that say the words side by side in a title."""
    categories: Counter[str] = field(default_factory=Counter)
    """Products by category path, of every depth."""
    brands: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Products by brand and last level of the category."""

    def hits(self, terms: Iterable[str]) -> int:
        """Products that have all of these terms; glue need not be had."""
        lists = [self.postings.get(term, []) for term in set(terms) - GLUE]
        if not lists:
            return 0
        shortest, *others = sorted(lists, key=len)
        return len(set(shortest).intersection(*others))


def gather(products: Iterable[Product], analyser: Analyser, longest_phrase: int) -> Evidence:
    """Count everything in one pass."""
    found = Evidence()
    terms_of: dict[str, tuple[str, ...]] = {}
    for ordinal, product in enumerate(products):
        _note_product(found.goods, product)
        terms: set[str] = set()
        phrases: set[str] = set()
        for text in found.goods.titles[ordinal].values():
            tokens, words = _read(text, analyser)
            terms.update(tokens)
            _note_surfaces(found, words)
            phrases.update(_phrases(text, words, longest_phrase))
        found.phrases.update(phrases)
        for text in _facts(product):
            if text not in terms_of:
                terms_of[text] = tuple(analyser.terms(text))
            terms.update(terms_of[text])
        for text in (*product.category, *([product.brand] if product.brand else [])):
            _note_surfaces(found, words_of(normalise(text), analyser))
        for term in terms:
            found.postings[term].append(ordinal)
        path = product.category
        found.categories.update(
            CATEGORY_SEPARATOR.join(path[:depth]) for depth in range(1, len(path) + 1)
        )
        if product.brand:
            found.brands[product.brand] += 1
            if path:
                found.pairs[product.brand, path[-1]] += 1
    return found


def whole_phrases(counts: Mapping[str, int], fewest: int) -> dict[str, int]:
    """Phrases said often enough that are not merely a part of one longer phrase.

    "queen size" is dropped where it is nearly always "queen size bed".
    """
    frequent = {phrase: count for phrase, count in counts.items() if count >= fewest}
    halves = set()
    for phrase, count in frequent.items():
        words = phrase.split(" ")
        for part in (" ".join(words[:-1]), " ".join(words[1:])):
            if count >= _PART_OF_LONGER * frequent.get(part, count / _PART_OF_LONGER + 1):
                halves.add(part)
    return {phrase: count for phrase, count in frequent.items() if phrase not in halves}


def _note_product(goods: Goods, product: Product) -> None:
    goods.ids.append(product.id)
    goods.titles.append({tag: normalise(text) for tag, text in product.title.items()})
    goods.popularity.append(product.popularity or 0.0)


def _read(text: str, analyser: Analyser) -> tuple[list[str], list[Word]]:
    words = words_of(text, analyser)
    return analyser.terms(text), words


def _note_surfaces(found: Evidence, words: Sequence[Word]) -> None:
    for word in words:
        if word.term is not None and _is_typed(word.surface):
            found.surfaces[word.term][word.surface.casefold()] += 1


def _is_typed(surface: str) -> bool:
    """Whether a word is worth completing: not a number, not a single letter."""
    return any(c.isalpha() for c in surface) and (len(surface) > 1 or not surface.isascii())


def _phrases(text: str, words: Sequence[Word], longest: int) -> Iterator[str]:
    """Runs of two or more words with nothing but a blank between them."""
    for at, first in enumerate(words):
        if not _is_border(first):
            continue
        end = first.end
        for word in words[at + 1 : at + longest]:
            if text[end : word.start].strip():
                break
            end = word.end
            if _is_border(word):
                yield text[first.start : end].casefold()


def _is_border(word: Word) -> bool:
    return _is_typed(word.surface) and GLUE.isdisjoint(word.terms)


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
