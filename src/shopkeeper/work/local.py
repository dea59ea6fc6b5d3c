"""How does one machine do a long job? In this process, or in several."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Any

from shopkeeper.records import InvalidRequest
from shopkeeper.records.ports import Done, Part, Shared

_AHEAD = 3
"""Parts a process: a few ahead of the reader, so that finished ones do not pile up in memory."""

_shared: Any = None


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """An `Engine` of this machine."""

    processes: int = 1
    """1 works in this one."""

    def __post_init__(self) -> None:
        if self.processes < 1:
            raise InvalidRequest(f"processes {self.processes}", expected="1 or more")

    def run(
        self, work: Callable[[Shared, Part], Done], parts: Iterable[Part], shared: Shared
    ) -> Iterator[Done]:
        if self.processes == 1 or (isinstance(parts, Sized) and len(parts) == 1):
            for part in parts:
                yield work(shared, part)
            return
        with ProcessPoolExecutor(
            self.processes, get_context("spawn"), initializer=_share, initargs=(shared,)
        ) as pool:
            ahead = _submitted(pool, work, parts)
            waiting = deque(islice(ahead, _AHEAD * self.processes))
            while waiting:
                done = waiting.popleft().result()
                waiting.extend(islice(ahead, 1))
                yield done


def _submitted(
    pool: ProcessPoolExecutor, work: Callable[[Any, Part], Done], parts: Iterable[Part]
) -> Iterator[Future[Done]]:
    """A future for each part; what the parts raise has its place behind those before it."""
    rest = iter(parts)
    while True:
        try:
            part = next(rest)
        except StopIteration:
            return
        except Exception as error:
            broken: Future[Done] = Future()
            broken.set_exception(error)
            yield broken
            return
        yield pool.submit(_call, work, part)


def _share(shared: Any) -> None:
    global _shared  # noqa: PLW0603 — the one thing that a worker process keeps
    _shared = shared
    Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    """End with the process that gives out the parts, however that one ends.

    The pool's own pipes do not tell: each of its workers holds both ends of them.
    """
    parent = parent_process()
    assert parent is not None, "a pool started this process"
    wait([parent.sentinel])
    os._exit(1)


def _call(work: Callable[[Any, Part], Done], part: Part) -> Done:
    return work(_shared, part)
