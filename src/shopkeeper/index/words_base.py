"""The words of a generation's base: an immutable tantivy index of one document per product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import tantivy
from numpy.typing import NDArray

from shopkeeper.index.words import (
    FIELDS,
    TOLD_FIELDS,
    FieldTerms,
    Matches,
    Statistics,
    WordWeights,
    note_match,
    terms_of,
    weighed,
)
from shopkeeper.records import Concept


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for field in FIELDS:
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    builder.add_unsigned_field("ordinal", indexed=True, fast=True)
    return builder.build()


def build_words(folder: Path, documents: Iterable[FieldTerms], heap_bytes: int = 1 << 29) -> None:
    """Write a base index whose document numbers are the ordinals 0, 1, 2, … of `documents`."""
    folder.mkdir()
    index = tantivy.Index(_schema(), path=str(folder), reuse=False)
    writer = index.writer(heap_bytes, 1)
    lengths: Counter[str] = Counter()
    count = 0
    for count, terms in enumerate(documents, start=1):
        document = tantivy.Document()
        for field, words in terms.items():
            if words:
                document.add_text(field, " ".join(words))
                lengths[field] += len(words)
        document.add_unsigned("ordinal", count - 1)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    (folder / "lengths.json").write_bytes(
        orjson.dumps({"documents": count, "tokens": {field: lengths[field] for field in FIELDS}})
    )
    # Opening takes tantivy's lock file, which would be new in a folder that may not change.
    (folder / ".tantivy-meta.lock").touch()


class BaseWords:
    """The immutable words of a generation's base."""

    def __init__(self, folder: Path) -> None:
        facts = orjson.loads((folder / "lengths.json").read_bytes())
        self._index = tantivy.Index.open(str(folder))
        self._searcher = self._index.searcher()
        self._schema = self._index.schema
        self._documents = int(facts["documents"])
        self._tokens: dict[str, int] = facts["tokens"]
        self._ordinals = self._ordinals_by_segment()

    def _ordinals_by_segment(self) -> list[NDArray[np.int32]] | None:
        """None when document numbers are ordinals, as they are in a single segment."""
        if self._searcher.num_segments <= 1:
            return None
        hits = self._searcher.search(
            tantivy.Query.all_query(),
            max(1, self._documents),
            count=False,
            order_by_field="ordinal",
        ).hits
        tables = [
            np.full(self._documents, -1, np.int32) for _ in range(self._searcher.num_segments)
        ]
        for ordinal, address in hits:
            tables[address.segment_ord][address.doc] = ordinal
        return tables

    def search(self, concepts: Sequence[Concept], weights: WordWeights, needed: int) -> Matches:
        if not concepts or not self._documents:
            return Matches(np.empty(0, np.int32), np.empty(0))
        clauses = [
            (tantivy.Occur.Should, self._concept(c, weights)) for c in weighed(concepts, self)
        ]
        query = tantivy.Query.boolean_query(clauses, minimum_number_should_match=needed)
        hits = self._searcher.search(query, self._documents, count=False).hits
        scores = np.fromiter((score for score, _ in hits), np.float64, len(hits))
        return Matches.sorted(self._to_ordinals([address for _, address in hits]), scores)

    def _to_ordinals(self, addresses: list[Any]) -> NDArray[np.int32]:
        documents = np.fromiter((a.doc for a in addresses), np.int32, len(addresses))
        if self._ordinals is None:
            return documents
        tables = self._ordinals
        found = (tables[a.segment_ord][a.doc] for a in addresses)
        return np.fromiter(found, np.int32, len(addresses))

    def _concept(self, concept: Concept, weights: WordWeights) -> tantivy.Query:
        query = tantivy.Query
        alternatives = []
        for alternative in concept.alternatives:
            terms = [self._term(term, weights) for term in alternative.terms]
            together = terms[0]
            if len(terms) > 1:
                together = query.boolean_query([(tantivy.Occur.Must, term) for term in terms])
            alternatives.append(query.boost_query(together, alternative.weight))
        return (
            query.disjunction_max_query(alternatives) if len(alternatives) > 1 else alternatives[0]
        )

    def _term(self, term: str, weights: WordWeights) -> tantivy.Query:
        query = tantivy.Query
        fields = [
            query.boost_query(query.term_query(self._schema, field, term, "freq"), boost)
            for field, boost in weights.boosts()
        ]
        return query.disjunction_max_query(fields, weights.field_tie)

    def has(self, term: str) -> bool:
        return self.document_frequency("all", term) > 0

    def matched(
        self, concepts: Sequence[Concept], ordinals: Sequence[int]
    ) -> dict[int, tuple[str, ...]]:
        query, must = tantivy.Query, tantivy.Occur.Must
        among = query.term_set_query(self._schema, "ordinal", [int(o) for o in ordinals])
        found: dict[int, list[str]] = {int(o): [] for o in ordinals}
        for concept, term in terms_of(concepts):
            for field in TOLD_FIELDS:
                word = query.term_query(self._schema, field, term, "freq")
                both = query.boolean_query([(must, word), (must, among)])
                hits = self._searcher.search(both, max(1, len(ordinals)), count=False).hits
                for ordinal in self._to_ordinals([address for _, address in hits]):
                    note_match(found[int(ordinal)], field, concept, term)
        return {ordinal: tuple(notes) for ordinal, notes in found.items()}

    def statistics(self) -> Statistics:
        return self

    def documents(self) -> int:
        return self._documents

    def average_length(self, field: str) -> float:
        return self._tokens[field] / self._documents if self._documents else 0.0

    def document_frequency(self, field: str, term: str) -> int:
        return int(self._searcher.doc_freq(field, term))
