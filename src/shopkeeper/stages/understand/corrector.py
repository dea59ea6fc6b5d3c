"""Was another word meant than the one that was typed?"""

from __future__ import annotations

import re
from dataclasses import replace

from shopkeeper.records import Alternative, Correction
from shopkeeper.stages.understand.config import UnderstandingConfig
from shopkeeper.stages.understand.lexicon import Lexicon
from shopkeeper.stages.understand.word import QueryWord, Terms
from shopkeeper.text import HAN, Analyser, Speller, fold, pinyin

_HAN_WORD = re.compile(f"[{HAN}]+")
_MOST_SPELLINGS = 3
"""Ways to read one word; each costs a look-up in every field of the index."""

Corrected = tuple[QueryWord, tuple[Correction, ...]]


class Corrector:
    """Doubts words by what the catalogue says: by spelling, and Chinese ones by sound."""

    def __init__(self, lexicon: Lexicon, analyser: Analyser, config: UnderstandingConfig) -> None:
        self._lexicon, self._analyser, self._config = lexicon, analyser, config
        self._speller = Speller.build(lexicon.words, lexicon.pairs, config.spelling)

    def correct(self, word: QueryWord) -> Corrected:
        """The word with what else was meant: beside it, or when that is sure in its place."""
        is_known = self._knows(word)
        if _HAN_WORD.fullmatch(word.surface):
            return (word, ()) if is_known else self._by_sound(self._fallen_apart(word))
        folded, config = fold(word.surface), self._config
        apart = self._speller.split(folded)
        if is_known and apart:
            way = Alternative(self._cover(apart), config.compound, "compound")
            return word.also(way), ()
        if is_known and not self._speller.count(folded):
            return word, ()  # its stem is known: "tents" where the catalogue only says "tent"
        likely = self._spellings(word, folded)
        if not likely:
            return (word, ()) if is_known else self._by_sound(word)
        terms, spelt, confidence = likely[0]
        correction = Correction(word.surface, spelt, round(confidence, 4))
        if confidence >= (config.replace_from if is_known else config.replace_unknown_from):
            way = Alternative(terms, 1.0, "spelling")
            return replace(word, cover=terms, read_as=spelt, alternatives=(way,)), (correction,)
        ways = (Alternative(terms, sure, "spelling") for terms, _, sure in likely)
        return word.also(*ways), (correction,)

    def _spellings(self, word: QueryWord, folded: str) -> list[tuple[Terms, str, float]]:
        """Terms that may be meant, how they are spelt, how sure: plural and singular are one."""
        meant: dict[Terms, tuple[str, float]] = {}
        for item in self._speller.suggest(folded):
            terms = self._cover(item.word)
            spelt, confidence = meant.get(terms, (item.word, 0.0))
            meant[terms] = (spelt, min(confidence + item.confidence, 1.0))
        likely = [
            (terms, spelt, confidence)
            for terms, (spelt, confidence) in meant.items()
            if confidence >= self._config.consider_from and terms != word.cover
        ]
        return sorted(likely, key=lambda item: (-item[2], item[0]))[:_MOST_SPELLINGS]

    def _fallen_apart(self, word: QueryWord) -> QueryWord:
        """A Chinese word the shop does not have, as its characters, where it has each of them."""
        characters = tuple("".join(word.cover))
        if len(characters) > 1 and all(one in self._lexicon.terms for one in characters):
            return word.also(Alternative(characters, self._config.compound, "compound"))
        return word

    def _by_sound(self, word: QueryWord) -> Corrected:
        """Chinese words that sound like the typed characters, or are spelt by typed letters."""
        typed = "".join(word.cover)
        sound = pinyin(typed) if _HAN_WORD.fullmatch(typed) else fold(word.surface)
        terms = [term for term in self._lexicon.sounds.get(sound, ()) if term != typed]
        worth = self._config.pinyin
        ways = [Alternative((term,), worth, "pinyin") for term in terms[:_MOST_SPELLINGS]]
        read_as = (Correction(word.surface, way.terms[0], worth) for way in ways)
        return word.also(*ways), tuple(read_as)

    def _knows(self, word: QueryWord) -> bool:
        """Whether some reading of the word as typed can be found."""
        return any(
            all(term in self._lexicon.terms for term in way.terms) for way in word.alternatives
        )

    def _cover(self, text: str) -> Terms:
        return tuple(self._analyser.split(text)[0])
