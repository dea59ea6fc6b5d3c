"""Where does everything stand? A whole catalogue as columns, category by category.

Truth, shoppers and logs work on these arrays. They can be filled from a generated world or from
any feed with structured attributes, and nothing that stands on them knows which it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from shopkeeper.knowledge import BRAND, NEARLY, PRICE, Slot, Value


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A text attribute or flag in one category; bit i of a mask stands for value i."""

    values: tuple[Value, ...]
    """At most 64."""
    told: NDArray[np.uint64]
    """[products of the aisle] 0: the listing does not say."""
    true: NDArray[np.uint64]

    def mask(self, values: Collection[Value]) -> np.uint64:
        return np.uint64(mask_of(self.values, values))


@dataclass(frozen=True, slots=True)
class NumberColumn:
    told: NDArray[np.float64]
    """[products of the aisle] NaN: the listing does not say."""
    true: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Aisle:
    """All products of one category."""

    category: str
    rows: NDArray[np.int32]
    """[n] Their places in the catalogue, ascending."""
    columns: Mapping[str, TextColumn | NumberColumn]


@dataclass(frozen=True, slots=True)
class Shelves:
    """A catalogue of n products; arrays are [n] in its order."""

    ids: Sequence[str]
    skus: Sequence[str]
    """Of the variant that a page shows."""
    aisles: tuple[Aisle, ...]
    brands: tuple[str, ...]
    aisle_of: NDArray[np.int16]
    brand: NDArray[np.int16]
    price: NDArray[np.float64]
    quality: NDArray[np.float32]
    popularity: NDArray[np.float32]
    appeal: NDArray[np.float32]
    in_stock: NDArray[np.bool_]
    place: NDArray[np.int32] = field(init=False, repr=False)
    """Within its aisle, from 0."""
    number: Mapping[str, int] = field(init=False, repr=False)
    """By category, its aisle."""
    brand_number: Mapping[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        place = np.empty(len(self.ids), dtype=np.int32)
        for aisle in self.aisles:
            place[aisle.rows] = np.arange(len(aisle.rows), dtype=np.int32)
        object.__setattr__(self, "place", place)
        numbers = {aisle.category: at for at, aisle in enumerate(self.aisles)}
        object.__setattr__(self, "number", numbers)
        object.__setattr__(self, "brand_number", {b: at for at, b in enumerate(self.brands)})

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, categories: Iterable[str]) -> NDArray[np.int32]:
        """Places of all products of these categories, ascending."""
        found = [self.aisles[self.number[c]].rows for c in categories if c in self.number]
        return np.sort(np.concatenate(found)) if found else np.empty(0, dtype=np.int32)

    def accepted(
        self, slot: Slot, rows: NDArray[np.int32], *, true: bool = False
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
        """[len(rows)] Whether each product is known to have any value, a wished one, a near one.

        Args:
            true: go by what the products are, not by what their listings say.
        """
        if slot.attribute == BRAND:
            numbers = [self.brand_number[str(v)] for v in slot.values if v in self.brand_number]
            has = np.isin(self.brand[rows], numbers)
            known = self.brand[rows] != self.brand_number.get("", -1)
            return known, has, np.zeros(len(rows), dtype=np.bool_)
        if slot.attribute == PRICE:
            return _within(slot, self.price[rows])
        known = np.zeros(len(rows), dtype=np.bool_)
        has, near = known.copy(), known.copy()
        aisles = self.aisle_of[rows]
        for number in np.unique(aisles):
            column = self.aisles[number].columns.get(slot.attribute)
            if column is None:
                continue
            here = np.flatnonzero(aisles == number)
            at = self.place[rows[here]]
            values = (column.true if true else column.told)[at]
            if isinstance(column, NumberColumn):
                known[here], has[here], near[here] = _within(slot, values)
            else:
                known[here] = values != 0
                has[here] = (values & column.mask(slot.values)) != 0
                near[here] = (values & column.mask(slot.near)) != 0
        return known, has, near


def mask_of(all_values: Sequence[Value], values: Collection[Value]) -> int:
    """One bit per value of `all_values` that is among `values`; others are lost."""
    return sum(1 << bit for bit, value in enumerate(all_values) if value in values)


def _within(
    slot: Slot, values: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """The same as slot.accepts and slot.nearly_accepts, for numbers; NaN is unknown."""
    if slot.values:
        has = np.isin(values, [float(value) for value in slot.values])
        near = np.isin(values, [float(value) for value in slot.near])
    else:
        (low, high), (lowest, highest) = slot.bounds(0.0), slot.bounds(NEARLY)
        has = (values >= low) & (values <= high)
        near = (values >= lowest) & (values <= highest)
    return ~np.isnan(values), has, near
