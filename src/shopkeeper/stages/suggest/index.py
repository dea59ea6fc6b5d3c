"""Everything that can be suggested of a catalogue: built once, saved, read by many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from shopkeeper.records import CATEGORY_SEPARATOR, CorruptArtefact, NotFound, Product
from shopkeeper.stages.suggest.config import SuggestionConfig
from shopkeeper.stages.suggest.evidence import Goods, SuggestionEvidence, whole_phrases
from shopkeeper.stages.suggest.lines import Line, Lines
from shopkeeper.stages.suggest.vocabulary import Postings, Vocabulary, WordRow
from shopkeeper.stages.suggest.word import letters
from shopkeeper.text import Analyser, normalise

_FILE = "suggestions.json"
_FORMAT = 1
_LONGEST_LINE = 60
"""Characters; what is longer is no query that anybody wants to read."""


@dataclass(frozen=True, slots=True)
class SuggestionIndex:
    """Lines, words and products. `hits` are true of the catalogue it was built from.

    They count the products that have all the words, in title, brand, category, attributes or
    options; a search that is content with fewer words finds those and more.
    """

    analyser_version: str
    lines: Lines
    vocabulary: Vocabulary
    goods: Goods

    @classmethod
    def build(
        cls,
        products: Iterable[Product],
        analyser: Analyser,
        *,
        is_personal: Callable[[str], bool],
        query_log: Mapping[str, int] | None = None,
        config: SuggestionConfig | None = None,
    ) -> SuggestionIndex:
        """Read a catalogue.

        Args:
            is_personal: whether a text tells who somebody is; such a query or phrase is left out.
            query_log: distinct shoppers by query, as `shoppers_by_query` counts them.
        """
        config = config or SuggestionConfig()
        found = SuggestionEvidence(config.longest_phrase)
        for product in products:
            found.add(product, analyser)
        return cls.of(found, analyser, is_personal=is_personal, query_log=query_log, config=config)

    @classmethod
    def of(
        cls,
        found: SuggestionEvidence,
        analyser: Analyser,
        *,
        is_personal: Callable[[str], bool],
        query_log: Mapping[str, int] | None,
        config: SuggestionConfig,
    ) -> SuggestionIndex:
        """Decide what to suggest, given the counts; the other arguments are those of `build`."""
        vocabulary = Vocabulary.build(found.surfaces, found.postings, len(found.goods.ids))
        queries = _queries(found, query_log or {}, config)
        lines = [*_names(found), *_found_queries(queries, vocabulary, analyser)]
        return cls(
            analyser_version=analyser.version,
            lines=Lines.build([line for line in lines if not is_personal(line.text)], analyser),
            vocabulary=vocabulary,
            goods=found.goods,
        )

    def save(self, folder: Path) -> None:
        """Write into an existing folder; the same index gives the same bytes."""
        data = {
            "format": _FORMAT,
            "analyser": self.analyser_version,
            "lines": [astuple(line) for line in self.lines.lines],
            "words": [astuple(word) for word in self.vocabulary.words],
            "sounds": self.vocabulary.sounds,
            "terms": self.vocabulary.postings.terms,
            "goods": asdict(self.goods),
        }
        (folder / _FILE).write_bytes(orjson.dumps(data))
        for name, array in (
            ("places", self.lines.places),
            ("first", self.vocabulary.postings.first),
            ("products", self.vocabulary.postings.products),
        ):
            np.save(folder / f"{name}.npy", array, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> SuggestionIndex:
        """Read what `save` wrote.

        Raises:
            NotFound: the folder holds no suggestions.
            CorruptArtefact: a file is not what `save` writes.
        """
        path = folder / _FILE
        if not path.is_file():
            raise NotFound("no suggestions", where=str(folder), expected=_FILE)
        try:
            return _read(folder, orjson.loads(path.read_bytes()))
        except (KeyError, TypeError, ValueError, OSError, EOFError) as error:
            raise CorruptArtefact(
                f"unreadable ({type(error).__name__}: {error})",
                where=str(path),
                expected=f"suggestions of format {_FORMAT}",
                hint="build them again from the catalogue",
            ) from None


def _read(folder: Path, data: dict[str, Any]) -> SuggestionIndex:
    if data["format"] != _FORMAT:
        raise ValueError(f"format {data['format']}")
    places, first, products = (
        np.load(folder / f"{name}.npy", allow_pickle=False)
        for name in ("places", "first", "products")
    )
    goods = Goods(**data["goods"])
    vocabulary = Vocabulary(
        [WordRow(*row) for row in data["words"]],
        [(sound, place) for sound, place in data["sounds"]],
        Postings(data["terms"], first, products),
        len(goods.ids),
    )
    lines = Lines([Line(*row) for row in data["lines"]], places)
    return SuggestionIndex(data["analyser"], lines, vocabulary, goods)


# --- what becomes a line ---------------------------------------------------------------------


def _names(found: SuggestionEvidence) -> Iterator[Line]:
    """Categories and brands, each with the filter that a click sets."""
    for path, name in _category_names(found.categories).items():
        hits = found.categories[path]
        yield Line(name, "category", hits, value=path)
    for brand, hits in sorted(found.brands.items()):
        yield Line(normalise(brand), "brand", hits, value=brand)


def _found_queries(
    queries: Iterable[tuple[str, int]], vocabulary: Vocabulary, analyser: Analyser
) -> Iterator[Line]:
    """Those that find something; of those that say the same, the first."""
    said: set[tuple[str, ...]] = set()
    for text, shoppers in queries:
        terms = tuple(sorted(analyser.split(text)[0]))
        if terms in said or len(text) > _LONGEST_LINE:
            continue
        if hits := vocabulary.hits(terms):
            said.add(terms)
            yield Line(text, "query", hits, shoppers)


def _queries(
    found: SuggestionEvidence, asked: Mapping[str, int], config: SuggestionConfig
) -> Iterator[tuple[str, int]]:
    """Texts of queries and the shoppers who asked them, the best evidence first."""
    often = [(text, n) for text, n in asked.items() if n >= config.shoppers]
    often = sorted(often, key=lambda item: (-item[1], item[0]))[: config.most_queries]
    for text, shoppers in often:
        yield normalise(text).casefold(), shoppers
    for (brand, leaf), _ in sorted(found.pairs.items(), key=lambda item: (-item[1], item[0])):
        if letters(brand) != letters(leaf):
            yield normalise(f"{brand} {leaf}").casefold(), 0
    phrases = whole_phrases(found.phrases, config.phrase_products)
    ranked = sorted(phrases.items(), key=lambda item: (-item[1], item[0]))
    for text, _ in ranked[: config.most_phrases]:
        yield text, 0


def _category_names(paths: Mapping[str, int]) -> dict[str, str]:
    """What each path is called: its last level, with those above as far as others share it."""
    names: dict[str, str] = {}
    pending, depth = sorted(paths), 1
    while pending:
        called = {
            path: CATEGORY_SEPARATOR.join(path.split(CATEGORY_SEPARATOR)[-depth:])
            for path in pending
        }
        times: dict[str, int] = {}
        for name in called.values():
            times[name] = times.get(name, 0) + 1
        names |= {path: name for path, name in called.items() if times[name] == 1 or path == name}
        pending = [path for path in pending if path not in names]
        depth += 1
    return names
