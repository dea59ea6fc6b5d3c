"""Which kinds of feed are understood, and how is each known?"""

from __future__ import annotations

from pathlib import Path

from shopkeeper.data import (
    crowdflower,
    esci,
    homedepot,
    icecat,
    json_lines,
    merchant,
    parquet,
    schema_org,
    schema_org_pages,
    shopify,
    wands,
    woocommerce,
)
from shopkeeper.data.layout import Format, Grouping, Head
from shopkeeper.data.merchant_xml import read_items
from shopkeeper.data.source import feed_file, read_head
from shopkeeper.data.tables import read_table, split_header
from shopkeeper.records import InvalidRecord, InvalidRequest

_MERCHANT = Grouping(key=merchant.group, inherited=(), variant=merchant.variant)

FORMATS: tuple[Format, ...] = (
    Format(
        name="icecat",
        what="the Icecat catalogue, JSON lines with attr_t_*, attr_n_* and attr_b_* fields",
        looks_for="a JSON object with supplier and attr_… keys",
        fits=lambda head: head.first is not None and icecat.fits(head.first),
        rows=json_lines.read_json,
        product=icecat.product,
    ),
    Format(
        name="schema-org",
        what="schema.org's products in JSON-LD: a JSON file, JSON lines or an HTML page",
        looks_for='JSON with "@type", or a page with <script type="application/ld+json">',
        fits=schema_org_pages.fits,
        rows=schema_org_pages.read_nodes,
        product=schema_org.product,
        grouping=Grouping(schema_org.group, (), schema_org.variant),
    ),
    Format(
        name="jsonl",
        what="products in canonical form, as JSON lines or one JSON list",
        looks_for="a JSON object in the first line, or a JSON list of objects",
        fits=lambda head: head.first is not None,
        rows=json_lines.read_json,
        product=json_lines.product,
    ),
    Format(
        name="merchant-xml",
        what="Google Merchant, RSS 2.0 or Atom",
        looks_for="<rss> or <feed> with the namespace http://base.google.com/ns/1.0",
        fits=lambda head: "http://base.google.com/ns/1.0" in head.text and "<" in head.text[:100],
        rows=read_items,
        product=merchant.product,
        grouping=_MERCHANT,
    ),
    Format(
        name="parquet",
        what="products in canonical form, as a Parquet table",
        looks_for="a Parquet file with the columns id and title",
        fits=lambda head: head.is_parquet and _is_canonical(head.columns),
        rows=parquet.read_products,
        product=json_lines.product,
    ),
    Format(
        name="shopify",
        what="Shopify's product CSV, of both generations",
        looks_for="a table with the columns Handle (or URL handle) and Title",
        fits=lambda head: shopify.fits(head.columns),
        rows=shopify.read_rows,
        product=shopify.product,
        grouping=Grouping(shopify.group, shopify.INHERITED, shopify.variant),
    ),
    Format(
        name="woocommerce",
        what="WooCommerce's product CSV, headed in English, German or French",
        looks_for="a table with the columns Type, Name, ID or SKU, and Published or Regular price",
        fits=lambda head: woocommerce.fits(head.columns),
        rows=woocommerce.read_rows,
        product=woocommerce.product,
        grouping=Grouping(woocommerce.group, woocommerce.INHERITED, woocommerce.variant),
    ),
    Format(
        name="esci",
        what="Amazon's Shopping Queries (ESCI), Parquet or CSV",
        looks_for="a table with the columns product_id, product_title and product_locale",
        fits=lambda head: esci.fits(head.columns),
        rows=read_table,
        product=esci.product,
        grouping=Grouping(esci.group, (), esci.variant),
    ),
    Format(
        name="wands",
        what="Wayfair's WANDS, tab-separated text",
        looks_for="a table with the columns product_id, product_name and product_class",
        fits=lambda head: wands.fits(head.columns),
        rows=read_table,
        product=wands.product,
    ),
    Format(
        name="homedepot",
        what="the Home Depot relevance set, CSV",
        looks_for="a table with the columns product_uid and product_title",
        fits=lambda head: head.columns >= {"product_uid", "product_title"},
        rows=read_table,
        product=homedepot.product,
    ),
    Format(
        name="crowdflower",
        what="the CrowdFlower relevance set, CSV",
        looks_for="a table with the columns product_id, product_title, product_description",
        fits=lambda head: head.columns >= {"product_id", "product_title", "product_description"},
        rows=read_table,
        product=crowdflower.product,
    ),
    Format(
        name="merchant-tsv",
        what="Google Merchant, tab- or comma-separated text",
        looks_for="a table with the columns id, title and one of link, price, availability",
        fits=lambda head: merchant.fits(head.columns),
        rows=merchant.read_rows,
        product=merchant.product,
        grouping=_MERCHANT,
    ),
)
"""Tried in this order; the first that fits is taken."""

_BY_NAME = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".xml": "merchant-xml"}


def _is_canonical(columns: frozenset[str]) -> bool:
    """Also with a column that no product has, unless somebody else's table would have it."""
    is_known = columns <= parquet.CANONICAL or not merchant.fits(columns)
    return is_known and {"id", "title"} <= columns


def named_format(name: str) -> Format:
    """The format of that name; InvalidRequest lists the names there are."""
    for known in FORMATS:
        if known.name == name:
            return known
    raise InvalidRequest(
        f"format {name!r}", expected=f"one of {', '.join(f.name for f in FORMATS)}"
    )


def detect_format(path: Path | str) -> str:
    """The name of the feed's format: by its content; by the file's name if that is no help."""
    file = feed_file(Path(path))
    head = look(file)
    for known in FORMATS:
        if known.fits(head):
            return known.name
    suffixes = [suffix for suffix in file.suffixes if suffix != ".gz"]
    if suffixes and suffixes[-1].lower() in _BY_NAME:
        return _BY_NAME[suffixes[-1].lower()]
    columns = ", ".join(sorted(head.columns)[:20])
    told = f", with the columns {columns:.200}" if len(head.columns) > 1 else ""
    looked_for = "; ".join(f"{known.name}: {known.looks_for}" for known in FORMATS)
    raise InvalidRecord(
        f"a format that nobody knows{told}",
        where=str(file),
        expected=looked_for,
        hint="name the format, or write JSON lines",
    )


def look(file: Path) -> Head:
    """The head of a file as JSON and as a table, whatever it is. Refuses empty and binary ones."""
    if parquet.is_parquet(file):
        names = frozenset(name.lower() for name in parquet.column_names(file))
        return Head("", names, None, is_parquet=True)
    text = read_head(file)
    start = next((line for line in text.splitlines() if line.strip()), "")
    _, columns = split_header(start)
    return Head(text, frozenset(name.lower() for name in columns), json_lines.first_object(text))
