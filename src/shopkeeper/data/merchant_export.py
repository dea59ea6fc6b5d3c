"""How is Google Merchant told of a product? An item for each variant, as text or as RSS.

What `merchant` reads comes back as it was, as far as the format can say it: one language, texts
without mark-up, attributes as texts. Popularity and rating stay behind. A variant's options that
Merchant has no column for, and the product's other attributes, are ``product_detail``; "colour" is
Merchant's ``color``. A lone variant that is its product has no ``item_group_id``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, NamedTuple
from xml.sax.saxutils import escape

from shopkeeper.data.merchant import ATTRIBUTES, LATER, OPTION, VARYING, words
from shopkeeper.records import Money, Product, Variant, localise
from shopkeeper.records.money import minor_digits

_NAMESPACE = "http://base.google.com/ns/1.0"
_TEXTS = (
    *("id", "item_group_id", "title", "description", "link", "image_link", "availability"),
    *("price", "quantity", "brand", "product_type", "google_product_category"),
    *ATTRIBUTES,
    *VARYING,
)
COLUMNS = (*_TEXTS, "product_highlight", "product_detail")
_COLUMN_OF = {words(name): name for name in (*ATTRIBUTES, *VARYING, "google_product_category")}
_OF_A_VARIANT = ("gtin", "mpn")


class Detail(NamedTuple):
    """A ``product_detail``."""

    section: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Item:
    """What a feed says of one variant."""

    texts: Mapping[str, str]
    """By Merchant's names; what is unknown is left out."""
    highlights: tuple[str, ...]
    details: tuple[Detail, ...]


def items(product: Product, locale: str) -> Iterator[Item]:
    """The product's variants as items, in the language of `locale` where it has it."""
    lone = product.variants[0]
    is_alone = len(product.variants) == 1 and lone.sku == product.id and not lone.options
    shared = {
        "item_group_id": "" if is_alone else product.id,
        "title": localise(product.title, locale),
        "description": localise(product.description, locale),
        "link": product.url or "",
        "brand": product.brand or "",
        "product_type": " > ".join(product.category),
    }
    details: list[Detail] = []
    highlights: tuple[str, ...] = ()
    later = None
    taken = () if is_alone else VARYING
    for name, value in product.attributes.items():
        told = _texts(value)
        column = _column(name, product.attributes)
        if name == "highlights" and not isinstance(value, (bool, float)):
            highlights = told
        elif name == "availability" and value in LATER and _has_uncounted(product):
            later = str(value)
        elif len(told) == 1 and column and _fits(column, told[0], product, shared, taken):
            shared[column] = told[0]
        else:
            details += (Detail("", name, text) for text in told)
    for variant in product.variants:
        own, options = _options(variant)
        texts = {
            "id": variant.sku,
            **shared,
            **own,
            "image_link": variant.image or product.image or "",
            "price": _price(variant.price),
            "availability": _availability(variant, later),
            "quantity": str(variant.stock) if variant.stock else "",
        }
        filled = {name: text for name, text in texts.items() if text}
        yield Item(filled, highlights, (*options, *details))


def write_tsv(told: Iterable[Item], file: IO[str]) -> None:
    """Tab-separated text under a line of column names."""
    writer = csv.writer(file, delimiter="\t", lineterminator="\n")
    writer.writerow(COLUMNS)
    for item in told:
        writer.writerow(
            (
                *(item.texts.get(name, "") for name in _TEXTS),
                _between_commas(item.highlights),
                _between_commas(":".join(detail) for detail in item.details),
            )
        )


def write_xml(told: Iterable[Item], file: IO[str], title: str) -> None:
    """RSS 2.0 with Merchant's elements."""
    file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    file.write(f'<rss version="2.0" xmlns:g="{_NAMESPACE}">\n<channel>\n')
    file.write(f"<title>{_xml(title)}</title>\n")
    for item in told:
        elements = [_element(name, _xml(text)) for name, text in item.texts.items()]
        elements += (_element("product_highlight", _xml(text)) for text in item.highlights)
        for detail in item.details:
            names = ("section_name", "attribute_name", "attribute_value")
            parts = zip(names, detail, strict=True)
            inner = "".join(_element(name, _xml(text)) for name, text in parts if text)
            elements.append(_element("product_detail", inner))
        file.write(f"<item>{''.join(elements)}</item>\n")
    file.write("</channel>\n</rss>\n")


def _texts(value: object) -> tuple[str, ...]:
    match value:
        case bool():
            return (str(value).lower(),)
        case float():
            return (f"{value:.15g}",)
        case tuple():
            return tuple(text for text in value if text)
        case _:
            return (str(value),) if value else ()


def _column(name: str, names: Container[str]) -> str | None:
    """Merchant's own name for an attribute or option; "colour" has it where no "color" does."""
    if name == "colour" and "color" not in names:
        return "color"
    return _COLUMN_OF.get(name)


def _fits(
    column: str,
    text: str,
    product: Product,
    shared: Mapping[str, str],
    taken: tuple[str, ...],
) -> bool:
    """Whether a column can say it: a code of one variant is not that of the others, and what
    varies within a group is an option."""
    if column == "google_product_category":
        return text.isdigit() or bool(product.category)
    is_of_one = column not in _OF_A_VARIANT or len(product.variants) == 1
    return is_of_one and column not in taken and column not in shared


def _options(variant: Variant) -> tuple[dict[str, str], list[Detail]]:
    """(columns, details) of what tells the variant from the others."""
    columns: dict[str, str] = {}
    details = []
    for name, value in variant.options.items():
        column = _column(name, variant.options)
        if column in VARYING and column not in columns:
            columns[column] = value
        elif value:
            details.append(Detail(OPTION, name, value))
    return columns, details


def _has_uncounted(product: Product) -> bool:
    return any(variant.stock is None for variant in product.variants)


def _availability(variant: Variant, later: str | None) -> str:
    if variant.stock == 0:
        return "out_of_stock"
    return later if later and variant.stock is None else "in_stock"


def _price(price: Money | None) -> str:
    return f"{price.major:.{minor_digits(price.currency)}f} {price.currency}" if price else ""


def _between_commas(texts: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(list(texts))
    return line.getvalue()


def _element(name: str, inner: str) -> str:
    return f"<g:{name}>{inner}</g:{name}>"


def _xml(text: str) -> str:
    """Escaped, without the characters that XML cannot have."""
    return escape("".join(c for c in text if c in "\t\n\r" or c >= " "))
