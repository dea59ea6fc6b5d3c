"""Who is let in? Who can be answered in time; the others are told so at once."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, Protocol, TypeAlias

from shopkeeper.records import Deadline, ShopkeeperError

LATEST = 100
"""Answers of a crowd by which it is known how long one takes."""
MOST = 0.9
"""Share of them that took no longer than what is counted on."""

Why: TypeAlias = Literal["full", "late"]
"""No room, or no time, for one more."""


class Overloaded(ShopkeeperError):
    """There is no room, or no time, for one more request; over HTTP 503 with Retry-After."""


class Watch(Protocol):
    """Hears what goes on at one door; `refused` is called from several threads."""

    def inside(self, requests: int) -> None:
        """So many are at work or waiting, from now on."""

    def refused(self, why: Why) -> None: ...


class Admission:
    """The door before a few threads. Who finds them all at work comes in while there is room to
    wait, and time to be answered:

        (n / threads + 1) · t  <  time left

    n: how many must end before its turn comes. t: what nine in ten answers took at most, from when
    they had a thread, of the latest that began while every thread was at work; threads share the
    cores, so the answers of a calm hour say nothing about a crowd's.

    Who costs nobody time is never refused: not who finds a thread free, nor, when its turn comes
    late, who has nobody waiting behind. So t is always learned anew, and a slow spell does not shut
    the door for good. Nor does a deadline that cuts answers short make t small, and so let in more:
    who was let in has at least t left, and takes all of it before it is cut.

    It is used from one event loop, but for `turn`.
    """

    def __init__(self, threads: int, waiting: int, watch: Watch) -> None:
        self._threads = threads
        self._waiting = waiting
        self._watch = watch
        self._inside = 0
        self._took_ms: deque[float] = deque(maxlen=LATEST)
        self._usual_ms = 0.0
        self._learning = threading.Lock()
        watch.inside(0)

    @contextmanager
    def place(self, deadline: Deadline | None = None) -> Iterator[None]:
        """Hold a place for the length of a `with` block; without a deadline time is no reason.

        Raises `Overloaded` when there is no room, or no time.
        """
        before = self._inside - self._threads + 1
        if before > self._waiting:
            raise self._refusal("full", f"{self._inside} requests are under way, which is all")
        if before > 0 and deadline is not None:
            self._check(deadline, before)
        self._move(1)
        try:
            yield
        finally:
            self._move(-1)

    @contextmanager
    def turn(self, deadline: Deadline) -> Iterator[None]:
        """One who holds a place has a thread now, and works in the `with` block; in that thread.

        Raises `Overloaded` when its turn has come too late, and others wait for the thread.
        """
        if self._inside > self._threads:
            self._check(deadline, 0)
        is_crowd = self._inside >= self._threads
        began = deadline.clock()
        yield
        if is_crowd:
            self._learn((deadline.clock() - began) * 1000)

    def _check(self, deadline: Deadline, before: int) -> None:
        expected_ms = (before / self._threads + 1) * self._usual_ms
        if deadline.remaining_ms <= expected_ms:
            raise self._refusal(
                "late", f"an answer takes {expected_ms:.0f} ms now, and less time is left"
            )

    def _learn(self, took_ms: float) -> None:
        with self._learning:
            self._took_ms.append(took_ms)
            self._usual_ms = sorted(self._took_ms)[math.ceil(MOST * len(self._took_ms)) - 1]

    def _refusal(self, why: Why, what: str) -> Overloaded:
        self._watch.refused(why)
        return Overloaded(what, hint="Retry-After says when to ask again")

    def _move(self, by: int) -> None:
        self._inside += by
        self._watch.inside(self._inside)
