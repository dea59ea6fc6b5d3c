"""How long can one call keep the others waiting? Never longer than its deadline.

A Python thread cannot be killed. So each stage has a fixed number of threads, made once: a call
that hangs keeps the thread it got, its caller leaves at the deadline, and when every thread of the
stage is stuck, further calls are turned away at once. What comes back late frees its thread; its
answer is dropped.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from shopkeeper.records import Deadline

T = TypeVar("T")


class Late(Exception):
    """The call was still running at its deadline; its thread goes on without a caller."""


class Occupied(Exception):
    """Every thread was at work until the deadline, and not for long: the stage is overloaded."""


class Stuck(Exception):
    """Every thread has been at one call for longer than the stage's patience, or all are closed."""


class Call(Generic[T]):
    """A function on its way through a worker; `done` is held until it has a result or an error."""

    __slots__ = ("done", "error", "function", "result")

    def __init__(self, function: Callable[[], T]) -> None:
        self.function = function
        self.result: T
        self.error: Exception | None = None
        self.done = threading.Lock()
        self.done.acquire()

    def wait(self, deadline: Deadline) -> T:
        """The result, or the exception that the function raised; once.

        Raises Late: neither has come by the deadline.
        """
        if not self.done.acquire(timeout=deadline.remaining_ms / 1000):
            raise Late("no answer in time")
        if self.error is not None:
            raise self.error
        return self.result


_Inbox = SimpleQueue[Call[Any] | None]


class Workers:
    """`size` daemon threads for the calls of one stage; never more, whatever the calls do.

    A thread counts as stuck once its call has taken longer than `patience_ms`. It is not enough
    that the caller has left: one in a hurry leaves calls behind that are about to end.
    """

    def __init__(self, stage: str, size: int, patience_ms: float) -> None:
        self.size = size
        self._patience_s = patience_ms / 1000
        self._is_closed = False
        self._began: dict[int, float] = {}
        self._idle: SimpleQueue[int] = SimpleQueue()
        self._inboxes: list[_Inbox] = [SimpleQueue() for _ in range(size)]
        for number, inbox in enumerate(self._inboxes):
            name = f"shopkeeper-{stage}-{number}"
            work = threading.Thread(target=self._work, args=(number, inbox), name=name, daemon=True)
            work.start()
            self._idle.put(number)

    @property
    def stuck(self) -> int:
        """How many threads are at a call for longer than the patience."""
        latest = time.monotonic() - self._patience_s
        return sum(began < latest for began in list(self._began.values()))

    def run(self, function: Callable[[], T], deadline: Deadline) -> T:
        """The function's result, or the exception it raised. Raises as `begin` and `Call.wait`."""
        return self.begin(function, deadline).wait(deadline)

    def begin(self, function: Callable[[], T], deadline: Deadline) -> Call[T]:
        """Let a thread call the function while the caller goes on, until it waits for the result.

        Waits for a free thread when all are at work, in the caller's own thread and time: no call
        is ever queued that nobody waits for.

        Raises:
            Occupied: no thread became free by the deadline.
            Stuck: no thread can be expected to become free.
        """
        call = Call(function)
        number = self._free_worker(deadline)
        self._began[number] = time.monotonic()
        self._inboxes[number].put(call)
        return call

    def close(self) -> None:
        """End the threads: idle ones now, the others when their calls return. Waits for none."""
        self._is_closed = True
        for inbox in self._inboxes:
            inbox.put(None)

    def _free_worker(self, deadline: Deadline) -> int:
        if self._is_closed:
            raise Stuck("closed")
        try:
            return self._idle.get_nowait()
        except Empty:
            if self.stuck == self.size:
                raise Stuck(f"busy: all {self.size} workers are stuck") from None
        try:
            return self._idle.get(timeout=deadline.remaining_ms / 1000)
        except Empty:
            raise Occupied(f"busy: none of {self.size} workers became free in time") from None

    def _work(self, number: int, inbox: _Inbox) -> None:
        while (call := inbox.get()) is not None:
            try:
                call.result = call.function()
            except Exception as error:
                call.error = error
            except BaseException as error:  # even SystemExit in a stage must not cost a thread
                call.error = RuntimeError(f"{type(error).__name__} in a stage")
            del self._began[number]
            # Free before the caller hears of it, so that its next call finds a thread.
            self._idle.put(number)
            call.done.release()
            del call  # the answer of one call must not live until the next one
