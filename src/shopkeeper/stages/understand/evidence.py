"""What does the catalogue say about its words? One pass over the products, counts only.

Parts of a catalogue can be counted apart, and joined by `LexiconEvidence.take`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from shopkeeper.records import CATEGORY_SEPARATOR, Product
from shopkeeper.stages.understand.stopwords import STOP_WORDS
from shopkeeper.stages.understand.titles import Titles
from shopkeeper.text import HAN, Analyser, Token, fold, groups, normalise, pinyin, readings

Terms = tuple[str, ...]
Meaning = tuple[str, str]
"""Field and value, as a filter names them."""

_WORD = re.compile(rf"[^\W\d_{HAN}]+")
_HAN_TERM = re.compile(f"[{HAN}]{{2,}}")

HEAD = 3
"""Weight of the word that ends a phrase, against 1 of a word before it."""
_SHORTEST_PART = 3
"""Letters of a word in a pair: shorter ones make pairs of anything ("in stock", "to go")."""
_LONGEST_VALUE = 60
"""Characters; a longer attribute value is a description, which nobody types."""


@dataclass(slots=True)
class LexiconEvidence:
    """Raw counts; `Lexicon` decides what they are worth.

    `longest` is that of a name, in terms.
    """

    longest: int
    products: int = 0
    words: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    terms: Counter[str] = field(default_factory=Counter)
    meanings: dict[Terms, Counter[Meaning]] = field(default_factory=dict)
    """Per phrase: products that bear the field's value."""
    said: Counter[tuple[Terms, Meaning]] = field(default_factory=Counter)
    """Per phrase and meaning: products that bear it and say it in the title."""
    titles: Titles = field(default_factory=Titles)
    categories: Counter[str] = field(default_factory=Counter)
    pointers: dict[str, Counter[str]] = field(default_factory=dict)
    """Per term: its weight in titles and category names, by category."""

    def add(self, product: Product, analyser: Analyser) -> None:
        """Count a product."""
        self.products += 1
        titles = [analyser.tokens(title) for title in product.title.values()]
        covers = [tuple(t.term for t in title if t.length == 1) for title in titles]
        terms = {token.term for title in titles for token in title}
        if product.category:
            leaf = CATEGORY_SEPARATOR.join(product.category)
            self.categories[leaf] += 1
            weights = {term: weight for title in titles for term, weight in _heads(title)}
            weights.update((term, HEAD) for term in analyser.split(product.category[-1])[0])
            for term in weights.keys() - STOP_WORDS:
                self.pointers.setdefault(term, Counter())[leaf] += weights[term]
        meanings = set(_meanings(product))
        for meaning in meanings:
            for phrase in _phrases(meaning, analyser, self.longest):
                self.meanings.setdefault(phrase, Counter())[meaning] += 1
                if any(_says(cover, phrase) for cover in covers):
                    self.said[phrase, meaning] += 1
        for text in (*product.category, *(value for _, value in meanings)):
            terms.update(_terms(text, analyser))
        self.terms.update(terms)
        self.titles.add(covers)
        self._add_words(product, meanings)

    def _add_words(self, product: Product, meanings: Iterable[Meaning]) -> None:
        for title in product.title.values():
            words = _words(title)
            self.words.update(words)
            self.pairs.update(
                {
                    (left, right)
                    for left, right in pairwise(words)
                    if min(len(left), len(right)) >= _SHORTEST_PART
                }
            )
        for text in (*product.description.values(), *product.category):
            self.words.update(_words(text))
        for _, value in meanings:
            self.words.update(_words(value))

    def take(self, other: LexiconEvidence) -> None:
        """Add what was counted of other products."""
        self.products += other.products
        for ours, theirs in (
            (self.words, other.words),
            (self.pairs, other.pairs),
            (self.terms, other.terms),
            (self.said, other.said),
            (self.categories, other.categories),
        ):
            ours.update(theirs)  # type: ignore[arg-type]  # alike in kind, pair by pair
        for phrase, meanings in other.meanings.items():
            self.meanings.setdefault(phrase, Counter()).update(meanings)
        for term, leaves in other.pointers.items():
            self.pointers.setdefault(term, Counter()).update(leaves)
        self.titles.take(other.titles)

    def add_queries(self, query_counts: Mapping[str, int]) -> None:
        """Words that shoppers use weigh more among those that the catalogue knows."""
        for text, count in query_counts.items():
            for word in set(_words(text)):
                if word in self.words:
                    self.words[word] += count

    def sounds(self) -> dict[str, tuple[str, ...]]:
        """The catalogue's Han terms by their pinyin."""
        by_sound: dict[str, list[str]] = defaultdict(list)
        for term in sorted(self.terms):
            if _HAN_TERM.fullmatch(term):
                by_sound[pinyin(term)].append(term)
        return {sound: tuple(terms) for sound, terms in by_sound.items()}


def _heads(title: list[Token]) -> Iterator[tuple[str, int]]:
    """Each term with its weight: `HEAD` at the end of a phrase, 1 before another word.

    A phone case is a case and 手机壳 a 壳: what comes before the last word only tells which. A
    blank joins Latin words and parts Chinese ones.
    """
    followed = {
        token.end: after.start - token.end <= token.surface.isascii()
        and after.term.isalpha()
        and after.term not in STOP_WORDS
        for token, after in pairwise(token for token in title if token.length == 1)
    }
    for token in title:
        yield token.term, 1 if followed.get(token.end) else HEAD


def _meanings(product: Product) -> Iterator[Meaning]:
    if product.brand:
        yield "brand", product.brand
    for name, value in product.attributes.items():
        if isinstance(value, (str, tuple)):
            for text in (value,) if isinstance(value, str) else value:
                yield name, text
    for variant in product.variants:
        yield from variant.options.items()


@lru_cache(maxsize=1 << 14)
def _phrases(meaning: Meaning, analyser: Analyser, longest: int) -> Sequence[Terms]:
    """The ways to say a value in a query: "The North Face", "North Face"; "H&M", "HM".

    A bare number or letter says nothing alone and needs its field's name: "size 42", "size M".
    """
    name, value = meaning
    if len(value) > _LONGEST_VALUE:
        return []
    tokens = analyser.tokens(value)
    cover = tuple(token.term for token in tokens if token.length == 1)
    if not 0 < len(cover) <= longest:
        return []
    if len(cover) == 1 and (len(cover[0]) == 1 or cover[0].isdecimal()):
        return [(*analyser.split(name)[0], cover[0])][: int(name != "brand")]
    phrases = {cover}
    if len(groups(tokens)) == 1:
        phrases.update(readings(tokens))
    if cover[0] in STOP_WORDS and len(cover) > 2:
        phrases.add(cover[1:])
    return sorted(phrase for phrase in phrases if not STOP_WORDS.issuperset(phrase))


@lru_cache(maxsize=1 << 14)
def _terms(text: str, analyser: Analyser) -> Sequence[str]:
    return analyser.terms(text)


@lru_cache(maxsize=1 << 14)
def _words(text: str) -> Sequence[str]:
    return _WORD.findall(fold(normalise(text)))


def _says(cover: Terms, phrase: Terms) -> bool:
    """Whether the phrase's terms follow each other in a title."""
    first, size = phrase[0], len(phrase)
    return first in cover and any(
        cover[at : at + size] == phrase for at, term in enumerate(cover) if term == first
    )
