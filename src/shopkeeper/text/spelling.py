"""Which word was meant?"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from shopkeeper.records import InvalidRequest

_MOST_CANDIDATES = 12
_WORD = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)?")
_USUAL_SIZE = 500_000
"""Words in the vocabulary that the weights were fitted with. In a smaller one each occurrence says
more, and its counts are scaled up to this size."""


@dataclass(frozen=True, slots=True)
class SpellingWeights:
    """Log-odds of the noisy channel, fitted on corrected shopping queries (docs/log.md).

    A candidate weighs frequency · ln(1 + its count) minus what the typist would have had to do;
    the word as typed weighs `typed` + typed_count · ln(1 + its count).
    """

    frequency: float = 0.6
    one_edit: float = 0.8
    two_edits: float = 2.6
    length: float = 0.3
    """Per letter typed: edits in a longer word leave less doubt."""
    same_sound: float = 1.8
    """Only vowels, doubled letters or k for c differ."""
    first_letter: float = 0.6
    """The first letter differs, which is rare."""
    missing_space: float = 1.1
    typed: float = 3.4
    typed_count: float = 2.1


@dataclass(frozen=True, slots=True)
class SpellingConfig:
    """When a word may be doubted."""

    shortest: int = 4
    """Letters; a shorter word is never doubted."""
    two_edits_from: int = 6
    """Letters from which two edits are considered."""
    known_count: int = 20
    """Occurrences in the vocabulary from which a word is never doubted."""
    pair_count: int = 3
    """Occurrences from which two neighbouring words can have lost the space between them."""
    weights: SpellingWeights = SpellingWeights()

    def __post_init__(self) -> None:
        for name in ("shortest", "two_edits_from", "known_count", "pair_count"):
            if getattr(self, name) < 1:
                raise InvalidRequest(f"{name} {getattr(self, name)}", expected="1 or more")


@dataclass(frozen=True, slots=True)
class Spelling:
    """A word (or two, when a space was missing) that may have been meant."""

    word: str
    distance: int
    """Edits: insert, delete, replace, swap neighbours; a missing space is one."""
    confidence: float
    """0 … 1: how sure it is that this was meant, the word as typed included in the doubt."""


class Speller:
    """Corrections out of a vocabulary with counts. Made by `build`; read-only, safe in threads."""

    def __init__(
        self, counts: Mapping[str, int], joined: Mapping[str, str], config: SpellingConfig
    ) -> None:
        self._counts = counts
        self._joined = joined
        self._config = config
        self._by_first: dict[tuple[str, int], list[str]] = defaultdict(list)
        self._by_second: dict[tuple[str, int], list[str]] = defaultdict(list)
        self._scale = max(1.0, _USUAL_SIZE / max(1, sum(counts.values())))
        for word in {**counts, **joined}:
            self._by_first[word[0], len(word)].append(word)
            self._by_second[word[1:2], len(word)].append(word)

    @classmethod
    def build(
        cls,
        counts: Mapping[str, int],
        pairs: Mapping[tuple[str, str], int] | None = None,
        config: SpellingConfig = SpellingConfig(),
    ) -> Speller:
        """A speller.

        Args:
            counts: how often each folded word occurs. Only words of letters alone can be meant.
            pairs: how often two words stand side by side; what "airconditioner" is split into.
        """
        words = {w: n for w, n in counts.items() if n > 0 and len(w) > 1 and _WORD.fullmatch(w)}
        joined: dict[str, str] = {}
        every: dict[str, int] = dict(words)
        for (left, right), count in sorted((pairs or {}).items()):
            together, apart = left + right, f"{left} {right}"
            enough = count >= config.pair_count or together in words
            if enough and _WORD.fullmatch(apart):
                joined.setdefault(together, apart)
                every[apart] = count
        return cls(every, joined, config)

    def count(self, word: str) -> int:
        """Occurrences of a folded word in the vocabulary."""
        return self._counts.get(word, 0)

    def split(self, word: str) -> str | None:
        """The two words that the vocabulary has for a joined one: "airconditioner"."""
        return self._joined.get(word)

    def suggest(self, word: str) -> list[Spelling]:
        """What else may have been meant by a folded word, the most likely first.

        Empty for a word that occurs often enough, a short one, and one with digits.
        """
        config = self._config
        typed = self.count(word)
        if len(word) < config.shortest or typed >= config.known_count or not word.isalpha():
            return []
        weights = config.weights
        odds = [
            (self._log_odds(word, candidate, edits), candidate, edits)
            for candidate, edits in self._candidates(word).items()
        ]
        odds = sorted(odds, key=lambda item: (-item[0], item[1]))[:_MOST_CANDIDATES]
        doubt = math.exp(weights.typed + weights.typed_count * math.log1p(typed))
        total = doubt + sum(math.exp(value) for value, _, _ in odds)
        return [
            Spelling(w, edits, math.exp(value) / total)
            if w in self._counts
            else Spelling(self._joined[w], edits + 1, math.exp(value) / total)
            for value, w, edits in odds
        ]

    def _candidates(self, word: str) -> dict[str, int]:
        """Words within reach, by edits. A wrong first letter is the only edit of its word."""
        furthest = 2 if len(word) >= self._config.two_edits_from else 1
        near: Iterable[str] = (
            candidate
            for length in range(len(word) - furthest, len(word) + furthest + 1)
            for candidate in self._by_first.get((word[0], length), ())
        )
        found = _within(word, near, furthest)
        first, second = word[0], word[1]
        elsewhere = {
            candidate
            for length in range(len(word) - 1, len(word) + 2)
            for bucket in (
                self._by_first.get((second, length), ()),
                self._by_second.get((first, length), ()),
                self._by_second.get((second, length), ()),
            )
            for candidate in bucket
        }
        every = {**_within(word, elsewhere, 1), **found}
        if word in self._counts:
            del every[word]  # as typed; a joined pair of the same letters stays, at distance 0
        return every

    def _log_odds(self, typed: str, candidate: str, edits: int) -> float:
        weights = self._config.weights
        apart = None if candidate in self._counts else self._joined[candidate]
        value = weights.frequency * math.log1p(self._scale * self._counts[apart or candidate])
        value -= (0.0, weights.one_edit, weights.two_edits)[edits]
        value += weights.length * len(typed)
        if edits and sound(typed) == sound(candidate):
            value += weights.same_sound
        if typed[0] != candidate[0]:
            value -= weights.first_letter
        return value - (weights.missing_space if apart else 0.0)


def _within(word: str, candidates: Iterable[str], furthest: int) -> dict[str, int]:
    hits = process.extract(
        word, list(candidates), scorer=OSA.distance, score_cutoff=furthest, limit=None
    )
    return {candidate: int(edits) for candidate, edits, _ in hits}


_SOUNDS = str.maketrans({"c": "k", "q": "k", "z": "s", "y": "", **dict.fromkeys("aeiou", "")})


def sound(word: str) -> str:
    """The consonants that are heard: jakett and jacket are both "jkt"."""
    heard = word[0] + word[1:].replace("ph", "f").replace("tch", "ch").translate(_SOUNDS)
    return re.sub(r"(.)\1+", r"\1", heard)
