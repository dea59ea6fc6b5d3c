"""A job whose workers never finish: ``python -m work.holding FOLDER``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from shopkeeper.store.locks import exclusive
from shopkeeper.work import LocalEngine

PARTS = (1, 2)


def held(folder: Path, part: int) -> Path:
    """Locked as long as the worker of that part lives."""
    return folder / f"{part}.lock"


def hold(folder: Path, part: int) -> None:
    with exclusive(held(folder, part), "hold"):
        sys.stdout.write(f"{part}\n")
        sys.stdout.flush()
        Event().wait()


def parts() -> Iterator[int]:
    yield from PARTS


if __name__ == "__main__":
    list(LocalEngine(2).run(hold, parts(), Path(sys.argv[1])))
