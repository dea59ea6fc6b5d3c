"""What do a shop's queries look like? Length, digits, script, typos, the gap to the catalogue."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from shopkeeper.data.judged import JudgedSet
from shopkeeper.experiment.likeness import Halves, Sample, halve, sample, slope
from shopkeeper.experiment.typos import GoodWords
from shopkeeper.measure.likeness import ZipfSlope
from shopkeeper.text import Size, analyser, fold, measures, normalise


@dataclass(frozen=True, slots=True)
class Queries:
    """What a profile is made of. What is empty or None stays unknown in the profile."""

    texts: tuple[str, ...]
    """As typed, each once: rare queries weigh as much as frequent ones."""
    locale: str = "en"
    """BCP 47; chooses the analyser."""
    good_words: GoodWords | None = None
    relevant: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Query text → titles of the products that are relevant to it."""
    searches: Mapping[str, int] = field(default_factory=dict)
    """Query text → how often it was searched for."""

    def halves(self) -> tuple[Queries, Queries]:
        """To tune on and to report on, by the query's text."""
        texts = halve(self.texts, str)
        relevant, searches = (halve(m, str) for m in (self.relevant, self.searches))
        first, second = (
            Queries(
                tuple(texts[at]),
                self.locale,
                self.good_words,
                {text: self.relevant[text] for text in relevant[at]},
                {text: self.searches[text] for text in searches[at]},
            )
            for at in (0, 1)
        )
        return first, second


@dataclass(frozen=True, slots=True, eq=False)
class QueryProfile:
    """Of each distinct query, unless said otherwise."""

    words: Sample | None
    """Between spaces; says nothing of Chinese."""
    terms: Sample | None
    """That cover the text, as the analyser of the locale cuts it: "10 mm" is one."""
    characters: Sample | None
    """Of the normalised text, single spaces among them."""
    digit: Sample | None
    """1 where there is a digit."""
    unit: Sample | None
    """1 where a number has a unit, or numbers make a size ("2x4")."""
    non_latin: Sample | None
    """1 where there is a letter of another script."""
    mixed_script: Sample | None
    """1 where Latin letters stand beside those of another script."""
    typo: Sample | None
    """1 where a word is misspelt, as `GoodWords.has_typo` estimates it."""
    lexical_gap: Sample | None
    """Share of the terms that a relevant title lacks; mean over the relevant titles."""
    zipf: ZipfSlope | None
    """Of searches by query, equal ones by `fold`."""


def query_profile(queries: Queries) -> QueryProfile:
    """The statistics of some queries; the same function for real and simulated ones."""
    texts = [normalise(text) for text in queries.texts]
    scripts = [_scripts(text) for text in texts]
    cut = analyser(queries.locale)
    good = queries.good_words
    searches: dict[str, int] = {}
    for text, count in queries.searches.items():
        form = fold(normalise(text))
        searches[form] = searches.get(form, 0) + count
    return QueryProfile(
        words=sample(len(text.split()) for text in texts),
        terms=sample(len(cut.split(text)[0]) for text in texts),
        characters=sample(len(text) for text in texts),
        digit=sample(any(map(str.isdigit, text)) for text in texts),
        unit=sample(_has_unit(text) for text in texts),
        non_latin=sample(bool(found - {"LATIN"}) for found in scripts),
        mixed_script=sample(len(found) > 1 and "LATIN" in found for found in scripts),
        typo=sample(good.has_typo(text) for text in texts) if good else None,
        lexical_gap=sample(lexical_gaps(queries.relevant, queries.locale)),
        zipf=slope(searches.values()),
    )


def query_halves(queries: Queries) -> Halves[QueryProfile]:
    """The profiles of both halves."""
    return Halves(*map(query_profile, queries.halves()))


def lexical_gaps(relevant: Mapping[str, Sequence[str]], locale: str) -> list[float]:
    """Per query with a term and a relevant title: the share of its distinct terms that a title
    lacks, mean over its relevant titles.

    One analyser reads both sides, so plural, case and the spelling of a unit make no gap.
    """
    cut = analyser(locale)
    terms: dict[str, frozenset[str]] = {}
    gaps = []
    for text, titles in relevant.items():
        asked = set(cut.split(text)[0])
        for title in titles:
            if title not in terms:
                terms[title] = frozenset(cut.terms(title))
        lacking = [len(asked - terms[title]) for title in titles]
        if asked and lacking:
            gaps.append(math.fsum(lacking) / len(lacking) / len(asked))
    return gaps


def relevant_titles(judged: JudgedSet, titles: Mapping[str, str]) -> dict[str, list[str]]:
    """Query text → titles of the products judged relevant; `titles` maps product ids to them.

    Queries without a relevant product, and products without a title, are left out.
    """
    found = {}
    for query_id, grades in judged.grades().items():
        ids = (id_ for id_, grade in grades.items() if grade >= judged.relevant_from)
        good = [titles[id_] for id_ in ids if id_ in titles]
        if good:
            found[judged.queries[query_id]] = good
    return found


def _has_unit(text: str) -> bool:
    return any(isinstance(measure, Size) or bool(measure.unit) for measure in measures(text))


def _scripts(text: str) -> set[str]:
    """The scripts of its letters, by the first word of each letter's Unicode name."""
    return {name.split()[0] for name in _letter_names(text)}


def _letter_names(text: str) -> Iterable[str]:
    return (unicodedata.name(letter, "UNNAMED") for letter in text if letter.isalpha())
