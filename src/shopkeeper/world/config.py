"""Which dials does a world have?"""

from __future__ import annotations

from dataclasses import dataclass, fields

from shopkeeper.records import InvalidRequest


@dataclass(frozen=True, slots=True)
class WorldConfig:
    """How merchants write and stock. Every dial is a probability, 0 … 1."""

    chinese: float = 0.35
    """A product has Chinese texts beside the English ones."""
    omit: float = 0.08
    """An attribute is left out of the structured data; the texts may still name it."""
    wrong: float = 0.01
    """An attribute is stated wrongly, everywhere, as another value of its category."""
    typo: float = 0.02
    """The English title has a misspelt word."""
    sold_out: float = 0.05
    """A variant has no stock."""
    unrated: float = 0.1
    """A product has no rating yet."""

    def __post_init__(self) -> None:
        for dial in fields(self):
            value = getattr(self, dial.name)
            if (
                isinstance(value, bool)
                or not isinstance(value, (int, float))
                or not 0 <= value <= 1
            ):
                raise InvalidRequest(f"{dial.name} {value!r}", expected="a probability, 0 … 1")
