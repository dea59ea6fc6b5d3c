"""Which endings do not matter?"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Literal, TypeAlias

StemmerName: TypeAlias = Literal["plural", "english", "none"]
"""plural: plurals only, the default · english: Snowball's English (Porter 2) · none: as it is."""

Stemmer: TypeAlias = Callable[[str], str]
"""From a folded Latin word to its stem."""

_IRREGULAR_PLURALS = """
knives:knife wives:wife lives:life shelves:shelf halves:half leaves:leaf loaves:loaf
calves:calf scarves:scarf thieves:thief wolves:wolf elves:elf hooves:hoof
tomatoes:tomato potatoes:potato heroes:hero mosquitoes:mosquito torpedoes:torpedo
mice:mouse lice:louse dice:die feet:foot teeth:tooth geese:goose oxen:ox cacti:cactus
children:child childrens:child man:men mens:men woman:women womens:women
tvs:tv pcs:pc cds:cd axes:axe aches:ache headaches:headache caches:cache quizzes:quiz
movies:movie cookies:cookie brownies:brownie selfies:selfie hoodies:hoodie beanies:beanie
onesies:onesie smoothies:smoothie ties:tie pies:pie dies:die
skis:ski bikinis:bikini khakis:khaki kiwis:kiwi taxis:taxi menus:menu emus:emu levis:levi
"""
_NO_PLURALS = """
lens series species gas bus yes this was has his always news canvas atlas bias alias christmas
pancreas diabetes texas kansas dallas vans asus adidas hermes collins ups gps
"""
_IRREGULAR = dict(pair.split(":") for pair in _IRREGULAR_PLURALS.split())
_UNCHANGED = frozenset(_NO_PLURALS.split())
_KEPT_ENDINGS = ("ss", "us", "is")
_E_ENDINGS = ("sses", "shes", "ches", "xes", "zzes")
"""Endings that lose "es": dresses, brushes, watches, boxes, fizzes."""
_US_PLURAL = re.compile("[a-z]{2}(?<![oa])uses$")
"""Viruses and bonuses are plurals of -us; houses, causes and fuses of -use."""


def plural_stem(word: str) -> str:
    """The singular of an English noun, and every other word as it is.

    An S-stemmer (Harman 1991, "How effective is suffixing?", JASIS 42) with the exceptions that
    shops need: knives → knife, lenses → lens, glass and series stay. Women and men keep the plural
    as their stem, since "women's" is how shops write it.
    """
    irregular = _IRREGULAR.get(word)
    if irregular is not None:
        return irregular
    if len(word) < 4 or not word.endswith("s") or word in _UNCHANGED:
        return word
    if word.endswith(_KEPT_ENDINGS):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if word[-4] not in "ae" else word[:-1]
    if word.endswith(_E_ENDINGS) or word[:-2] in _UNCHANGED or _US_PLURAL.search(word):
        return word[:-2]
    return word[:-1]


@cache
def stemmer(name: StemmerName) -> Stemmer:
    """The stemmer of that name. "english" needs the library snowballstemmer."""
    if name == "plural":
        return plural_stem
    if name == "none":
        return str
    import snowballstemmer

    snowball = snowballstemmer.stemmer("english")

    def stem(word: str) -> str:
        stemmed: str = snowball.stemWord(_IRREGULAR.get(word, word))
        return stemmed

    return stem
