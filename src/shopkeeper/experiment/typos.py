"""Which words are misspelt? An estimate that needs no correction, only a shop's own texts.

Apart from the speller on purpose: a yardstick shares no code with what may be judged by it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from shopkeeper.records import InvalidRequest
from shopkeeper.text import fold, normalise, stemmer

_WORD = re.compile(r"(?<![a-z0-9])[a-z]+(?![a-z0-9])")


@dataclass(frozen=True, slots=True)
class TypoRule:
    """When a word counts as misspelt.

    Chosen on one half of Home Depot's queries against a search engine's corrections of them; on
    the other half the share of misspelt queries comes to 12.1 %, where it changed a word or more
    by at most two edits in 12.2 %, and anything at all (spaces, whole words) in 14.1 %.
    """

    shortest: int = 4
    """Letters; a shorter word is never misspelt."""
    two_edits_from: int = 7
    """Letters from which two edits are a misspelling; below it one is."""
    frequent: float = 2e-5
    """Share of all words of the texts from which a word can have been meant; at least two."""

    def __post_init__(self) -> None:
        if self.shortest < 3 or self.two_edits_from < self.shortest or not 0 < self.frequent < 1:
            raise InvalidRequest(
                f"{self}", expected="3 ≤ shortest ≤ two_edits_from, and 0 < frequent < 1"
            )


class GoodWords:
    """The words of texts that are taken to be well spelt, such as a catalogue's titles.

    The same texts must stand behind both sides of a comparison, or each side's own catalogue: the
    smaller the vocabulary, the fewer misspellings are seen.
    """

    def __init__(self, texts: Iterable[str], rule: TypoRule = TypoRule()) -> None:
        self._rule = rule
        counts = Counter(word for text in texts for word in latin_words(text))
        least = max(2.0, rule.frequent * counts.total())
        stem = stemmer("plural")
        self._known = frozenset(counts) | {stem(word) for word in counts}
        self._frequent: Mapping[int, list[str]] = defaultdict(list)
        for word, count in counts.items():
            if count >= least:
                self._frequent[len(word)].append(word)
        self._seen: dict[str, bool] = {}

    def has_typo(self, text: str) -> bool:
        """Whether a word of the text is absent from the texts (so is its singular), and within one
        or two edits (insert, delete, replace, swap) of a word that is frequent there.

        Only words of Latin letters alone are looked at. Blind to a typo that makes another good
        word, and to missing or needless spaces; wrong about a rare word near a frequent one.
        """
        return any(self._is_typo(word) for word in latin_words(text))

    def _is_typo(self, word: str) -> bool:
        if word not in self._seen:
            known = word in self._known or stemmer("plural")(word) in self._known
            long_enough = len(word) >= self._rule.shortest
            self._seen[word] = long_enough and not known and self._is_near(word)
        return self._seen[word]

    def _is_near(self, word: str) -> bool:
        most = 2 if len(word) >= self._rule.two_edits_from else 1
        lengths = range(len(word) - most, len(word) + most + 1)
        near = [other for length in lengths for other in self._frequent.get(length, ())]
        return process.extractOne(word, near, scorer=OSA.distance, score_cutoff=most) is not None


def latin_words(text: str) -> list[str]:
    """The words of a text that consist of Latin letters alone, folded."""
    return _WORD.findall(fold(normalise(text)))
