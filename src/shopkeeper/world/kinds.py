"""What kind of thing is a product whose feed names no category? Its title does.

Merchants capitalise names and values, "Black", "LaserJet", and write the kind of thing in lower
case: "Acme X2 networking cable 3 m Black". Lower-case phrases that many products share are kinds;
the last word of a kind is its noun, and kinds of one noun stand together. Feeds whose titles are
in capitals throughout tell no kinds this way.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from shopkeeper.records import Product, localise
from shopkeeper.text import normalise, stemmer
from shopkeeper.world.vocabulary import ENGLISH

Kind: TypeAlias = tuple[str, ...]
"""Words in lower case, the last one in the singular."""

LEAST, SHARE = 5, 0.001
"""Products that share a kind: so many, and this share of all."""
BRANDS = 4
"""Brands that use a noun, or all where there are fewer: what few write is their way of writing."""
LONGEST = 3
"""Words of a kind."""
OPENING = 12
"""Words of a description that are read, where the title names no kind."""
COUNTED = 0.4
"""A noun that stands behind a number at least this often is a unit: "24 port"."""

_TOKEN = re.compile(r"[^\W_]+(?:[-'.][^\W_]+)*|[^\w\s]")
_NUMBER = re.compile(r"\d[\d.,x]*(?:st|nd|rd|th)?")
_SMALL = frozenset(
    ("a", "an", "and", "at", "by", "from", "in", "is", "of", "on", "or", "over", "per", "the", "up")
)
_STOPS = frozenset((",", ";", ".", "(", "–", "-", "for", "with", "without", "to", "compatible"))
"""Where a phrase ends: what follows "for" is not the thing."""
_TYPES = frozenset(("type", "product type", "device type", "kind"))

_singular = stemmer("plural")


def kinds_in_titles(products: Sequence[Product]) -> list[tuple[str, ...]]:
    """Of each product, a category path of noun and kind: ("cable", "networking cable").

    () where neither its title nor the opening of its description names a kind.
    """
    titles = [_TOKEN.findall(normalise(localise(p.title, ENGLISH))) for p in products]
    kinds = _common(products, titles)
    paths: list[tuple[str, ...]] = []
    for product, title in zip(products, titles, strict=True):
        opening = _TOKEN.findall(normalise(localise(product.description, ENGLISH)))[:OPENING]
        kind = _named(title, kinds) or _named(opening, kinds)
        paths.append((kind[-1], " ".join(kind)) if kind else ())
    return paths


def _common(products: Sequence[Product], titles: Sequence[Sequence[str]]) -> frozenset[Kind]:
    """The phrases that enough products share, under nouns that are neither values nor units."""
    counts = Counter(
        kind for title in titles for kind in {end for run in _runs(title) for end in _ends(run)}
    )
    least = max(LEAST, SHARE * len(products))
    counts = Counter({kind: count for kind, count in counts.items() if count >= least})
    nouns = {kind[0] for kind in counts if len(kind) == 1}
    stands, counted, values = Counter[str](), Counter[str](), Counter[str]()
    brands: dict[str, set[str | None]] = {}
    for product, title in zip(products, titles, strict=True):
        words = [_singular(word.lower()) for word in title]
        for noun in nouns.intersection(words):
            stands[noun] += 1
            brands.setdefault(noun, set()).add(product.brand)
        counted.update({b for a, b in pairwise(words) if b in nouns and _is_number(a)})
        values.update(nouns.intersection(_values(product)))
    enough = min(BRANDS, len({product.brand for product in products}))
    nouns = {
        noun
        for noun in nouns
        if len(brands[noun]) >= enough
        and counted[noun] < COUNTED * stands[noun]
        and 2 * values[noun] < stands[noun]
    }
    return frozenset(kind for kind in counts if kind[-1] in nouns)


def _values(product: Product) -> set[str]:
    """What the attributes say, but for those that tell the kind themselves."""
    return {
        _singular(value.casefold())
        for name, value in product.attributes.items()
        if isinstance(value, str) and name.casefold() not in _TYPES
    }


def _runs(title: Sequence[str]) -> Iterator[Kind]:
    """Lower-case words in a row. A word behind a number is its unit: "7 outlets"."""
    run: list[str] = []
    for before, word in zip(("", *title), (*title, "."), strict=True):
        is_said = word.islower() and word.isalpha() and word not in _SMALL | _STOPS
        if is_said and not _is_number(before):
            run.append(word)
        else:
            if run:
                yield tuple(run)
            run = []


def _ends(run: Kind) -> Iterator[Kind]:
    noun = _singular(run[-1])
    if len(noun) > 2:
        for length in range(1, min(len(run), LONGEST) + 1):
            yield (*run[-length:-1], noun)


def _named(title: Sequence[str], kinds: frozenset[Kind]) -> Kind | None:
    """The kind that ends the first phrase with a kind in it; of several there, the longest."""
    words = [word.lower() for word in title]
    found: Kind | None = None
    for at, word in enumerate(words):
        if word in _STOPS and found is not None:
            break
        noun = _singular(word)
        for length in range(min(LONGEST, at + 1), 0, -1):
            kind = (*words[at - length + 1 : at], noun)
            if kind in kinds:
                found = kind
                break
    return found


def _is_number(word: str) -> bool:
    return _NUMBER.fullmatch(word) is not None
