"""Which products say a term, in which field, and how loudly? An inverted index in plain arrays.

The entries of a term lie together, field by field, products ascending. Nothing is parsed when it
is opened: the arrays are mapped from disk, and a query touches the pages of its own terms.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from shopkeeper.index.texts import Texts, mapped

FIELDS = (
    "all",
    "title",
    "brand",
    "category",
    "attributes",
    "description",
    "features",
    "code",
)
"""What is indexed of a product: each kind of text alone, and "all" of the texts as one.

One field of all texts has one idf per term and one length, which ranks better than a sum over
fields; the single fields tell a match in the title from one in the small print. "features" are
what flags and numbers say, "code" the ids and skus.
"""

FieldTerms = Mapping[str, Sequence[str]]
"""The analysed terms of one product by field."""

K1, B = 1.2, 0.75

_ARRAYS = ("runs", "starts", "products", "loudness")


@dataclass(frozen=True, slots=True)
class Run:
    """The entries of one term in one field."""

    field: str
    products: NDArray[np.int32]
    """Ordinals, ascending."""
    loudness: NDArray[np.float32]
    """tf·(k₁+1) / (tf + k₁·(1 − b + b·len/avg)): BM25 but for its idf."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What BM25 needs to know of all documents together."""

    documents: int
    average_length: Mapping[str, float]
    """By field, of all documents, those without the field too."""


@dataclass(frozen=True, slots=True)
class Postings:
    """The entries of all terms.

    Attributes:
        terms: distinct, in order.
        runs: [runs] place of the term · number of fields + place of the field, ascending.
        starts: [runs + 1]; the entries of run i are starts[i] … starts[i + 1] − 1.
        products, loudness: [entries], as in `Run`.
        documents: how many there are, with or without terms.
    """

    terms: Texts
    runs: NDArray[np.int64]
    starts: NDArray[np.int64]
    products: NDArray[np.int32]
    loudness: NDArray[np.float32]
    documents: int
    statistics: Statistics

    def of(self, term: str) -> list[Run]:
        """The runs of the term, in the order of `FIELDS`; none when no product says it."""
        place = self.terms.find(term)
        if place is None:
            return []
        width = len(FIELDS)
        low, high = np.searchsorted(self.runs, (place * width, (place + 1) * width)).tolist()
        found = []
        for run in range(low, high):
            part = slice(int(self.starts[run]), int(self.starts[run + 1]))
            field = FIELDS[int(self.runs[run]) % width]
            found.append(Run(field, self.products[part], self.loudness[part]))
        return found

    def save(self, folder: Path) -> None:
        """Write the arrays into a new folder."""
        folder.mkdir()
        self.terms.save(folder, "terms")
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)
        facts = {
            "documents": self.documents,
            "base": self.statistics.documents,
            "average_length": dict(self.statistics.average_length),
        }
        (folder / "statistics.json").write_bytes(orjson.dumps(facts))

    @classmethod
    def load(cls, folder: Path) -> Postings:
        """Map what `save` wrote into memory."""
        facts = orjson.loads((folder / "statistics.json").read_bytes())
        runs, starts, products, loudness = (mapped(folder / f"{name}.npy") for name in _ARRAYS)
        statistics = Statistics(facts["base"], facts["average_length"])
        terms = Texts.load(folder, "terms")
        return cls(terms, runs, starts, products, loudness, facts["documents"], statistics)


class PostingsBuilder:
    """Collects the terms of products one at a time; `build` sorts them."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._keys = array("q")
        self._frequencies = array("H")
        self._entries = array("i")
        self._lengths = {field: array("i") for field in FIELDS}

    def add(self, terms: FieldTerms) -> None:
        """Take the next product's terms."""
        width, codes, before = len(FIELDS), self._codes, len(self._keys)
        for place, field in enumerate(FIELDS):
            words = terms.get(field, ())
            self._lengths[field].append(len(words))
            for term, count in Counter(words).items():
                self._keys.append(codes.setdefault(term, len(codes)) * width + place)
                self._frequencies.append(min(count, 65_535))
        self._entries.append(len(self._keys) - before)

    def take(self, other: PostingsBuilder) -> None:
        """Add all products of another builder behind these."""
        width, codes = len(FIELDS), self._codes
        ours = np.fromiter(
            (codes.setdefault(term, len(codes)) for term in other._codes),
            np.int64,
            len(other._codes),
        )
        theirs = np.frombuffer(other._keys, np.int64)
        places = theirs // width
        self._keys.frombytes((ours[places] * width + theirs % width).tobytes())
        self._frequencies.extend(other._frequencies)
        self._entries.extend(other._entries)
        for field, lengths in other._lengths.items():
            self._lengths[field].extend(lengths)

    def build(self, base: Statistics | None = None) -> Postings:
        """Sort what was collected; loudness by the averages of `base`, or by its own."""
        width, documents = len(FIELDS), len(self._entries)
        lengths = {name: np.frombuffer(own, np.int32) for name, own in self._lengths.items()}
        if base is None:
            averages = {
                name: float(own.mean()) if documents else 0.0 for name, own in lengths.items()
            }
            base = Statistics(documents, averages)
        names = sorted(self._codes)
        rank = np.empty(len(names), np.int64)
        rank[[self._codes[name] for name in names]] = np.arange(len(names))
        keys = np.frombuffer(self._keys, np.int64)
        keys = rank[keys // width] * width + keys % width
        products = np.repeat(
            np.arange(documents, dtype=np.int32), np.frombuffer(self._entries, np.int32)
        )
        order = np.argsort(keys, kind="stable")
        keys, products = keys[order], products[order]
        frequencies = np.frombuffer(self._frequencies, np.uint16)[order]
        firsts = np.flatnonzero(np.diff(keys, prepend=-1))
        runs, starts = keys[firsts], np.append(firsts, len(keys)).astype(np.int64)
        loudness = np.empty(len(keys), np.float32)
        places = keys % width
        for place, field in enumerate(FIELDS):
            own = np.flatnonzero(places == place)
            average = base.average_length[field] or 1.0
            norm = K1 * (1 - B + B * lengths[field][products[own]] / average)
            loudness[own] = frequencies[own] * (K1 + 1) / (frequencies[own] + norm)
        terms = Texts.of(names, is_sorted=True)
        return Postings(terms, runs, starts, products, loudness, documents, base)


def build_postings(documents: Iterator[FieldTerms], base: Statistics | None = None) -> Postings:
    """The postings of these documents, in their order."""
    builder = PostingsBuilder()
    for terms in documents:
        builder.add(terms)
    return builder.build(base)
