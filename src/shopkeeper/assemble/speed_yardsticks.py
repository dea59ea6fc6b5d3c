"""How fast are the raw libraries at the same task? Each is given the shop's own data.

tantivy answers the shop's own lexical queries over the shop's own postings, and is asked for what
it does best: the best thousand and a count. faiss' inverted file of whole vectors (IVF, Flat) is
given as many probes as bring it to the dense leg's recall.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.postings import FIELDS, Postings
from shopkeeper.index.words import WordWeights
from shopkeeper.records import Alternative, Concept

BEST = 1000
"""Products asked for."""


class RawTantivy:
    """One document a product, its distinct terms in the fields that count; one segment."""

    def __init__(self, folder: Path, postings: Postings, weights: WordWeights) -> None:
        import tantivy

        self._fields = [field for field in FIELDS if weights.of(field)]
        self._weights = weights
        builder = tantivy.SchemaBuilder()
        for field in self._fields:
            builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
        self._schema = builder.build()
        folder.mkdir(parents=True)
        index = tantivy.Index(self._schema, path=str(folder))
        writer = index.writer(1 << 30, 1)
        for texts in _documents(postings, self._fields):
            document = tantivy.Document()
            for field, text in zip(self._fields, texts, strict=True):
                if text:
                    document.add_text(field, text)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()

    def query(self, concepts: Sequence[Concept], needed: int) -> Any:
        """The same question in its own words."""
        from tantivy import Occur, Query

        clauses = []
        for concept in concepts:
            ways = [self._way(alternative) for alternative in concept.alternatives]
            way = Query.disjunction_max_query(ways) if len(ways) > 1 else ways[0]
            clauses.append((Occur.Should, way))
        return Query.boolean_query(clauses, minimum_number_should_match=needed)

    def search(self, query: Any) -> int:
        """How many match; the best of them are made, too."""
        found: Any = self._searcher.search(query, BEST, count=True)
        return int(found.count)

    def _way(self, alternative: Alternative) -> Any:
        from tantivy import Occur, Query

        terms = []
        for term in alternative.terms:
            fields = [
                Query.boost_query(
                    Query.term_query(self._schema, field, term, "freq"), self._weights.of(field)
                )
                for field in self._fields
            ]
            terms.append(Query.boolean_query([(Occur.Should, field) for field in fields]))
        together = Query.boolean_query([(Occur.Must, term) for term in terms])
        return Query.boost_query(together if len(terms) > 1 else terms[0], alternative.weight)


def _documents(postings: Postings, fields: Sequence[str]) -> Any:
    """The postings turned round: per product, the text of each field."""
    terms = list(postings.terms)
    width = len(FIELDS)
    of_entry = np.repeat(postings.runs, np.diff(postings.starts))
    columns = []
    for field in fields:
        own = np.flatnonzero(of_entry % width == FIELDS.index(field))
        by_product = own[np.argsort(postings.products[own], kind="stable")]
        counts = np.bincount(postings.products[own], minlength=postings.documents)
        columns.append((of_entry[by_product] // width, np.concatenate([[0], np.cumsum(counts)])))
    for product in range(postings.documents):
        yield [
            " ".join([terms[code] for code in codes[ends[product] : ends[product + 1]].tolist()])
            for codes, ends in columns
        ]


class RawFaiss:
    """faiss' IVF over whole vectors."""

    def __init__(self, vectors: NDArray[np.float32], seed: int) -> None:
        import faiss

        dimension, lists = vectors.shape[1], int(2 * len(vectors) ** 0.5)
        self._quantizer = faiss.IndexFlatIP(dimension)
        self.index: Any = faiss.IndexIVFFlat(
            self._quantizer, dimension, lists, faiss.METRIC_INNER_PRODUCT
        )
        self.index.cp.niter, self.index.cp.seed, self.index.cp.spherical = 10, seed, True
        self.index.cp.max_points_per_centroid = 64
        self.index.train(vectors)
        self.index.add(vectors)
        faiss.omp_set_num_threads(1)

    def search(self, query: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """The positions of the k nearest it finds."""
        found: NDArray[np.int64] = self.index.search(query[None], k)[1][0]
        return found

    def probe_until(
        self, queries: NDArray[np.float32], exact: Sequence[NDArray[np.int64]], recall: float
    ) -> float:
        """Take the fewest probes, of powers of √2, that reach the recall; the recall reached."""
        probes, reached = 1.0, 0.0
        while probes <= self.index.nlist:
            self.index.nprobe = int(probes)
            found = [self.search(query, len(exact[0])) for query in queries]
            reached = recall_of(found, exact)
            if reached >= recall:
                break
            probes *= 2**0.5
        return reached


def recall_of(found: Sequence[NDArray[np.int64]], exact: Sequence[NDArray[np.int64]]) -> float:
    """The mean share of the exact ones that were found."""
    shares = [
        len(np.intersect1d(own, best)) / max(1, len(best))
        for own, best in zip(found, exact, strict=True)
    ]
    return float(np.mean(shares))
