"""Which products say a term, in which field, and how loudly? An inverted index in plain arrays.

The entries of a term lie together, field by field, products ascending. Nothing is parsed when it
is opened: the arrays are mapped from disk, and a query touches the pages of its own terms.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from shopkeeper.index.texts import Texts, mapped, united

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


@dataclass(frozen=True, slots=True)
class Block:
    """The entries of some products in a row, sorted; `join` makes postings of several.

    Attributes:
        terms, runs, starts, products: as in `Postings`; products count from 0 in the block.
        frequencies: [entries] how often the product says the term in the field.
        lengths: [fields, products] terms of each field.
    """

    terms: Texts
    runs: NDArray[np.int64]
    starts: NDArray[np.int64]
    products: NDArray[np.int32]
    frequencies: NDArray[np.uint16]
    lengths: NDArray[np.int32]


class BlockBuilder:
    """Collects the terms of products one at a time; `build` sorts and counts them."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._said = array("i")
        self._lengths = array("i")

    def add(self, terms: FieldTerms) -> None:
        """Take the next product's terms."""
        codes = self._codes
        for field in FIELDS:
            words = terms.get(field, ())
            self._said.extend([codes.setdefault(term, len(codes)) for term in words])
            self._lengths.append(len(words))

    def build(self) -> Block:
        """The block of what was collected."""
        width, names = len(FIELDS), sorted(self._codes)
        lengths = np.frombuffer(self._lengths, np.int32).reshape(-1, width)
        products = max(len(lengths), 1)
        rank = np.empty(len(names), np.int64)
        rank[[self._codes[name] for name in names]] = np.arange(len(names))
        places = np.repeat(np.arange(lengths.size), lengths.ravel())
        runs = rank[np.frombuffer(self._said, np.int32)] * width + places % width
        keys, counts = np.unique(runs * products + places // width, return_counts=True)
        runs = keys // products
        firsts = np.flatnonzero(np.diff(runs, prepend=-1))
        return Block(
            terms=Texts.of(names, is_sorted=True),
            runs=runs[firsts],
            starts=np.append(firsts, len(keys)).astype(np.int64),
            products=(keys % products).astype(np.int32),
            frequencies=np.minimum(counts, 65_535).astype(np.uint16),
            lengths=lengths.T.copy(),
        )


def join(blocks: Sequence[Block], base: Statistics | None = None) -> Postings:
    """The postings of all products, those of a block behind those of the blocks before it.

    Args:
        base: gives the averages that loudness is taken from; None: the blocks' own.
    """
    width = len(FIELDS)
    sizes = [block.lengths.shape[1] for block in blocks]
    base = base or _statistics(blocks, sum(sizes))
    terms, places = united([block.terms for block in blocks])
    keys = [
        own[block.runs // width] * width + block.runs % width
        for own, block in zip(places, blocks, strict=True)
    ]
    runs = np.unique(np.concatenate(keys)) if keys else np.empty(0, np.int64)
    targets = [np.searchsorted(runs, own) for own in keys]
    starts = np.zeros(len(runs) + 1, np.int64)
    for target, block in zip(targets, blocks, strict=True):
        starts[target + 1] += np.diff(block.starts)
    np.cumsum(starts, out=starts)
    products, loudness = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.float32)
    free, before = starts[:-1].copy(), 0
    for target, block, size in zip(targets, blocks, sizes, strict=True):
        counts = np.diff(block.starts)
        into = np.repeat(free[target] - block.starts[:-1], counts) + np.arange(counts.sum())
        products[into] = block.products + np.int32(before)
        loudness[into] = _loudness(block, base)
        free[target] += counts
        before += size
    return Postings(terms, runs, starts, products, loudness, before, base)


def _statistics(blocks: Sequence[Block], documents: int) -> Statistics:
    totals = np.zeros(len(FIELDS), np.int64)
    for block in blocks:
        totals += block.lengths.sum(axis=1, dtype=np.int64)
    averages = totals / max(documents, 1)
    return Statistics(documents, dict(zip(FIELDS, averages.tolist(), strict=True)))


def _loudness(block: Block, base: Statistics) -> NDArray[np.float64]:
    averages = np.array([base.average_length[field] or 1.0 for field in FIELDS])
    norms = K1 * (1 - B + B * block.lengths / averages[:, None])
    fields = np.repeat(block.runs % len(FIELDS), np.diff(block.starts))
    norm = norms[fields, block.products]
    loudness: NDArray[np.float64] = block.frequencies * (K1 + 1) / (block.frequencies + norm)
    return loudness


def build_postings(documents: Iterable[FieldTerms], base: Statistics | None = None) -> Postings:
    """The postings of these documents, in their order."""
    builder = BlockBuilder()
    for terms in documents:
        builder.add(terms)
    return join([builder.build()], base)
