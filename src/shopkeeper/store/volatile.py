"""Which part of a product changes by the minute?

Price and stock of each variant, and popularity. They are stored apart from the body, so that a
patch rewrites a hundred bytes and neither the texts nor anything that was computed from them.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import orjson

from shopkeeper.records import (
    InvalidRecord,
    Money,
    NotFound,
    Product,
    ShopkeeperError,
    Variant,
)
from shopkeeper.records.ports import Patch


@dataclass(frozen=True, slots=True)
class SplitProduct:
    """A product in the two pieces that are stored."""

    id: str
    body: bytes
    """Canonical JSON without the volatile fields, in the order the shop gave."""
    digest: bytes
    """Of the body with its keys sorted: an exporter's order of keys is no change."""
    volatile: bytes
    """JSON: [popularity, [[sku, price in minor units, currency, stock], …]]."""


@dataclass(frozen=True, slots=True)
class VolatileState:
    """The volatile fields of a product as they are now."""

    popularity: float | None
    prices: tuple[Money | None, ...]
    """Of its variants, in their order; None: unknown."""
    stocks: tuple[int | None, ...]
    """Units on hand, likewise."""


def split(product: Product) -> SplitProduct:
    """Take the product apart. Raises InvalidRecord for what could not be read back as it is."""
    data = product.to_dict()
    data.pop("popularity", None)
    for variant in data["variants"]:
        variant.pop("price", None)
        variant.pop("stock", None)
    popularity = None if product.popularity is None else float(product.popularity)
    variants = [
        (v.sku, *((v.price.minor, v.price.currency) if v.price else (None, None)), v.stock)
        for v in product.variants
    ]
    try:
        sorted_body = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
        return SplitProduct(
            id=product.id,
            body=orjson.dumps(data),
            digest=hashlib.blake2b(sorted_body, digest_size=16).digest(),
            volatile=orjson.dumps((popularity, variants)),
        )
    except orjson.JSONEncodeError as error:
        raise InvalidRecord(str(error), where=f"product {product.id!r:.60}") from None


def join(body: bytes, volatile: bytes) -> Product:
    """The product that `split` took apart, with its volatile fields as they are now."""
    data = orjson.loads(body)
    data["popularity"], variants = orjson.loads(volatile)
    for variant, (sku, minor, currency, stock) in zip(data["variants"], variants, strict=True):
        assert variant["sku"] == sku, "body and volatile fields are written together"
        variant["price"] = None if minor is None else {"minor": minor, "currency": currency}
        variant["stock"] = stock
    return Product.from_dict(data)


def state_of(volatile: bytes) -> VolatileState:
    """The volatile fields alone, for who has the body."""
    popularity, variants = orjson.loads(volatile)
    return VolatileState(
        popularity,
        tuple([None if v[1] is None else Money(v[1], v[2]) for v in variants]),
        tuple([v[3] for v in variants]),
    )


def is_whole(body: bytes | None, volatile: bytes | None, digest: bytes | None) -> bool:
    """Whether the pieces make a product, and the body is the one that the digest was taken of."""
    if body is None or volatile is None:
        return False
    try:
        return split(join(body, volatile)).digest == digest
    except (ShopkeeperError, ValueError, TypeError, KeyError, AssertionError):
        return False


def patched(volatile: bytes, patch: Patch) -> bytes:
    """The volatile fields after the patch.

    Raises:
        NotFound: the product has no such sku.
        InvalidRecord: a value that no product can have.
    """
    popularity, variants = orjson.loads(volatile)
    if patch.popularity is not None:
        popularity = _checked_popularity(patch)
    meant = [v for v in variants if patch.sku is None or v[0] == patch.sku]
    if not meant:
        raise NotFound(f"no sku {patch.sku!r}", where=f"product {patch.product_id}")
    if patch.stock is not None:
        Variant(sku=meant[0][0], stock=patch.stock)  # checks the range
        for variant in meant:
            variant[3] = patch.stock
    if patch.price is not None:
        for variant in meant:
            variant[1:3] = patch.price.minor, patch.price.currency
        if len({v[2] for v in variants if v[2]}) > 1:
            raise InvalidRecord(
                f"price in {patch.price.currency}",
                where=f"product {patch.product_id}",
                expected="the currency of its other variants",
            )
    return orjson.dumps((popularity, variants))


def carried_over(newer: bytes, onto: bytes) -> bytes:
    """`onto` with popularity, and price and stock of the skus they share, taken from `newer`."""
    popularity, variants = orjson.loads(newer)
    known = {variant[0]: variant for variant in variants}
    return orjson.dumps((popularity, [known.get(v[0], v) for v in orjson.loads(onto)[1]]))


def _checked_popularity(patch: Patch) -> float:
    value = patch.popularity
    if value is None or not (math.isfinite(value) and value >= 0):
        raise InvalidRecord(
            f"popularity {value!r}", where=f"product {patch.product_id}", expected="0 or more"
        )
    return float(value)
