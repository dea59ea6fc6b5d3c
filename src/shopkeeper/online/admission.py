"""How many may come in at once? As many as can be answered in time; the others are told so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shopkeeper.records import ShopkeeperError


class Overloaded(ShopkeeperError):
    """Too many requests are under way; over HTTP this is 503 with Retry-After."""

    def __init__(self, limit: int, retry_after_s: int) -> None:
        super().__init__(
            f"{limit} requests are under way, which is all this process takes",
            hint=f"try again in {retry_after_s} s",
        )
        self.retry_after_s = retry_after_s


class Admission:
    """Lets at most `limit` requests be under way; refuses the next at once, and queues none."""

    def __init__(self, limit: int, retry_after_s: int) -> None:
        self._limit = limit
        self._retry_after_s = retry_after_s
        self._places = threading.Semaphore(limit)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one place for the length of a `with` block. Raises `Overloaded` when full."""
        if not self._places.acquire(blocking=False):
            raise Overloaded(self._limit, self._retry_after_s)
        try:
            yield
        finally:
            self._places.release()
