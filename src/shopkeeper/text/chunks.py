"""What is inside a Latin chunk: a word, a compound, a model number?"""

from __future__ import annotations

import re
from functools import lru_cache

from shopkeeper.text.normalise import fold
from shopkeeper.text.piece import Piece
from shopkeeper.text.stem import StemmerName, stemmer
from shopkeeper.text.units import number_term

_POSSESSIVE = re.compile(r"'[sS]?$")
_PART = re.compile(r"[^&-]+")
_ATOM = re.compile(r"\d+(?:[.,]\d+)*|[^\d.,]+")
_MOST_ATOMS = 8
"""A chunk with more of them is a serial number; its atoms alone would say nothing."""


@lru_cache(maxsize=1 << 16)
def read_chunk(chunk: str, stemmer_name: StemmerName) -> tuple[Piece, ...]:
    """The pieces of a chunk such as "women's", "T-shirts", "rtx4090" or "WH-1000XM5".

    Tiles first, in order, then the joined forms. Compounds fall apart at hyphens and ampersands,
    parts at the border of letters and digits; apostrophes vanish, with a possessive s.
    """
    stem = stemmer(stemmer_name)
    body = _POSSESSIVE.sub("", chunk)
    parts = [(m.start(), m.end()) for m in _PART.finditer(body)]
    tiles: list[Piece] = []
    joined: list[Piece] = []
    for start, end in parts:
        part = body[start:end]
        first = len(tiles)
        atoms = list(_ATOM.finditer(part))
        if len(atoms) == 1:
            tiles.append(Piece(_term(part, stemmer_name), start, end, first))
        else:
            tiles += (
                Piece(_atom(a[0]), start + a.start(), start + a.end(), first + i)
                for i, a in enumerate(atoms)
            )
            if len(parts) > 1:
                together = "".join(piece.term for piece in tiles[first:])
                joined.append(Piece(together, start, end, first, len(atoms)))
    if len(tiles) > 1:
        bare = _bare(body.replace("-", "").replace("&", ""))
        term = stem(bare) if bare.isalpha() else "".join(tile.term for tile in tiles)
        if len(tiles) > _MOST_ATOMS:
            return (Piece(term, 0, len(chunk), 0),)
        joined.append(Piece(term, 0, len(chunk), 0, len(tiles)))
    elif tiles:  # the possessive s belongs to the word's characters
        tiles[0] = Piece(tiles[0].term, 0, len(chunk), 0)
    return (*tiles, *joined)


def _bare(part: str) -> str:
    return fold(part).replace("'", "").replace(",", "")


def _term(part: str, stemmer_name: StemmerName) -> str:
    return _atom(part) if part[0].isdigit() else stemmer(stemmer_name)(_bare(part))


def _atom(atom: str) -> str:
    """A number loses what says nothing, unless it is a code with leading zeros."""
    if not atom[0].isdigit():
        return _bare(atom)
    if "." not in atom and "," not in atom:
        return atom
    number = re.sub(r",(?=\d{3}(?!\d))", "", atom).replace(",", ".")
    return number_term(float(number)) if number.count(".") <= 1 else number
