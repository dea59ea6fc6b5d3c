"""How does a request body become a write?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from shopkeeper.records import InvalidRecord, InvalidRequest, Product
from shopkeeper.records.ports import Delete, Patch, Put, Write
from shopkeeper.records.product import money_from_json

VOLATILE = frozenset(("sku", "price", "stock", "popularity"))
"""What changes in place, without indexing the product anew."""


def patch_from_dict(product_id: str, change: Mapping[str, Any], currency: str) -> Patch:
    """Volatile fields as a `Patch`. Raises `InvalidRecord` for any other field or a wrong value."""
    unknown = sorted(change.keys() - VOLATILE)
    if unknown:
        raise InvalidRecord(
            f"a patch of {unknown[0]!r}",
            where=f"product {product_id}",
            expected=f"some of {', '.join(sorted(VOLATILE))}",
            hint="put the whole product, or PATCH it by its id",
        )
    sku, stock, popularity = (change.get(name) for name in ("sku", "stock", "popularity"))
    if not isinstance(sku, str | None):
        raise InvalidRecord(f"sku {sku!r:.60}", expected="a text")
    if stock is not None and (type(stock) is not int or not 0 <= stock < 2**31):
        raise InvalidRecord(f"stock {stock!r:.60}", expected="a whole number, 0 … 2³¹−1")
    if popularity is not None and (type(popularity) not in (int, float) or popularity < 0):
        raise InvalidRecord(f"popularity {popularity!r:.60}", expected="a number, 0 or more")
    price = money_from_json(change.get("price"), currency)
    return Patch(product_id, sku, price, stock, popularity)


def merged(product: Product, change: Mapping[str, Any], locale: str, currency: str) -> Product:
    """The product after a JSON merge patch (RFC 7396); price and stock go to its variants.

    Raises:
        InvalidRequest: no variant has the change's sku.
        InvalidRecord: the result is no product.
    """
    of_variants = {name: change[name] for name in ("price", "stock") if name in change}
    of_product = {name: change[name] for name in change.keys() - {"sku", "price", "stock"}}
    document = merge(product.to_dict(), of_product)
    sku = change.get("sku")
    meant = [v for v in document.get("variants") or () if sku in (None, v["sku"])]
    if sku is not None and not meant:
        raise InvalidRequest(f"no variant {sku!r:.60}", where=f"product {product.id}")
    for variant in meant:
        variant.update(of_variants)
    return Product.from_dict(document, locale=locale, currency=currency)


def merge(target: Any, change: Any) -> Any:
    """RFC 7396: objects merge key by key, null removes, anything else replaces."""
    if not isinstance(change, Mapping):
        return change
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge(result.get(name), value)
    return result


_LINE = '{"put": {…}}, {"patch": {"id": …, "price": …}} or {"delete": {"id": …}}'


def write_from_line(line: bytes, locale: str, currency: str) -> Write:
    """Read one line of a bulk. Raises `InvalidRecord`."""
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidRecord(f"no JSON ({error.msg})", expected=_LINE) from None
    if not isinstance(entry, dict) or len(entry) != 1:
        raise InvalidRecord("not one action", expected=_LINE)
    [(action, body)] = entry.items()
    if not isinstance(body, dict):
        raise InvalidRecord(f"{action!r:.60} without an object", expected=_LINE)
    match action:
        case "put":
            return Put(Product.from_dict(body, locale=locale, currency=currency))
        case "patch":
            change = {name: value for name, value in body.items() if name != "id"}
            return patch_from_dict(_id(body), change, currency)
        case "delete" if body.keys() == {"id"}:
            return Delete(_id(body))
    raise InvalidRecord(f"action {action!r:.60}", expected=_LINE)


def _id(body: Mapping[str, Any]) -> str:
    value = body.get("id")
    if not isinstance(value, str) or not value:
        raise InvalidRecord(f"id {value!r:.60}", expected="a text")
    return value
