"""Which products need not be decoded again?"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from shopkeeper.records import Product

CACHED_PRODUCTS: Final = 4096
"""A decoded product takes a few kB."""


class DecodedProducts:
    """The products that were read last, each under the number of its last change."""

    def __init__(self, most: int = CACHED_PRODUCTS) -> None:
        self._most = most
        self._products: OrderedDict[str, tuple[int, Product]] = OrderedDict()
        self._lock = threading.Lock()

    def current(self, seqs: Mapping[str, int]) -> dict[str, Product]:
        """Those that have not changed since they were decoded; `seqs` are the numbers now."""
        found = {}
        with self._lock:
            for product_id, seq in seqs.items():
                known = self._products.get(product_id)
                if known and known[0] == seq:
                    self._products.move_to_end(product_id)
                    found[product_id] = known[1]
        return found

    def remember(self, fresh: Mapping[str, tuple[int, Product]]) -> None:
        """Keep these, and let go of those that were not read for the longest."""
        with self._lock:
            self._products.update(fresh)
            for product_id in fresh:
                self._products.move_to_end(product_id)
            while len(self._products) > self._most:
                self._products.popitem(last=False)
