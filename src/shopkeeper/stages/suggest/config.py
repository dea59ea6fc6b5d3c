"""How much evidence does a suggestion need?"""

from __future__ import annotations

from dataclasses import dataclass

from shopkeeper.records import InvalidRequest


@dataclass(frozen=True, slots=True)
class SuggestionConfig:
    """What goes into the index. All are 1 or more."""

    shoppers: int = 20
    """Distinct shoppers who must have asked a query before it is shown to others (k-anonymity)."""
    days: int = 2
    """Days (UTC) on which it must have been asked; somebody with many ids may have but an hour."""
    phrase_products: int = 3
    """Titles that must say a phrase."""
    longest_phrase: int = 3
    """Words of a title phrase."""
    most_phrases: int = 20_000
    """Title phrases kept, the most frequent ones."""
    most_queries: int = 50_000
    """Logged queries kept, those of the most shoppers."""

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if getattr(self, name) < 1:
                raise InvalidRequest(f"{name} {getattr(self, name)}", expected="1 or more")
