"""Who hears how far a long job is?"""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int | None], None]
"""Hears (done, total); total is None while nobody knows."""


def no_progress(done: int, total: int | None) -> None:
    """For those who do not watch."""
