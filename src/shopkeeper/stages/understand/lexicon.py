"""Which words does this shop know, and what do they stand for?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from shopkeeper.records import (
    CATEGORY_SEPARATOR,
    CorruptArtefact,
    InvalidRequest,
    NotFound,
    Product,
)
from shopkeeper.stages.understand.evidence import HEAD, LexiconEvidence
from shopkeeper.text import Analyser

Terms = tuple[str, ...]

_FILE = "lexicon.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class LexiconConfig:
    """How much evidence a word needs."""

    prior: int = 3
    """Products: what a name's bearers count for beside the titles that say it."""
    longest_name: int = 4
    """Terms; longer brands and attribute values are not looked for in queries."""
    name_confidence: float = 0.3
    """0 … 1: names that say less are left out."""
    pair_count: int = 3
    """Titles in which two words must be neighbours to be remembered as a pair, unless the catalogue
    also writes them as one."""
    category_products: int = 2
    """Titles that must end a phrase with a word before it points to a category."""

    def __post_init__(self) -> None:
        for name in ("prior", "longest_name", "pair_count", "category_products"):
            if getattr(self, name) < 1:
                raise InvalidRequest(f"{name} {getattr(self, name)}", expected="1 or more")
        if not 0 <= self.name_confidence <= 1:
            raise InvalidRequest(f"name_confidence {self.name_confidence}", expected="0 … 1")


@dataclass(frozen=True, slots=True)
class Name:
    """What a phrase stands for: `value` of `field`, with a confidence from 0 to 1."""

    field: str
    value: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What the catalogue's words stand for. An artefact: built once, saved, read by many."""

    analyser_version: str
    products: int
    words: Mapping[str, int]
    """Occurrences of each folded word of letters."""
    pairs: Mapping[tuple[str, str], int]
    """Titles in which the two words are neighbours."""
    terms: Mapping[str, int]
    """Products that have the analysed term in title, brand, category or attributes."""
    names: Mapping[Terms, Name]
    """Brands and attribute values by the analysed phrases that say them."""
    categories: Mapping[str, int]
    """Products by category path ("Outdoor > Tents")."""
    pointers: Mapping[str, tuple[int, Mapping[str, int]]]
    """By term: its weight in all titles, and in those of the categories that it points to."""
    sounds: Mapping[str, tuple[str, ...]]
    """Han terms by their pinyin."""

    @classmethod
    def build(
        cls,
        products: Iterable[Product],
        analyser: Analyser,
        query_counts: Mapping[str, int] | None = None,
        config: LexiconConfig = LexiconConfig(),
    ) -> Lexicon:
        """Count a catalogue's words.

        Args:
            query_counts: how often queries were asked, as texts. They add weight to words that the
                catalogue knows; a word only ever typed finds nothing and is not learned.
        """
        found = LexiconEvidence(config.longest_name)
        for product in products:
            found.add(product, analyser)
        found.add_queries(query_counts or {})
        return cls.of(found, analyser, config)

    @classmethod
    def of(
        cls, found: LexiconEvidence, analyser: Analyser, config: LexiconConfig = LexiconConfig()
    ) -> Lexicon:
        """Decide what the counts are worth; `found.longest` is the config's `longest_name`."""
        return cls(
            analyser_version=analyser.version,
            products=found.products,
            words=dict(found.words),
            pairs={
                pair: n
                for pair, n in found.pairs.items()
                if n >= config.pair_count or "".join(pair) in found.words
            },
            terms=dict(found.terms),
            names=_names(found, config),
            categories=dict(found.categories),
            pointers=_pointers(found, config),
            sounds=found.sounds(),
        )

    def category(self, terms: Sequence[str]) -> tuple[str, float] | None:
        """The deepest category that is more likely than all others together, and how likely.

            P(c | w₁ … wₙ) ∝ P(c) · Πᵢ P(wᵢ | c),   P(c | w) = (n_wc + m·P(c)) / (n_w + m)

        with m = 1. Naive Bayes over the leaves that the words point to, the rest of the shop as
        one more; the mass of leaves is summed up their paths. None when nothing points anywhere.
        """
        known = [self.pointers[term] for term in terms if term in self.pointers]
        leaves = {leaf for _, counts in known for leaf in counts}
        if not leaves:
            return None
        total = sum(self.categories.values())
        priors = {leaf: self.categories[leaf] / total for leaf in leaves}
        rest = max(1 - sum(priors.values()), 1 / (total + 1))
        mass = {leaf: prior * _lift(known, leaf, prior) for leaf, prior in priors.items()}
        elsewhere = rest * math.prod(
            (max(n - sum(counts.values()), 0) + rest) / (n + 1) / rest for n, counts in known
        )
        everything = sum(mass.values()) + elsewhere
        paths: dict[str, float] = {}
        for leaf, value in sorted(mass.items()):
            levels = leaf.split(CATEGORY_SEPARATOR)
            for depth in range(1, len(levels) + 1):
                path = CATEGORY_SEPARATOR.join(levels[:depth])
                paths[path] = paths.get(path, 0.0) + value / everything
        likely = [path for path, share in paths.items() if share > 0.5]
        deepest = max(likely, key=lambda path: path.count(CATEGORY_SEPARATOR), default=None)
        return (deepest, min(paths[deepest], 1.0)) if deepest is not None else None

    def save(self, folder: Path) -> None:
        """Write `lexicon.json` into an existing folder; the same lexicon gives the same bytes."""
        data = {
            "format": _FORMAT,
            "analyser": self.analyser_version,
            "products": self.products,
            "words": self.words,
            "pairs": {" ".join(pair): count for pair, count in self.pairs.items()},
            "terms": self.terms,
            "names": {
                " ".join(terms): [name.field, name.value, name.confidence]
                for terms, name in self.names.items()
            },
            "categories": self.categories,
            "pointers": self.pointers,
            "sounds": self.sounds,
        }
        (folder / _FILE).write_bytes(orjson.dumps(data, option=orjson.OPT_SORT_KEYS))

    @classmethod
    def load(cls, folder: Path) -> Lexicon:
        """Read what `save` wrote.

        Raises:
            NotFound: the folder holds no lexicon.
            CorruptArtefact: the file is not what `save` writes.
        """
        path = folder / _FILE
        if not path.is_file():
            raise NotFound("no lexicon", where=str(folder), expected=_FILE)
        try:
            return _read(orjson.loads(path.read_bytes()))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise CorruptArtefact(
                f"unreadable ({error!r:.80})",
                where=str(path),
                expected=f"a lexicon of format {_FORMAT}",
                hint="build it again from the catalogue",
            ) from None


def _read(data: dict[str, Any]) -> Lexicon:
    if data["format"] != _FORMAT:
        raise ValueError(f"format {data['format']}")
    pairs = {}
    for pair, count in data["pairs"].items():
        left, right = pair.split(" ")
        pairs[left, right] = count
    return Lexicon(
        analyser_version=data["analyser"],
        products=data["products"],
        words=data["words"],
        pairs=pairs,
        terms=data["terms"],
        names={tuple(terms.split(" ")): Name(*row) for terms, row in data["names"].items()},
        categories=data["categories"],
        pointers={term: (count, by) for term, (count, by) in data["pointers"].items()},
        sounds={sound: tuple(terms) for sound, terms in data["sounds"].items()},
    )


def _names(found: LexiconEvidence, config: LexiconConfig) -> dict[Terms, Name]:
    """The best meaning of every phrase, a brand before all others of equal confidence.

        confidence = (titles that say it of a bearer + min(bearers, prior)) / (titles + prior + 1)

    A brand "The" whose word stands in every second title is no brand in a query.
    """
    names: dict[Terms, Name] = {}
    phrases = sorted(found.meanings)
    for phrase, saying in zip(phrases, found.titles.saying(phrases), strict=True):
        best = max(
            (
                (
                    (found.said[phrase, meaning] + min(bearers, config.prior))
                    / (saying + config.prior + 1),
                    meaning[0] == "brand",
                    bearers,
                    meaning,
                )
                for meaning, bearers in found.meanings[phrase].items()
            ),
        )
        confidence, _, _, (field, value) = best
        if confidence >= config.name_confidence:
            names[phrase] = Name(field, value, round(confidence, 4))
    return names


def _pointers(
    found: LexiconEvidence, config: LexiconConfig
) -> dict[str, tuple[int, dict[str, int]]]:
    """Terms that enough products use, with the categories that have a tenth of their weight."""
    pointers = {}
    for term, counts in found.pointers.items():
        total = sum(counts.values())
        if total >= HEAD * config.category_products:
            strong = {leaf: n for leaf, n in counts.items() if 10 * n >= total}
            if strong:
                pointers[term] = (total, strong)
    return pointers


def _lift(known: Sequence[tuple[int, Mapping[str, int]]], leaf: str, prior: float) -> float:
    return math.prod((counts.get(leaf, 0) + prior) / (n + 1) / prior for n, counts in known)
