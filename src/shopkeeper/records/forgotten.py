"""What went when a shopper was forgotten?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed, by kind. It says nothing of who it was."""

    receipt: str
    """A random number, for whoever keeps a record of the request; empty: nothing was changed."""
    at: str
    """ISO 8601, UTC."""
    pages: int
    """Rows of the serve log."""
    events: int
    entries: int
    """Answers and caches that were computed ahead."""
    artefacts: tuple[str, ...]
    """``name@version`` of those on the disk that were made from a log since the shopper's first row
    came in. They hold counts and no ids; each stops counting the shopper when it is built again."""
