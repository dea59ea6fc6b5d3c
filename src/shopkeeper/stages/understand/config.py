"""What is a guess worth, and from when on is it believed?"""

from __future__ import annotations

from dataclasses import dataclass, field

from shopkeeper.records import InvalidRequest
from shopkeeper.text import SpellingConfig


@dataclass(frozen=True, slots=True)
class UnderstandingConfig:
    """What another way to say a word is worth, and what may be concluded. All from 0 to 1."""

    compound: float = 0.8
    """Weight of the pieces of a compound, or of neighbours joined: "wh 1000 xm5"."""
    unit: float = 0.95
    """Weight of the same amount in another unit: 0.5 l for 500 ml."""
    bare_number: float = 0.3
    """Weight of a quantity's number alone."""
    synonym: float = 0.8
    """Weight of a synonym."""
    pinyin: float = 0.4
    """Weight of a Chinese word that sounds the same as one that the shop does not know."""
    replace_from: float = 0.8
    """Confidence from which a correction takes the place of a word."""
    replace_unknown_from: float = 0.5
    """The same for a word that the catalogue does not have at all."""
    consider_from: float = 0.2
    """Confidence from which a correction is searched beside the word."""
    constraint_from: float = 0.6
    """Confidence from which a brand, a category or a value is a wish."""
    spelling: SpellingConfig = field(default_factory=SpellingConfig)

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if name != "spelling" and not 0 <= getattr(self, name) <= 1:
                raise InvalidRequest(f"{name} {getattr(self, name)}", expected="0 … 1")
