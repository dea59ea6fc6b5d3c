"""What does the API answer? Each answer is a dataclass, which is also its schema.

Records that say all a reader needs (`Part`, `Why`, `Facet`, `StageReport`, `Correction`,
`Concept`) go out as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ConfigDict

from shopkeeper.records import (
    AttributeValue,
    Concept,
    Correction,
    Facet,
    Part,
    StageReport,
    Why,
)
from shopkeeper.records.simulation import ExampleShopper, JudgedProduct, ReadBy

DOCUMENTED = ConfigDict(use_attribute_docstrings=True)
"""Lets the OpenAPI page carry what stands below each field."""


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """What went wrong, where, what would have been right, and what to do about it."""

    code: str
    """For programs: one word per cause."""
    message: str
    where: str = ""
    """The place: a parameter, a field, a line, an id."""
    expected: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """The body of every answer that is not 2xx."""

    error: ErrorDetail


@dataclass(frozen=True, slots=True)
class MoneyAnswer:
    """An amount in the currency's minor unit (cents), and as it is written."""

    minor: int
    currency: str
    text: str


@dataclass(frozen=True, slots=True)
class PriceRange:
    """Lowest and highest price among the variants, where they differ."""

    low: MoneyAnswer
    high: MoneyAnswer


@dataclass(frozen=True, slots=True)
class VariantAnswer:
    """One thing that can be bought: a size, a colour."""

    sku: str
    options: Mapping[str, str]
    price: MoneyAnswer | None
    in_stock: bool
    image: str | None


@dataclass(frozen=True, slots=True)
class HitAnswer:
    """One product of the page, which is ordered by (pin, tier, score), highest first."""

    __pydantic_config__ = DOCUMENTED

    rank: int
    """From 1, over the whole result set."""
    id: str
    sku: str
    """The variant that matched; price and image are its own."""
    title: str
    """In the request's locale, or the nearest there is."""
    brand: str | None
    category: tuple[str, ...]
    """From the department down."""
    price: MoneyAnswer | None
    price_range: PriceRange | None
    image: str
    """Of the variant, of the product, or a drawing that this server makes."""
    url: str | None
    attributes: Mapping[str, AttributeValue] | None
    """Null unless asked for."""
    variants: tuple[VariantAnswer, ...]
    rating: float | None
    """Stars, 0 … 5."""
    score: float
    """The float64 sum of the parts, left to right, to the last bit."""
    tier: int
    pin: int
    """0: not pinned."""
    parts: tuple[Part, ...]
    """What each leg, boost and stage added."""
    why: Why | None
    """Null unless explanations are asked for."""


@dataclass(frozen=True, slots=True)
class ConstraintAnswer:
    """A wish that the words express, as the filter a click would set."""

    filter: str
    surface: str
    confidence: float


@dataclass(frozen=True, slots=True)
class UnderstandingAnswer:
    """What the words were read as."""

    text: str
    corrections: tuple[Correction, ...]
    constraints: tuple[ConstraintAnswer, ...]
    concepts: tuple[Concept, ...]
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UbiAnswer:
    """OpenSearch User Behavior Insights: events about this page carry this query_id."""

    query_id: str


@dataclass(frozen=True, slots=True)
class ExtAnswer:
    ubi: UbiAnswer


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """A page of results, and everything that says how it came about."""

    __pydantic_config__ = DOCUMENTED

    query_id: str
    """For the events about this page."""
    total: int
    """Products in the result set, of which this is a page."""
    offset: int
    size: int
    hits: tuple[HitAnswer, ...]
    facets: tuple[Facet, ...]
    """Counts over the result set; a field's own filter is off while it is counted."""
    fit: float | None
    """0 … 1: how sure the shop is that something fits; null when it cannot tell."""
    understanding: UnderstandingAnswer | None
    stages: tuple[StageReport, ...]
    """What each stage did: ok, off (no artefact), degraded (late or failed), skipped."""
    degraded: tuple[str, ...]
    """Names of the stages that should have worked and did not."""
    redirect: str | None
    """Where a merchant's rule sends this query instead."""
    blocked_by: str | None
    """The deny rule that emptied the page."""
    rules: tuple[str, ...]
    """The merchandising rules that fired, by id."""
    suggestions: tuple[str, ...]
    """Queries that would find something, on a page that found nothing."""
    generation: str
    """The index generation that the result set is defined on."""
    artefacts: Mapping[str, str]
    """Version of every artefact that took part."""
    latency_ms: float
    """The shop's own time, without the network's."""
    ext: ExtAnswer


@dataclass(frozen=True, slots=True)
class SuggestionAnswer:
    """A line under the search box; `filter` is what a click on a brand or category sets."""

    text: str
    kind: str
    hits: int
    score: float
    product_id: str | None
    filter: str | None


@dataclass(frozen=True, slots=True)
class SuggestAnswer:
    q: str
    suggestions: tuple[SuggestionAnswer, ...]
    stages: tuple[StageReport, ...]
    degraded: tuple[str, ...]
    latency_ms: float


@dataclass(frozen=True, slots=True)
class DocumentAnswer:
    """What was scored."""

    text: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class RankedDocument:
    __pydantic_config__ = DOCUMENTED

    index: int
    """Its place in the request, from 0."""
    relevance_score: float
    """0 … 1: the float64 sum of the parts, left to right."""
    parts: tuple[Part, ...]
    document: DocumentAnswer | None
    """Null unless asked for."""


@dataclass(frozen=True, slots=True)
class RerankUsage:
    """Analysed words of the documents. Nothing is billed."""

    prompt_tokens: int
    total_tokens: int


@dataclass(frozen=True, slots=True)
class RerankMeta:
    """What Cohere's clients look for."""

    api_version: dict[str, str]


@dataclass(frozen=True, slots=True)
class RerankAnswer:
    """The documents, the best first, ties as they were given."""

    __pydantic_config__ = DOCUMENTED

    id: str
    model: str
    results: tuple[RankedDocument, ...]
    usage: RerankUsage
    meta: RerankMeta
    missing: tuple[int, ...]
    """Indices of products that the shop does not have; they score 0."""
    blocked_by: str | None
    """The deny rule because of which there are no results."""
    stages: tuple[StageReport, ...]
    degraded: tuple[str, ...]
    """With `rerank.dense` in it, the scores are by words alone."""
    generation: str
    artefacts: dict[str, str]
    latency_ms: float


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    """Written, safe from a crash, and searchable; `seq` counts the shop's writes."""

    seq: int
    accepted: int


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line of a bulk that was not written; lines count from 1."""

    line: int
    error: ErrorDetail


@dataclass(frozen=True, slots=True)
class BulkAnswer:
    """`accepted` lines are written; `refused` lists every other one. Empty lines count for none."""

    seq: int | None
    accepted: int
    refused: tuple[RefusedLine, ...]


@dataclass(frozen=True, slots=True)
class EventsAnswer:
    """How many events were new and are written down."""

    accepted: int


@dataclass(frozen=True, slots=True)
class HealthAnswer:
    state: str


@dataclass(frozen=True, slots=True)
class SimulationAnswer:
    """A marketplace in which everything is known, since it was made up."""

    simulated: bool
    shoppers: tuple[ExampleShopper, ...]


@dataclass(frozen=True, slots=True)
class TruthAnswer:
    """What the query means in the marketplace, and how well each product fits it."""

    __pydantic_config__ = DOCUMENTED

    simulated: bool
    q: str
    read_by: ReadBy
    """book: the meaning was written down with the query · words: read from them, which may err ·
    nothing: not understood, and so no product is judged."""
    reading: str
    """The meaning in words."""
    products: tuple[JudgedProduct, ...]
    """In the order asked; those that the marketplace does not know are left out."""
