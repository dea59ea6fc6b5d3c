"""How does it sound in Mandarin?"""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1 << 14)
def pinyin(han: str) -> str:
    """The syllables of simplified Han characters, without tones: 背包 is "beibao".

    Different words sound alike (景点 and 经典 are both "jingdian"): a hint at a typing slip, no
    more.
    """
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(han))
