"""How is a long job watched? Part by part, whoever does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from shopkeeper.records.ports import Done, Engine, Part, Shared

Tell: TypeAlias = Callable[[str, int, int], None]
"""Hears (stage, parts done, parts in all)."""


def be_quiet(stage: str, done: int, total: int) -> None:
    """Tells nobody."""


def in_parts(
    work: Callable[[Shared, Part], Done],
    parts: Sequence[Part],
    shared: Shared,
    *,
    engine: Engine,
    stage: str,
    tell: Tell,
) -> Iterator[Done]:
    """``work(shared, part)`` of every part, in the order of the parts, as they become ready."""
    tell(stage, 0, len(parts))
    for number, done in enumerate(engine.run(work, parts, shared), start=1):
        yield done
        tell(stage, number, len(parts))
