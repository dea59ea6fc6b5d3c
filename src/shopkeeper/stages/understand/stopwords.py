"""Which words mean nothing for matching?"""

from __future__ import annotations

_ENGLISH = """
a an and are as at be by for from i in is it its me my of on or some that the their this to want was
we with you your
"""
_CHINESE = "的 了 和 与 及 我 想 要 买 给 请 吗 呢 是 有 适合 一个 一款 什么"

STOP_WORDS = frozenset((*_ENGLISH.split(), *_CHINESE.split()))
"""Terms as the analyser gives them. Words that change what is wanted (no, without, not) are none,
nor are those that shops sell (can)."""
