"""What are the words of a text, as people write and type them?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from shopkeeper.text import HAN, Analyser, Token, fold, groups, normalise, simplify

_ENGLISH = "a an and at by for from in is of on or the this to with your"
_CHINESE = "的 和 与 及 或 在 是"
GLUE = frozenset((*_ENGLISH.split(), *_CHINESE.split()))
"""Terms that begin or end no phrase, and that a product need not have."""

_HAN = re.compile(f"[{HAN}]")
_BESIDE_HAN = re.compile(f"(?<=[{HAN}]) | (?=[{HAN}])")


class Word(NamedTuple):
    """A word or compound at [start, end) of a normalised text.

    A named tuple, since a catalogue makes millions of them.
    """

    surface: str
    start: int
    end: int
    terms: tuple[str, ...]
    """The analysed terms that cover it, in order."""
    term: str | None
    """The one term that stands for all of it; None when there is none."""


def words_of(text: str, analyser: Analyser) -> list[Word]:
    """The words of a normalised text. Compounds are whole: WH-1000XM5, T shirt, 羽绒服."""
    return words_in(text, analyser.tokens(text))


def words_in(text: str, tokens: Sequence[Token]) -> list[Word]:
    """The words that these tokens of a normalised text make up."""
    words = []
    for group in groups(tokens):
        start, end = group[0].start, max(token.end for token in group)
        cover = tuple(token.term for token in group if token.length == 1)
        whole = group[0].term if group[0].length == len(cover) else None
        words.append(Word(text[start:end], start, end, cover, whole))
    return words


def letters(text: str) -> str:
    """What of a text is typed: without case, accents, hyphens, apostrophes, in simplified Chinese.

    "T-Shirt" and "t shirt" are the same; so are 雙人 帳篷 and 双人帐篷. Idempotent.
    """
    plain = fold(simplify(normalise(text))).replace("-", " ").replace("'", "")
    return _BESIDE_HAN.sub("", " ".join(plain.split()))


def has_han(text: str) -> bool:
    """Whether a Chinese character stands in the text."""
    return _HAN.search(text) is not None
