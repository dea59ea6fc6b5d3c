"""Amazon's Shopping Queries (ESCI, 2022): its products, and what raters said of them.

``product_id, product_title, product_description, product_bullet_point, product_brand,
product_color, product_locale``, Parquet or CSV. An id that is sold in several locales is one
product with texts in several languages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shopkeeper.data.layout import Canonical, Defaults, Fields, InvalidField

LANGUAGES: Mapping[str, str] = {"us": "en", "es": "es", "jp": "ja"}
"""The set's locales, and the languages (BCP 47) that their texts are in."""


def fits(columns: frozenset[str]) -> bool:
    return columns >= {"product_id", "product_title", "product_locale"}


def group(fields: Fields) -> str | None:
    return fields.get("product_id") or None


def variant(fields: Fields, defaults: Defaults) -> None:
    """Every row adds texts, none a variant."""
    _language(fields)


def product(rows: Sequence[Fields], defaults: Defaults) -> Canonical:
    titles: dict[str, str] = {}
    descriptions: dict[str, str] = {}
    for fields in rows:
        language = _language(fields)
        if language in titles:
            raise InvalidField("product_locale", fields["product_locale"], "it once by product")
        titles[language] = fields["product_title"]
        told = (fields.get("product_description"), fields.get("product_bullet_point"))
        if text := "\n".join(part for part in told if part):
            descriptions[language] = text
    return {
        "id": rows[0].get("product_id"),
        "title": titles,
        "description": descriptions,
        "brand": _first(rows, "product_brand"),
        "attributes": {"color": _first(rows, "product_color")},
    }


def _language(fields: Fields) -> str:
    locale = fields["product_locale"].strip()
    if locale not in LANGUAGES:
        raise InvalidField("product_locale", locale, ", ".join(LANGUAGES))
    return LANGUAGES[locale]


def _first(rows: Sequence[Fields], column: str) -> str | None:
    return next((value for fields in rows if (value := fields.get(column))), None)
