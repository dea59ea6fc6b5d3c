"""What are products and queries called? Ids and texts as columns, to take from by place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from shopkeeper.world.queries import WorldQuery
from shopkeeper.world.shelves import Shelves


@dataclass(frozen=True, slots=True)
class Names:
    products: pa.Array
    skus: pa.Array
    queries: pa.Array
    """Texts of the book's queries, and "" behind the last."""


def names_of(shelves: Shelves, queries: Sequence[WorldQuery]) -> Names:
    return Names(
        pa.array(shelves.ids, pa.string()),
        pa.array(shelves.skus, pa.string()),
        pa.array([*(query.text for query in queries), ""], pa.string()),
    )
