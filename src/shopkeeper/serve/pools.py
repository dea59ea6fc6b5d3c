"""Who waits, who is turned away? Blocking work goes off the event loop, each kind to its pool."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from shopkeeper.online.admission import Admission
from shopkeeper.serve.problems import RETRY_AFTER_S

T = TypeVar("T")


class Pool:
    """A few threads, and a bounded queue before them. Used from one event loop.

    Pools keep kinds of work apart: a bulk of writes delays no search, and a flood of searches
    leaves the readiness probe alone.
    """

    def __init__(
        self, name: str, *, threads: int, waiting: int, watch: Callable[[int], None]
    ) -> None:
        """`watch` hears how many requests are inside, whenever that changes."""
        self._admission = Admission(threads + waiting, RETRY_AFTER_S)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"shopkeeper-{name}")
        self._inside = 0
        self._watch = watch
        watch(0)

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place in the pool for as long as the block lasts. Raises `Overloaded` when full."""
        with self._admission.place():
            self._change(1)
            try:
                yield
            finally:
                self._change(-1)

    async def work(self, task: Callable[[], T]) -> T:
        """Run the task in one of the threads, for a caller who holds a place."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, task)

    async def run(self, task: Callable[[], T]) -> T:
        """Take a place, and run the task in one of the threads. Raises `Overloaded` when full."""
        with self.place():
            return await self.work(task)

    def _change(self, by: int) -> None:
        self._inside += by
        self._watch(self._inside)

    def close(self) -> None:
        """Let no more tasks start; those at work end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)
