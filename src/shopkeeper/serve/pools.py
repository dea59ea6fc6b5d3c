"""Where is the work done? Off the event loop, each kind in its own pool."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TypeVar

from shopkeeper.records import Deadline
from shopkeeper.serve.admission import Admission, Watch

T = TypeVar("T")


class Pool:
    """A few threads, and a queue before them, bounded in requests and in time. Used from one event
    loop.

    Pools keep kinds of work apart: a bulk of writes delays no search, and a flood of searches
    leaves the readiness probe alone.
    """

    def __init__(self, name: str, *, threads: int, waiting: int, watch: Watch) -> None:
        self._admission = Admission(threads, waiting, watch)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"shopkeeper-{name}")

    def place(self) -> AbstractContextManager[None]:
        """A place in the pool for as long as the block lasts. Raises `Overloaded` when full."""
        return self._admission.place()

    async def work(self, task: Callable[[], T]) -> T:
        """Run the task in one of the threads, for a caller who holds a place."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, task)

    async def run(self, task: Callable[[], T]) -> T:
        """Take a place, and run the task in one of the threads. Raises `Overloaded` when full."""
        with self.place():
            return await self.work(task)

    async def answer(self, task: Callable[[Deadline], T], deadline: Deadline) -> T:
        """As `run`, for a task that is worth nothing after its deadline.

        Raises `Overloaded` also when it could not be done by then.
        """

        def in_turn() -> T:
            with self._admission.turn(deadline):
                return task(deadline)

        with self._admission.place(deadline):
            return await self.work(in_turn)

    def close(self) -> None:
        """Let no more tasks start; those at work end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)
