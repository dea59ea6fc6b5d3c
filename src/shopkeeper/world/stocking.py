"""How do products come onto the shelves? Chunk by chunk, in any number of processes."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shopkeeper.knowledge import Value
from shopkeeper.world.shelves import Aisle, NumberColumn, Shelves, TextColumn, mask_of

Schema: TypeAlias = Mapping[str, Mapping[str, "tuple[Value, ...] | None"]]
"""Category → attribute → the values that it may have, at most 64; None: a number."""

_NUMBERS = ("price", "quality", "popularity", "appeal")


class Placed(NamedTuple):
    """What the shelves need of one product."""

    id: str
    sku: str
    """Of the variant that a page shows."""
    category: str
    brand: str
    told: Mapping[str, Collection[Value]]
    """What its listing says, without brand and price."""
    true: Mapping[str, Collection[Value]]
    """What it is."""
    is_in_stock: bool
    price: float
    """The lowest of its variants, in the currency's main unit."""
    quality: float
    popularity: float
    appeal: float
    """How well its picture is made, 0 … 1."""


@dataclass(slots=True)
class Chunk:
    """Products in a row, encoded. Cheap to send between processes."""

    ids: list[str] = field(default_factory=list)
    skus: list[str] = field(default_factory=list)
    category: list[str] = field(default_factory=list)
    brand: list[str] = field(default_factory=list)
    in_stock: list[bool] = field(default_factory=list)
    numbers: array[float] = field(default_factory=lambda: array("d"))
    """Of each product in turn, as in `_NUMBERS`."""
    masks: dict[tuple[str, str], array[int]] = field(default_factory=dict)
    """(category, text attribute) → told and true of each of the category's products in turn."""
    amounts: dict[tuple[str, str], array[float]] = field(default_factory=dict)
    """The same of number attributes."""

    def add(self, product: Placed, schema: Schema) -> None:
        self.ids.append(product.id)
        self.skus.append(product.sku)
        self.category.append(product.category)
        self.brand.append(product.brand)
        self.in_stock.append(product.is_in_stock)
        self.numbers.extend(getattr(product, name) for name in _NUMBERS)
        for attribute, values in schema[product.category].items():
            told, true = product.told.get(attribute, ()), product.true.get(attribute, ())
            key = product.category, attribute
            if values is None:
                pair = _number(told), _number(true)
                self.amounts.setdefault(key, array("d")).extend(pair)
            else:
                masks = mask_of(values, told), mask_of(values, true)
                self.masks.setdefault(key, array("Q")).extend(masks)


def join_chunks(chunks: Sequence[Chunk], schema: Schema) -> Shelves:
    """Lay chunks end to end, in the order given."""
    ids = [product_id for chunk in chunks for product_id in chunk.ids]
    brands = sorted({brand for chunk in chunks for brand in chunk.brand})
    brand_number = {brand: at for at, brand in enumerate(brands)}
    category_number = {category: at for at, category in enumerate(schema)}
    aisle_of = np.array(
        [category_number[category] for chunk in chunks for category in chunk.category],
        dtype=np.int16,
    )
    numbers = np.concatenate([np.frombuffer(chunk.numbers) for chunk in chunks])
    price, quality, popularity, appeal = numbers.reshape(len(ids), len(_NUMBERS)).T
    return Shelves(
        ids=ids,
        skus=[sku for chunk in chunks for sku in chunk.skus],
        aisles=tuple(
            _aisle(category, np.flatnonzero(aisle_of == at), chunks, schema)
            for category, at in category_number.items()
        ),
        brands=tuple(brands),
        aisle_of=aisle_of,
        brand=np.array([brand_number[b] for chunk in chunks for b in chunk.brand], dtype=np.int16),
        price=price.copy(),
        quality=quality.astype(np.float32),
        popularity=popularity.astype(np.float32),
        appeal=appeal.astype(np.float32),
        in_stock=np.array([known for chunk in chunks for known in chunk.in_stock], dtype=np.bool_),
    )


def _aisle(category: str, rows: NDArray[np.intp], chunks: Sequence[Chunk], schema: Schema) -> Aisle:
    columns: dict[str, TextColumn | NumberColumn] = {}
    for attribute, values in schema[category].items():
        key = category, attribute
        if values is None:
            amounts = [np.frombuffer(chunk.amounts.get(key, b"")) for chunk in chunks]
            columns[attribute] = NumberColumn(*np.concatenate(amounts).reshape(-1, 2).T.copy())
        else:
            masks = [np.frombuffer(chunk.masks.get(key, b""), np.uint64) for chunk in chunks]
            told, true = np.concatenate(masks).reshape(-1, 2).T.copy()
            columns[attribute] = TextColumn(values, told, true)
    return Aisle(category, rows.astype(np.int32), columns)


def _number(values: Collection[Value]) -> float:
    """The value, NaN where there is none; the mean where a listing contradicts itself."""
    return sum(float(value) for value in values) / len(values) if values else float("nan")
