"""What kind of thing is a product whose feed names no category? Its title does.

Merchants capitalise names and values, "Black", "LaserJet", and write the kind of thing in lower
case: "Acme X2 networking cable 3 m Black". Runs of lower-case words that many products of several
brands share are kinds; what comes last in a kind is its noun, under which similar kinds stand
together. A feed all of whose titles are in capitals tells no kinds this way.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from shopkeeper.records import Product, localise
from shopkeeper.text import normalise, stemmer
from shopkeeper.world.vocabulary import ENGLISH

Kind: TypeAlias = tuple[str, ...]
"""Words in lower case, the last one in the singular."""

LEAST, SHARE = 5, 0.001
"""Products that share a kind: so many, and this share of all."""
BRANDS = 2
"""Brands that share a kind: a phrase of one brand is its style of writing."""
LONGEST = 3
"""Words of a kind."""
OPENING = 12
"""Words of a description that are read, where the title names no kind."""

_TOKEN = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*|\d[\w.,]*|[^\w\s]")
_SMALL = frozenset(
    [
        "a",
        "about",
        "an",
        "and",
        "at",
        "by",
        "for",
        "from",
        "in",
        "incl",
        "including",
        "is",
        "of",
        "on",
        "or",
        "over",
        "per",
        "the",
        "to",
        "up",
        "with",
        "without",
    ]
)
_ENDS = frozenset(("for", "with", "without", "including", "incl"))
"""What follows belongs to the thing, but is not it: "lamp for projector"."""


def kinds_in_titles(products: Sequence[Product]) -> list[Kind]:
    """Of each product, a category path of (noun, kind): ("cable", "networking cable").

    () where neither its title nor the opening of its description names a kind.
    """
    titles = [_TOKEN.findall(normalise(localise(p.title, ENGLISH))) for p in products]
    kinds = _common(products, titles)
    paths = []
    for product, title in zip(products, titles, strict=True):
        opening = _TOKEN.findall(normalise(localise(product.description, ENGLISH)))[:OPENING]
        kind = _find(title, kinds) or _find(opening, kinds)
        paths.append((kind[-1], " ".join(kind)) if kind else ())
    return paths


def _common(products: Sequence[Product], titles: Sequence[Sequence[str]]) -> frozenset[Kind]:
    """The runs that enough products of enough brands share, and that are no attribute's values."""
    counts, values = Counter[Kind](), Counter[Kind]()
    brands: dict[Kind, set[str | None]] = {}
    for product, title in zip(products, titles, strict=True):
        said = {str(v).casefold() for v in product.attributes.values()}
        for kind in {end for run in _runs(title) for end in _endings(run)}:
            counts[kind] += 1
            values[kind] += " ".join(kind) in said
            brands.setdefault(kind, set()).add(product.brand)
    least = max(LEAST, SHARE * len(products))
    return frozenset(
        kind
        for kind, count in counts.items()
        if count >= least and len(brands[kind]) >= BRANDS and 2 * values[kind] < count
    )


def _runs(title: Sequence[str]) -> Iterator[Kind]:
    """Lower-case words in a row. A word behind a number is its unit: "7 outlets"."""
    run: list[str] = []
    for before, word in zip(("", *title), (*title, "."), strict=True):
        is_unit = before[:1].isdigit()
        if word.islower() and word[0].isalpha() and word not in _SMALL and not is_unit:
            run.append(word)
        else:
            if run:
                yield tuple(run)
            run = []


def _endings(run: Kind) -> Iterator[Kind]:
    noun = _singular(run[-1])
    if len(noun) > 2:
        for length in range(1, min(len(run), LONGEST) + 1):
            yield (*run[-length:-1], noun)


def _find(title: Sequence[str], kinds: frozenset[Kind]) -> Kind | None:
    """The longest kind that the title names in any case, of several the first."""
    words = [word.lower() for word in title]
    end = next((at for at, word in enumerate(words) if at and word in _ENDS), len(words))
    nouns = [_singular(word) for word in words[:end]]
    found: Kind | None = None
    for at, noun in enumerate(nouns):
        if (noun,) not in kinds or (at and words[at - 1][0].isdigit()):
            continue
        if at + 1 < end and (nouns[at + 1],) in kinds:
            continue  # "printer cable" is no printer
        for length in range(min(LONGEST, at + 1), 0, -1):
            kind = (*words[at - length + 1 : at], noun)
            if kind in kinds and (found is None or len(kind) > len(found)):
                found = kind
    return found


_singular = stemmer("plural")
