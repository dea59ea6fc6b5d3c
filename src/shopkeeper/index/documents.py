"""Which words of a product are indexed, in which field, and what does an encoder read of it?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from shopkeeper.index.postings import FieldTerms
from shopkeeper.records import LocalisedText, Product, localise
from shopkeeper.records.filters import number_text

Analyse = Callable[[str, str], Sequence[str]]
"""(text, locale) → the analysed terms, as `text.analyse` makes them."""

LONGEST_VALUE = 200
"""Characters of an attribute's text that is indexed."""

LONGEST_DESCRIPTION = 2_000
"""Characters of a description that are indexed; what follows is boilerplate."""


def field_terms(product: Product, analyse: Analyse, locale: str) -> FieldTerms:
    """The analysed terms of each indexed field; `locale` is of texts that name none."""

    def localised(texts: LocalisedText) -> list[str]:
        return [term for tag, text in texts.items() for term in analyse(text, tag)]

    def analysed(texts: Iterable[str]) -> list[str]:
        return [term for text in texts for term in analyse(text, locale)]

    options = {value for variant in product.variants for value in variant.options.values()}
    codes = [product.id, *(variant.sku for variant in product.variants)]
    short = {tag: text[:LONGEST_DESCRIPTION] for tag, text in product.description.items()}
    texts = {
        "title": localised(product.title),
        "brand": analysed([product.brand] if product.brand else []),
        "category": analysed(product.category),
        "attributes": analysed([*_values(product), *sorted(options)]),
        "description": localised(short),
    }
    return {
        "all": [term for terms in texts.values() for term in terms],
        **texts,
        "features": analysed(_features(product)),
        "code": analysed(dict.fromkeys(codes)),
    }


def _values(product: Product) -> Iterator[str]:
    """The texts among the attributes' values; a long one is prose that the description repeats."""
    for value in product.attributes.values():
        if isinstance(value, str | tuple):
            for text in (value,) if isinstance(value, str) else value:
                if len(text) <= LONGEST_VALUE:
                    yield text


def _features(product: Product) -> Iterator[str]:
    """What flags and numbers say in words: "waterproof", "3000 mm"."""
    for name, value in product.attributes.items():
        if value is True:
            yield name
        elif isinstance(value, float) and not isinstance(value, bool) and name.endswith(")"):
            yield f"{number_text(value)} {name[name.rfind('(') + 1 : -1]}"


def encoder_text(product: Product, locale: str) -> str:
    """What an encoder reads: title, brand when the title lacks it, category leaf, then facts.

    The most telling words come first, since encoders cut the text.
    """
    title = localise(product.title, locale)
    parts = [title]
    if product.brand and product.brand.casefold() not in title.casefold():
        parts.append(product.brand)
    if product.category:
        parts.append(product.category[-1])
    parts.append(localise(product.description, locale)[:300])
    return ". ".join(part for part in parts if part)
