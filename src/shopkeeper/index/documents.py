"""Which words of a product are indexed, in which field, and what does an encoder read of it?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shopkeeper.index.words import FieldTerms
from shopkeeper.records import LocalisedText, Product, localise

Analyse = Callable[[str, str], Sequence[str]]
"""(text, locale) → the analysed terms, as `text.analyse` makes them."""

LONGEST_DESCRIPTION = 2_000
"""Characters of a description that are indexed; what follows is boilerplate."""


def field_terms(product: Product, analyse: Analyse, locale: str) -> FieldTerms:
    """The analysed terms of each indexed field; `locale` is of texts that name none."""

    def localised(texts: LocalisedText) -> list[str]:
        return [term for tag, text in texts.items() for term in analyse(text, tag)]

    facts: list[str] = []
    for name, value in product.attributes.items():
        facts.extend(_fact_texts(name, value))
    options = {value for variant in product.variants for value in variant.options.values()}
    facts.extend(sorted(options))
    description = {tag: text[:LONGEST_DESCRIPTION] for tag, text in product.description.items()}
    codes = [product.id, *(variant.sku for variant in product.variants)]
    return {
        "title": localised(product.title),
        "brand": analyse(product.brand, locale) if product.brand else (),
        "category": [term for level in product.category for term in analyse(level, locale)],
        "attributes": [term for fact in facts for term in analyse(fact, locale)],
        "description": localised(description),
        "code": [term for code in dict.fromkeys(codes) for term in analyse(code, locale)],
    }


def _fact_texts(name: str, value: object) -> list[str]:
    if isinstance(value, bool):
        return [name] if value else []
    if isinstance(value, float):
        unit = name[name.rfind("(") + 1 : -1] if name.endswith(")") else ""
        return [name.split("(", maxsplit=1)[0], f"{value:g} {unit}".strip()]
    values = (value,) if isinstance(value, str) else tuple(value)  # type: ignore[arg-type]
    return [text for text in values if len(text) <= 200]


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
