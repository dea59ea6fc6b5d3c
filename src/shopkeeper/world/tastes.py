"""What do goods look and feel like, to whom? Styles of goods and tastes of shoppers, as vectors.

The style of a product follows from what can be seen and read of it, its colour, pattern, material
and brand, so that a taste can be learnt from clicks and carries over to new products.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

from shopkeeper.world.chance import normals, stream
from shopkeeper.world.shelves import Shelves, TextColumn

DIMENSION = 8
STYLED = ("colour", "pattern", "material", "style")
"""Attributes that make a style."""
_BRAND = 0.7
"""How much a brand adds, beside 1 for each attribute."""


def styles_of(shelves: Shelves) -> NDArray[np.float32]:
    """[products, DIMENSION] Rows of unit length."""
    brands = np.stack([_direction("brand", brand) for brand in shelves.brands])
    styles = (_BRAND * brands[shelves.brand]).astype(np.float32)
    for aisle in shelves.aisles:
        for name in STYLED:
            column = aisle.columns.get(name)
            if not isinstance(column, TextColumn):
                continue
            directions = np.stack([_direction(name, str(value)) for value in column.values])
            first = np.where(column.true != 0, _lowest_bit(column.true), -1)
            styled = first >= 0
            styles[aisle.rows[styled]] += directions[first[styled]]
    lengths = np.linalg.norm(styles, axis=1, keepdims=True)
    return (styles / np.where(lengths > 0, lengths, 1)).astype(np.float32)


@cache
def _direction(kind: str, name: str) -> NDArray[np.float32]:
    """A unit vector of its own for each name, the same in every world."""
    digest = hashlib.sha256(f"{kind}\n{name}".encode()).digest()
    vector = normals(stream(int.from_bytes(digest[:8])), (DIMENSION,))
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def _lowest_bit(masks: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Number of the lowest bit that is set; of 0 it is meaningless."""
    lowest = masks & (~masks + np.uint64(1))
    return np.log2(np.maximum(lowest, 1).astype(np.float64)).astype(np.int64)
