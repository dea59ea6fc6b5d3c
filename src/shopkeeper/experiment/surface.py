"""What can be seen of a query and a listing without understanding either?

Overlaps of words and characters, positions, lengths, the price. A model that reads no more than
this knows neither kinds of goods nor values, synonyms or needs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.records import Product, localise
from shopkeeper.text import analyser, fold, normalise

GRAM = 3
"""Characters of an n-gram."""

FEATURES = (
    "query words",
    "title words",
    "description words",
    "query words in title",
    "query words in category",
    "query words in description",
    "query words anywhere",
    "query words nowhere",
    "idf in title",
    "idf anywhere",
    "rarest word nowhere",
    "title words in query",
    "category words in query",
    "characters in title",
    "first match in title",
    "first query word in title",
    "last query word in title",
    "last query word in category",
    "brand words in query",
    "numbers in query",
    "numbers in listing",
    "log price",
    "log number of query over price",
)
"""Shares are of distinct words, idf shares of their summed idf. "nowhere" counts, or is an idf;
"first match" is a share of the title's length, 1 where nothing matches."""


@dataclass(frozen=True, slots=True)
class Surface:
    """A product's texts, cut."""

    title: Sequence[str]
    category: frozenset[str]
    description: frozenset[str]
    brand: frozenset[str]
    everything: frozenset[str]
    grams: frozenset[str]
    price: float
    """In the currency's main unit; NaN when unknown."""


class SurfaceReader:
    """Reads pairs over one catalogue, whose words tell how rare each is."""

    def __init__(self, products: Iterable[Product], locale: str = "en") -> None:
        self._cut, self._locale = analyser(locale).terms, locale
        self._surfaces = {product.id: self._surface(product) for product in products}
        having = Counter(word for s in self._surfaces.values() for word in s.everything)
        n = len(self._surfaces)
        self._idf: Mapping[str, float] = {w: math.log1p(n / d) for w, d in having.items()}
        self._unseen = math.log1p(n)

    def read(self, text: str, product_id: str) -> list[float]:
        """The pair's `FEATURES`. KeyError for a product that the catalogue lacks."""
        listing = self._surfaces[product_id]
        order = list(dict.fromkeys(self._cut(text)))
        words, title = frozenset(order), frozenset(listing.title)
        nowhere = words - listing.everything
        numbers = [float(word) for word in order if word.isdecimal()]
        matches = [at for at, word in enumerate(listing.title) if word in words]
        grams = _grams(text)
        return [
            len(order),
            len(listing.title),
            len(listing.description),
            _share(words, title),
            _share(words, listing.category),
            _share(words, listing.description),
            _share(words, listing.everything),
            len(nowhere),
            self._weight(words & title) / max(self._weight(words), 1e-9),
            self._weight(words & listing.everything) / max(self._weight(words), 1e-9),
            max((self._rarity(word) for word in nowhere), default=0.0),
            _share(title, words),
            _share(listing.category, words),
            _share(grams, listing.grams),
            matches[0] / len(listing.title) if matches else 1.0,
            float(order[0] in title) if order else 0.0,
            float(order[-1] in title) if order else 0.0,
            float(order[-1] in listing.category) if order else 0.0,
            _share(listing.brand, words),
            len(numbers),
            _share({word for word in words if word.isdecimal()}, listing.everything),
            math.log(listing.price),
            math.log(max(numbers) / listing.price) if any(numbers) else math.nan,
        ]

    def table(self, pairs: Iterable[tuple[str, str]]) -> NDArray[np.float64]:
        """[pairs, FEATURES] of pairs of query text and product id."""
        return np.array([self.read(*pair) for pair in pairs], dtype=np.float64)

    def _surface(self, product: Product) -> Surface:
        text = localise(product.title, self._locale)
        title = self._cut(text)
        category = frozenset(self._cut(product.category[-1] if product.category else ""))
        description = frozenset(self._cut(localise(product.description, self._locale)))
        brand = frozenset(self._cut(product.brand or ""))
        return Surface(
            title=title,
            category=category,
            description=description,
            brand=brand,
            everything=frozenset(title) | category | description | brand,
            grams=_grams(text),
            price=product.price.minor / 100 if product.price else math.nan,
        )

    def _rarity(self, word: str) -> float:
        return self._idf.get(word, self._unseen)

    def _weight(self, words: Iterable[str]) -> float:
        return sum(map(self._rarity, words))


def _share(words: frozenset[str] | set[str], among: frozenset[str]) -> float:
    """Of the words, how many are there; 0 of none."""
    return len(words & among) / len(words) if words else 0.0


def _grams(text: str) -> frozenset[str]:
    letters = f" {' '.join(fold(normalise(text)).split())} "
    return frozenset(letters[at : at + GRAM] for at in range(len(letters) - GRAM + 1))
