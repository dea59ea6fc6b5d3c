"""How does the terminal show what happens? On stderr, so that stdout carries data alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.status import Status
from rich.text import Text

console = Console(stderr=True, highlight=False)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show how far something is; the function given hears (done, total)."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    is_seen = console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=not is_seen) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def say(text: str) -> None:
    """A line for a person; brackets and colons in it mean nothing."""
    console.print(text, soft_wrap=True, markup=False, emoji=False)


def working(what: str) -> Status:
    """Show what is being done while a `with` block lasts."""
    return console.status(Text(what))


def emit(data: Any) -> None:
    """Data on stdout: one JSON document, indented for a person who reads it."""
    option = orjson.OPT_INDENT_2 if sys.stdout.isatty() else 0
    sys.stdout.write(orjson.dumps(data, option=option | orjson.OPT_SERIALIZE_NUMPY).decode() + "\n")
