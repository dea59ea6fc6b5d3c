"""What the engines' suite has done: functions of a module, parts that are read again if need be."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shopkeeper.records import InvalidRecord


def weigh(shared: dict[str, float], part: tuple[int, str]) -> tuple[int, float]:
    """Slowest for the first parts, so that later ones are done before them."""
    number, word = part
    time.sleep(0.02 * max(0, 4 - number))
    return number, shared[word] * 0.1 * number


def refuse_three(shared: None, part: int) -> int:
    if part == 3:
        raise InvalidRecord("part 3", where="feed.csv:3", hint="leave it out")
    return part


def divide(shared: int, part: int) -> float:
    return shared / part


def echo(shared: None, part: object) -> object:
    return part


@dataclass(frozen=True)
class BreaksOff:
    """Numbers from 0, and then an error."""

    after: int

    def __iter__(self) -> Iterator[int]:
        yield from range(self.after)
        raise InvalidRecord("the file breaks off", where="feed.csv.gz")


@dataclass(frozen=True)
class Noted:
    """Numbers from 0; how many have been read stands in a file."""

    count: int
    read: Path

    def __iter__(self) -> Iterator[int]:
        for number in range(self.count):
            self.read.write_text(str(number + 1))
            yield number


@dataclass(frozen=True)
class Waiting:
    """Where a worker writes its process number when it has begun part 5, and waits for "go"."""

    folder: Path


def square_after_waiting(shared: Waiting, part: int) -> int:
    if part == 5:
        (shared.folder / f"worker-{os.getpid()}").touch()
        deadline = time.monotonic() + 60
        while not (shared.folder / "go").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
    return part * part
