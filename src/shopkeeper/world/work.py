"""How is a long job split? The same parts, in order, in this process or in several."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import Any, TypeAlias, TypeVar

Part = TypeVar("Part")
Done = TypeVar("Done")

Tell: TypeAlias = Callable[[str, int, int], None]
"""Hears (stage, parts done, parts in all)."""

_shared: Any = None


def be_quiet(stage: str, done: int, total: int) -> None:
    """Tells nobody."""


def in_parts(
    work: Callable[[Any, Part], Done],
    parts: Sequence[Part],
    shared: Any,
    *,
    processes: int,
    stage: str,
    tell: Tell,
) -> Iterator[Done]:
    """``work(shared, part)`` of every part, in the order of the parts, as they become ready.

    Args:
        work: a function of a module, whose result depends on its arguments alone.
        shared: sent to each process once.
        processes: 1 works in this one. Results do not depend on it.
    """
    tell(stage, 0, len(parts))
    if processes == 1 or len(parts) == 1:
        for number, part in enumerate(parts, start=1):
            yield work(shared, part)
            tell(stage, number, len(parts))
        return
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=_share, initargs=(shared,)
    ) as pool:
        ahead = iter(parts)
        # A few parts ahead of the reader, so that finished ones do not pile up in memory.
        waiting: deque[Future[Done]] = deque(
            pool.submit(_call, work, part) for part in islice(ahead, 3 * processes)
        )
        for number in range(1, len(parts) + 1):
            yield waiting.popleft().result()
            waiting.extend(pool.submit(_call, work, part) for part in islice(ahead, 1))
            tell(stage, number, len(parts))


def _share(shared: Any) -> None:
    global _shared  # noqa: PLW0603 — the one thing that a worker process keeps
    _shared = shared


def _call(work: Callable[[Any, Part], Done], part: Part) -> Done:
    return work(_shared, part)
