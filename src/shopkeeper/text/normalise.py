"""Which characters are the same? One spelling of every character before words are looked for."""

from __future__ import annotations

import re
import unicodedata

_DROPPED = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
"""Soft hyphens, zero-width and direction marks, variation selectors: invisible, inside words."""

_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′´`ʼʹ＇", "'"),
        **dict.fromkeys("“”„‟″ʺ＂", '"'),
        **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),
        **dict.fromkeys("×✕✖", "x"),
        **dict.fromkeys("™®©℠℗", " "),  # NFKC would turn "Nike™" into "NikeTM"
    }
)
_VULGAR = re.compile("[¼-¾⅐-⅞]")
_ACCENTS = re.compile("[\u0300-\u036f]")
"""Combining marks of alphabets; the voicing marks of kana lie elsewhere and stay."""


def normalise(text: str) -> str:
    """The text as it is read and shown: NFKC, plain quotes and dashes, single spaces.

    Case and accents stay. "½" becomes "1/2" with a space before it, so that "1½" is "1 1/2".
    Token offsets count in this text. Idempotent.
    """
    if text.isascii():
        return " ".join(text.replace("`", "'").split())
    text = _VULGAR.sub(lambda fraction: " " + unicodedata.normalize("NFKC", fraction[0]), text)
    text = _DROPPED.sub("", text).translate(_CHARACTERS)
    text = unicodedata.normalize("NFKC", text).translate(_CHARACTERS).replace("⁄", "/")
    return " ".join(text.split())


def fold(text: str) -> str:
    """The text with case and accents gone: "Crème BRÛLÉE" and "creme brulee" are the same."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", folded))
    return unicodedata.normalize("NFC", bare)
