"""How do a world's tables lie on disk? Parquet, compressed, one part a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from shopkeeper.records import Product

_TEXTS = pa.map_(pa.string(), pa.string())
_PRODUCT = pa.schema(
    [
        ("id", pa.string()),
        ("title", _TEXTS),
        ("description", _TEXTS),
        ("brand", pa.string()),
        ("category", pa.list_(pa.string())),
        ("attributes", _TEXTS),
        ("image", pa.string()),
        ("popularity", pa.float64()),
        ("rating", pa.float64()),
        (
            "variants",
            pa.list_(
                pa.struct(
                    [
                        ("sku", pa.string()),
                        ("options", _TEXTS),
                        ("price_minor", pa.int64()),
                        ("currency", pa.string()),
                        ("stock", pa.int64()),
                        ("image", pa.string()),
                    ]
                )
            ),
        ),
    ]
)
"""A product's columns: the canonical form. An attribute's value is a text of JSON, as its type is
its own: a text, several texts, a number or a flag."""


def write_products(path: Path, products: Iterable[Product]) -> None:
    pq.write_table(
        pa.Table.from_pylist([_row(product) for product in products], _PRODUCT),
        path,
        compression="zstd",
    )


def write_table(path: Path, *tables: pa.Table) -> None:
    """Tables of one schema, one behind the other."""
    pq.write_table(pa.concat_tables(tables), path, compression="zstd")


def _row(product: Product) -> dict[str, object]:
    return {
        "id": product.id,
        "title": list(product.title.items()),
        "description": list(product.description.items()),
        "brand": product.brand,
        "category": product.category,
        "attributes": [(n, orjson.dumps(v).decode()) for n, v in product.attributes.items()],
        "image": product.image,
        "popularity": product.popularity,
        "rating": product.rating,
        "variants": [
            {
                "sku": variant.sku,
                "options": list(variant.options.items()),
                "price_minor": variant.price.minor if variant.price else None,
                "currency": variant.price.currency if variant.price else None,
                "stock": variant.stock,
                "image": variant.image,
            }
            for variant in product.variants
        ],
    }
