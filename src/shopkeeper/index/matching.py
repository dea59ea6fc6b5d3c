"""Which products does the query match? Words, or meaning near enough, or a merchant's pin.

    result set = filter ∧ (words ∪ nearest K above the floor ∪ pinned)

A product matches by words when it has as many of the query's concepts as can be asked for while
enough products of the shop still match. The words and the pins do not depend on the filters. The
nearest K are the nearest among those that pass, so that a tight filter still finds its K.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.columns import Chosen, Mask
from shopkeeper.index.filters import Passing, passing
from shopkeeper.index.snapshot import Ordinals, Snapshot
from shopkeeper.index.words import WordWeights
from shopkeeper.records import Clause, Concept, InvalidRequest


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the query by its words, worth `weight` (1 for its own)."""

    concepts: tuple[Concept, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class MatchConfig:
    """What counts as a match."""

    words: WordWeights
    nearest: int = 1000
    """K: how many products the dense leg may bring."""
    floor: float = 0.35
    """Cosine from which a product counts as near; calibrated per encoder."""

    def __post_init__(self) -> None:
        if self.nearest < 0:
            raise InvalidRequest(f"nearest {self.nearest}", expected="0 or more")
        if not -1 <= self.floor <= 1:
            raise InvalidRequest(f"floor {self.floor}", expected="a cosine, −1 … 1")


class Matching:
    """One query against one snapshot; asked once for the page and once per filtered facet.

    It is made of words alone, so that an encoder may be at work meanwhile; `join` adds the meaning.

    Attributes:
        by_words: [products] which live products match by words.
        lexical: [products] how well, 0 where the words do not match.
        best_lexical: the highest of them; 0 when none matches.
        pinned: the pinned products, in their order.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        readings: Sequence[Reading],
        pinned: Sequence[str],
        config: MatchConfig,
    ) -> None:
        self.snapshot = snapshot
        self._readings = readings
        self._vectors: Sequence[NDArray[np.float32]] = ()
        self._config = config
        places = [place for product_id in pinned if (place := snapshot.locate(product_id))]
        self.pinned = np.array([snapshot.offsets[v] + o for v, o in places], np.int64)
        size = int(snapshot.offsets[-1])
        self.by_words = np.zeros(size, np.bool_)
        self.lexical = np.zeros(size, np.float32)
        self.best_lexical = 0.0
        for reading in readings:
            if reading.concepts:
                self._search_words(reading)

    def join(self, vectors: Sequence[NDArray[np.float32]]) -> None:
        """Let the meaning of the readings count too: a unit vector [dimension] of each, or none."""
        self._vectors = vectors

    @property
    def is_everything(self) -> bool:
        """Nothing was asked, so every product matches."""
        return not self._vectors and not any(r.concepts for r in self._readings)

    def _search_words(self, reading: Reading) -> None:
        """Score the products with as many of the concepts as enough products have."""
        weights, most = self._config.words, len(reading.concepts)
        parts = []
        for view, offset in zip(self.snapshot.views, self.snapshot.offsets.tolist(), strict=False):
            found = view.segment.words.score(reading.concepts, weights)
            own = ((found.concepts > 0) & view.alive).nonzero()[0]
            parts.append((own + offset, found.concepts[own], found.scores[own]))
        products, said, scores = map(np.concatenate, zip(*parts, strict=True))
        having = np.bincount(said, minlength=most + 1)
        least = weights.least(most)
        # Where the whole shop is not enough, nothing but the least can be asked for.
        needed = most if weights.enough <= self.snapshot.products else least
        while needed > least and having[needed:].sum() < weights.enough:
            needed -= 1
        matching = said >= needed
        products, scores = products[matching], scores[matching]
        if reading.weight != 1:
            scores *= np.float32(reading.weight)
        self.by_words[products] = True
        self.lexical[products] = np.maximum(self.lexical[products], scores)
        self.best_lexical = max(self.best_lexical, float(scores.max(initial=0.0)))

    def passing(self, clauses: Sequence[Clause]) -> list[Passing]:
        """Per view, what is alive and passes the clauses."""
        return [
            passing(view.columns, view.volatile, clauses, self.snapshot.currency, view.alive)
            for view in self.snapshot.views
        ]

    def members(self, passing: Sequence[Passing]) -> tuple[Ordinals, Ordinals]:
        """The result set among what passes, ascending; and those that the meaning found."""
        parts = [part.products for part in passing]
        joined = parts[0] if len(parts) == 1 else np.concatenate(parts)
        if self.is_everything:
            return np.flatnonzero(joined), np.empty(0, np.int64)
        near = self._nearest(parts)
        members = self.by_words & joined
        members[near] = True
        members[self.pinned] = joined[self.pinned]
        return np.flatnonzero(members), near

    def chosen(self, members: Ordinals, passing: Sequence[Passing]) -> list[Chosen]:
        """Per view, the members with those of their rows that pass."""
        offsets = self.snapshot.offsets
        bounds = np.searchsorted(members, offsets)
        return [
            Chosen(
                view.columns,
                members[bounds[number] : bounds[number + 1]] - offsets[number],
                passing[number].rows,
            )
            for number, view in enumerate(self.snapshot.views)
        ]

    def _nearest(self, passing: Sequence[Mask]) -> Ordinals:
        found: list[Ordinals] = []
        similarities: list[NDArray[np.float64]] = []
        for reading, vector in self._meant():
            for number, view in enumerate(self.snapshot.views):
                if view.dense is None or not self._config.nearest:
                    continue
                rows, scores = view.dense.search(vector, self._config.nearest, passing[number])
                near = scores >= self._config.floor
                found.append(rows[near].astype(np.int64) + self.snapshot.offsets[number])
                similarities.append(reading.weight * scores[near].astype(np.float64))
        if not found:
            return np.empty(0, np.int64)
        if len(found) == 1:
            return found[0]
        ordinals, scores = np.concatenate(found), np.concatenate(similarities)
        order = np.lexsort((ordinals, -scores))
        _, first = np.unique(ordinals[order], return_index=True)
        return ordinals[order][np.sort(first)[: self._config.nearest]]

    def similarity(self, ordinals: Ordinals) -> NDArray[np.float64]:
        """Cosine of each product to the nearest reading; NaN where there is no vector."""
        best = np.full(len(ordinals), np.nan)
        for reading, vector in self._meant():
            for view, at, own in self.snapshot.split(ordinals):
                if view.dense is not None:
                    scores = view.dense.scores(vector, own).astype(np.float64)
                    best[at] = np.fmax(best[at], reading.weight * scores)
        return best

    def _meant(self) -> Iterator[tuple[Reading, NDArray[np.float32]]]:
        """The readings with their vectors, where they have any."""
        return zip(self._readings, self._vectors, strict=True) if self._vectors else iter(())
