"""Can these rows be a product?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shopkeeper.data.clean import tidy, tidy_variant
from shopkeeper.data.layout import Canonical, Defaults, Format, Grouping, InvalidField, Row
from shopkeeper.data.rejects import Reject, Remarks
from shopkeeper.records import InvalidRecord, Product

_PROBE: Mapping[str, Any] = {"id": "probe", "title": "probe"}


def build(
    rows: Sequence[Row], layout: Format, defaults: Defaults, remarks: Remarks
) -> tuple[Product, list[Row]] | None:
    """The product that `rows` make, with those of them that are part of it; rejects the others.

    A row whose variant is wrong costs that variant; what is wrong with the product costs all.
    """
    kept, variants = list(rows), list[Canonical]()
    data: Canonical = {}
    try:
        if layout.grouping:
            rows = _led(rows, layout.grouping.inherited)
            kept, variants = _variants(rows, layout.grouping, defaults, remarks)
        fit = {rows[0].number, *(row.number for row in kept)}
        data = layout.product([row.fields for row in rows if row.number in fit], defaults)
        if layout.grouping and not variants and len(kept) < len(rows):
            raise InvalidField("variants", "", "at least one that is right")
        data = tidy(data, remarks.note)
        if variants:
            data["variants"] = variants
        return _product(data, defaults), kept
    except InvalidRecord as error:
        for row in kept:
            remarks.reject(_reject(row, data, error, defaults))
    return None


def _led(rows: Sequence[Row], inherited: tuple[str, ...]) -> list[Row]:
    """The rows with the one in front that says most about the product, and passed on what it says.

    That is the first one, unless somebody has sorted the file.
    """
    lead = max(rows, key=lambda row: sum(bool(row.fields.get(name)) for name in inherited))
    said = {name: lead.fields[name] for name in inherited if lead.fields.get(name)}
    return [
        Row(row.number, {**row.fields, **{n: row.fields.get(n) or said[n] for n in said}})
        for row in (lead, *(row for row in rows if row is not lead))
    ]


def _variants(
    rows: Sequence[Row], grouping: Grouping, defaults: Defaults, remarks: Remarks
) -> tuple[list[Row], list[Canonical]]:
    """The rows that are fit to stay, and the variants on them."""
    plain: list[Row] = []
    by_sku: dict[str, tuple[Row, Canonical]] = {}
    for row in rows:
        data = {**_PROBE, "id": grouping.key(row.fields) or row.fields.get("id")}
        try:
            variant = grouping.variant(row.fields, defaults)
            if variant is None:
                plain.append(row)
                continue
            variant = tidy_variant(variant, remarks.note)
            data["variants"] = [variant]
            _product(data, defaults)
        except InvalidRecord as error:
            remarks.reject(_reject(row, data, error, defaults))
            continue
        if replaced := _enter(by_sku, row, variant, remarks):
            again = InvalidField(
                "sku", variant["sku"], f"it once; row {row.number} replaced this one"
            )
            remarks.reject(_reject(replaced, data, again, defaults))
    kept = sorted((*plain, *(row for row, _ in by_sku.values())), key=lambda row: row.number)
    return kept, [variant for _, variant in by_sku.values()]


def _enter(
    by_sku: dict[str, tuple[Row, Canonical]], row: Row, variant: Canonical, remarks: Remarks
) -> Row | None:
    """Add the variant; the row of the one with the same sku and options that it replaces."""
    earlier = by_sku.get(variant["sku"])
    if earlier and earlier[1].get("options") != variant.get("options"):
        remarks.note("sku")
        variant["sku"] = "/".join((variant["sku"], *variant.get("options", {}).values()))
        earlier = by_sku.get(variant["sku"])
    by_sku[variant["sku"]] = (row, variant)
    return earlier[0] if earlier else None


def _product(data: Canonical, defaults: Defaults) -> Product:
    product = Product.from_dict(data, locale=defaults.locale, currency=defaults.currency)
    for variant in product.variants:
        price = variant.price
        if defaults.prices_in and price and price.currency != defaults.prices_in:
            raise InvalidField("price", str(price), f"a price in {defaults.prices_in}")
    return product


def _reject(row: Row, data: Canonical, error: InvalidRecord, defaults: Defaults) -> Reject:
    if isinstance(error, InvalidField):
        field, value = error.field, error.value
    else:
        field, value = next(_faults(data, defaults), ("", ""))
    product_id = data.get("id") or row.fields.get("id") or ""
    expected = f"; expected {error.expected}" if error.expected else ""
    text = "" if value is None else str(value)
    return Reject(row.number, str(product_id), field, text, f"{error.what}{expected}")


def _faults(data: Canonical, defaults: Defaults) -> Iterator[tuple[str, Any]]:
    """Fields of `data` that are refused even in an otherwise good product, with their values.

    None: each is right by itself, and only together they are not.
    """
    variants = data.get("variants")
    for name in dict.fromkeys((*_PROBE, *data)):
        if name == "variants" and isinstance(variants, list):
            for variant in variants:
                if isinstance(variant, Mapping):
                    yield from _variant_faults(variant, defaults)
        probe = {**_PROBE, name: data.get(name)}
        if _is_refused(probe, defaults):
            yield name, data.get(name, "")


def _variant_faults(variant: Mapping[str, Any], defaults: Defaults) -> Iterator[tuple[str, Any]]:
    for name in dict.fromkeys(("sku", *variant)):
        probe = {**_PROBE, "variants": [{"sku": "probe", name: variant.get(name)}]}
        if _is_refused(probe, defaults):
            yield name, variant.get(name, "")


def _is_refused(data: Canonical, defaults: Defaults) -> bool:
    try:
        _product(data, defaults)
    except InvalidRecord:
        return True
    return False
