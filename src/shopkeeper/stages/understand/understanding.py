"""The understanding of a query against the words of one catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from shopkeeper.records import (
    Alternative,
    AnyOf,
    Concept,
    Constraint,
    Correction,
    Deadline,
    InvalidRequest,
    Query,
    Understanding,
)
from shopkeeper.stages.understand.config import UnderstandingConfig
from shopkeeper.stages.understand.corrector import Corrector
from shopkeeper.stages.understand.lexicon import Lexicon, Name
from shopkeeper.stages.understand.prices import price_phrases
from shopkeeper.stages.understand.stopwords import STOP_WORDS
from shopkeeper.stages.understand.word import QueryWord, windows
from shopkeeper.text import (
    Analyser,
    Quantity,
    Synonyms,
    Token,
    fold,
    groups,
    measures,
    normalise,
    readings,
    simplify,
)


class CatalogueUnderstanding:
    """`Understand` with a catalogue's lexicon. Holds no state between queries.

    `is_new` tells the terms of products that were written after the lexicon was built: they are
    words, whatever the lexicon says.

    Raises:
        InvalidRequest: the lexicon was built with another analyser.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        analyser: Analyser,
        synonyms: Synonyms | None = None,
        config: UnderstandingConfig | None = None,
        is_new: Callable[[str], bool] = lambda term: False,
    ) -> None:
        if lexicon.analyser_version != analyser.version:
            raise InvalidRequest(
                f"a lexicon of analyser {lexicon.analyser_version}",
                expected=analyser.version,
                hint="build the lexicon again from the catalogue",
            )
        self._lexicon, self._analyser = lexicon, analyser
        self._config = config or UnderstandingConfig()
        self._synonyms = synonyms or Synonyms.build((), analyser)
        self._corrector = Corrector(lexicon, analyser, self._config)
        self._is_new = is_new
        self._longest_name = max((len(phrase) for phrase in lexicon.names), default=0)

    def understand(self, query: Query, deadline: Deadline) -> Understanding:
        """Read the query. Once the deadline is over, spelling is left as typed."""
        text = simplify(normalise(query.text))
        wishes: list[Constraint] = []
        for phrase in reversed(price_phrases(text)):
            surface = text[phrase.start : phrase.end].strip()
            wishes.insert(0, Constraint(phrase.clause, surface, phrase.confidence))
            text = normalise(text[: phrase.start] + " " + text[phrase.end :])
        words = [self._word(text, group) for group in groups(self._analyser.tokens(text))]
        corrections: list[Correction] = []
        meant = self._meant(words)
        for at, word in enumerate(words):
            if at not in meant and not deadline.is_over:
                words[at], doubts = self._corrector.correct(word)
                corrections += doubts
        names = self._names(words)
        spoken = {at for start, end, _ in names for at in range(start, end)}
        words = self._said_otherwise(self._joined(words))
        kept = [
            word
            for at, word in enumerate(words)
            if at in spoken or not STOP_WORDS.issuperset(word.cover)
        ] or words
        return Understanding(
            query=query,
            text=_as_read(text, words),
            concepts=tuple(Concept(word.surface, word.best()) for word in kept),
            corrections=tuple(corrections),
            constraints=(*wishes, *self._wishes(words, names), *self._category(kept)),
            dropped=tuple(word.surface for word in words if word not in kept),
        )

    def _word(self, text: str, group: list[Token]) -> QueryWord:
        """The word with its readings, its other units and its bare number."""
        config = self._config
        start, end = group[0].start, max(token.end for token in group)
        first, *others = readings(group)
        alternatives = [Alternative(first)]
        alternatives += (Alternative(terms, config.compound, "compound") for terms in others)
        cover = tuple(token.term for token in group if token.length == 1)
        for measure in measures(text[start:end]):
            if isinstance(measure, Quantity) and cover == (measure.term,):
                alternatives += (
                    Alternative((term,), config.unit, "unit") for term in measure.equivalents()
                )
                bare = (token.term for token in group if token.length == 0)
                alternatives += (Alternative((t,), config.bare_number, "unit") for t in bare)
        return QueryWord(text[start:end], start, end, cover, tuple(alternatives))

    def _meant(self, words: list[QueryWord]) -> set[int]:
        """Places of words that are meant as they stand: in names, in new products, in synonyms."""
        spans = [(start, end) for start, end, _ in self._names(words)]
        spans += [
            (start, end)
            for start, end, terms in windows(words, self._synonyms.longest)
            if self._synonyms.expand(terms)
        ]
        new = {at for at, word in enumerate(words) if all(map(self._is_new, word.cover))}
        return new | {at for start, end in spans for at in range(start, end)}

    def _joined(self, words: list[QueryWord]) -> list[QueryWord]:
        """Neighbours that the catalogue writes as one word find it, each of them."""
        words = list(words)
        for at in range(len(words) - 1):
            left, right = words[at], words[at + 1]
            if len(left.cover) == len(right.cover) == 1 and left.end + 1 == right.start:
                joined = tuple(self._analyser.split(fold(left.surface + right.surface))[0])
                if len(joined) == 1 and joined[0].isalpha() and joined[0] in self._lexicon.terms:
                    way = Alternative(joined, self._config.compound, "compound")
                    words[at], words[at + 1] = left.also(way), words[at + 1].also(way)
        return words

    def _said_otherwise(self, words: list[QueryWord]) -> list[QueryWord]:
        """Synonyms; those of several words go to each of them, so that parts still match."""
        words = list(words)
        for start, end, terms in windows(words, self._synonyms.longest):
            ways = [
                Alternative(way, self._config.synonym, "synonym")
                for way in self._synonyms.expand(terms)
            ]
            for at in range(start, end) if ways else ():
                words[at] = words[at].also(*ways)
        return words

    def _names(self, words: list[QueryWord]) -> list[tuple[int, int, Name]]:
        """Brands and values that the words say, the longest first; none overlaps another."""
        found: list[tuple[int, int, Name]] = []
        spans = windows(words, self._longest_name)
        for start, end, terms in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
            name = self._lexicon.names.get(terms)
            if (
                name
                and name.confidence >= self._config.constraint_from
                and all(end <= other[0] or start >= other[1] for other in found)
            ):
                found.append((start, end, name))
        return sorted(found, key=lambda item: item[0])

    def _wishes(
        self, words: list[QueryWord], named: list[tuple[int, int, Name]]
    ) -> Iterator[Constraint]:
        for start, end, name in named:
            surface = " ".join(word.surface for word in words[start:end])
            yield Constraint(AnyOf(name.field, (name.value,)), surface, name.confidence)

    def _category(self, words: list[QueryWord]) -> Iterator[Constraint]:
        pointing = [
            word for word in words if any(term in self._lexicon.pointers for term in word.cover)
        ]
        found = self._lexicon.category([term for word in pointing for term in word.cover])
        if found and found[1] >= self._config.constraint_from:
            surface = " ".join(word.surface for word in pointing)
            yield Constraint(AnyOf("category", (found[0],)), surface, round(found[1], 4))


def _as_read(text: str, words: list[QueryWord]) -> str:
    """The text with the corrected words in their places."""
    for word in reversed(words):
        if word.read_as:
            text = text[: word.start] + word.read_as + text[word.end :]
    return text
