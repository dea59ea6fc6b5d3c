"""Where are the words in Chinese? One script first, then words, then the words inside them."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Protocol

from shopkeeper.text.piece import Piece

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
"""Ranges of Han characters, for use inside a regular expression's [ ]."""

_HAN = re.compile(f"[{HAN}]")
_VARIANTS = str.maketrans({"揹": "背", "衹": "只", "祇": "只", "氷": "冰"})
"""Variants that the Traditional-to-Simplified standard leaves alone, and shops do not."""


class _Converter(Protocol):
    def convert(self, text: str) -> str: ...


@cache
def _converter() -> _Converter:
    from opencc import OpenCC

    converter: _Converter = OpenCC("t2s")
    return converter


def simplify(text: str) -> str:
    """Traditional characters to simplified ones (OpenCC "t2s"), of the same length.

    Phrases are read whole, so that 乾燥 becomes 干燥 while 乾隆 stays. Regional words are not
    exchanged (滑鼠 is not yet 鼠标): those are synonyms.
    """
    if not _HAN.search(text):
        return text
    converted = _converter().convert(text).translate(_VARIANTS)
    return converted if len(converted) == len(text) else text.translate(_VARIANTS)


@lru_cache(maxsize=1 << 16)
def segment(run: str) -> tuple[Piece, ...]:
    """The words of a run of simplified Han characters: tiles, longer words, words inside them.

    Dictionary words only (jieba's dictionary, no guessing by hidden Markov model): a guess depends
    on its neighbours, and a query's word would be cut differently in a title. 羽绒服 is the tiles
    羽绒 and 服, and the word over both; so 羽绒服, 羽绒 and 服 all find it.
    """
    import rjieba

    words: list[Piece] = []
    start = tile = 0
    for text in rjieba.cut(run, False):
        parts = _tiles(text)
        at, inside = start, []
        for offset, part in enumerate(parts):
            inside.append(Piece(part, at, at + len(part), tile + offset))
            at += len(part)
        if len(parts) > 1:
            inside.insert(0, Piece(text, start, at, tile, len(parts)))
            inside += _words_inside(text, inside, start)
        words += inside
        start, tile = at, tile + len(parts)
    return tuple(words)


def _tiles(word: str) -> tuple[str, ...]:
    """The word cut into two shorter ones, the head at its end, or whole if none fit.

    A single character may only be the last tile (运动鞋 is 运动 and 鞋).
    """
    import rjieba

    if len(word) < 3:
        return (word,)
    for cut in range(len(word) - 1, 1, -1):
        head = word[cut:]
        if rjieba.has_word(word[:cut]) and (len(head) == 1 or rjieba.has_word(head)):
            if len(head) == 1 and len(word) > 3:
                continue  # 笔记本电 | 脑 is a dictionary's accident, 笔记本 | 电脑 is meant
            return word[:cut], head
    return (word,)


def _words_inside(word: str, known: list[Piece], start: int) -> list[Piece]:
    """Two- and three-character words inside that are no tile: within one, or the word's start.

    Across tiles it would be another word, as 衣裙 across 连衣 and 裙; a start like 羽毛球 of
    羽毛球拍 is meant.
    """
    import rjieba

    seen = {item.term for item in known}
    tiles = [item for item in known if item.length == 1]
    found = []
    for size in (2, 3):
        for at in range(len(word) - size + 1):
            text = word[at : at + size]
            if text not in seen and rjieba.has_word(text):
                begin = start + at
                over = [t for t in tiles if t.start < begin + size and t.end > begin]
                if len(over) == 1 or at == 0:
                    found.append(Piece(text, begin, begin + size, over[0].tile, length=0))
    return found
