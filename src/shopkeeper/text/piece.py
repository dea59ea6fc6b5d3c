"""What does the analyser cut a text into?"""

from __future__ import annotations

from typing import NamedTuple


class Piece(NamedTuple):
    """A term at characters [start, end); it stands for `length` tiles from `tile`.

    Tiles cover the text without overlap. Length 0: the term lies inside of the tile and finds it,
    but does not stand for it, as "10" lies inside of "10mm" and 笔记 inside of 笔记本.

    A named tuple, since a catalogue makes millions of them.
    """

    term: str
    start: int
    end: int
    tile: int
    length: int = 1
