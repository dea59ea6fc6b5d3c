"""How do other engines' rerank requests become the shop's, and its answers theirs?

One address for the three dialects there are, Cohere's, Jina's and vLLM's: what one of them adds to
the common part is taken, and what none of them knows is refused.
"""

from __future__ import annotations

from uuid import uuid4

from pydantic import BaseModel, Field, model_validator

from shopkeeper.index.documents import encoder_text
from shopkeeper.records import Product, Query
from shopkeeper.records.rerank import (
    MOST_DOCUMENTS,
    RERANK_MS,
    Document,
    OwnProduct,
    RerankRequest,
    RerankResponse,
    RerankResult,
)
from shopkeeper.serve.answers import (
    DocumentAnswer,
    RankedDocument,
    RerankAnswer,
    RerankMeta,
    RerankUsage,
)
from shopkeeper.serve.front import Shop
from shopkeeper.serve.requests import (
    EXACT,
    Attributes,
    Locale,
    LongText,
    Market,
    ShortText,
    Texts,
    Words,
)

MODEL = "shopkeeper"
API_VERSION = "1"
"""Of this address, as Cohere's clients read it."""


class RerankDocument(BaseModel):
    """`id` alone: a product of the shop. `text` alone: any text. With a `title`: any product."""

    model_config = EXACT

    id: str | None = Field(default=None, min_length=1, max_length=512, examples=["tent-2"])
    text: LongText | None = None
    """What is scored; beside a title, the product's description."""
    title: Texts | None = None
    description: Texts | None = None
    brand: ShortText | None = None
    category: LongText | list[ShortText] | None = None
    attributes: Attributes | None = None

    @model_validator(mode="after")
    def _one_form(self) -> RerankDocument:
        given = {name for name in self.model_fields_set if getattr(self, name) is not None}
        if "title" in given:
            if {"text", "description"} <= given:
                raise ValueError("text and description are the same here: give one of them")
        elif not (given == {"id"} or given in ({"text"}, {"id", "text"})):
            raise ValueError("expected an id, a text, or a product with its title")
        return self

    def to_record(self, place: int, shop: Shop) -> Document | OwnProduct:
        if self.title is None:
            return self.text if self.text is not None else OwnProduct(self.id or "")
        given = self.model_dump(exclude={"text"}, exclude_none=True)
        if self.text is not None:
            given["description"] = self.text
        given.setdefault("id", f"documents[{place}]")
        return Product.from_dict(given, locale=shop.locale, currency=shop.currency)


class RerankBody(BaseModel):
    """A query, and what some engine found for it."""

    model_config = EXACT

    query: Words = Field(min_length=1)
    documents: list[LongText | RerankDocument] = Field(min_length=1, max_length=MOST_DOCUMENTS)
    """Each is scored for itself. Products by id need no encoding, and are the fastest."""
    top_n: int | None = Field(default=None, ge=0)
    """How many of the best. Null, or 0 as vLLM's clients send: all."""
    return_documents: bool | None = None
    """Give the documents back with their scores; not unless asked."""
    model: str | None = Field(default=None, max_length=200)
    """Any name: there is one model, the shop. The answer names it."""
    locale: Locale | None = None
    market: Market | None = None
    timeout_ms: float = Field(default=RERANK_MS, ge=1, le=60_000)
    """Milliseconds; texts not encoded by then leave all to the words."""
    max_tokens_per_doc: int | None = None
    """Cohere's. Taken for the dialect's sake, as are those below."""
    max_chunks_per_doc: int | None = None
    rank_fields: list[ShortText] | None = None
    priority: int | None = None
    truncation: bool | None = None
    """Jina's."""
    truncate_prompt_tokens: int | None = None
    """vLLM's."""
    user: str | None = Field(default=None, max_length=200)

    def to_request(self, shop: Shop) -> RerankRequest:
        """The record. Raises `InvalidRecord` for a product that cannot be one."""
        return RerankRequest(
            Query(self.query, self.locale or shop.locale, self.market or shop.market),
            tuple(
                each if isinstance(each, str) else each.to_record(place, shop)
                for place, each in enumerate(self.documents)
            ),
            top_n=self.top_n or None,
            timeout_ms=self.timeout_ms,
        )


def rerank_answer(response: RerankResponse, *, with_documents: bool = False) -> RerankAnswer:
    return RerankAnswer(
        id=str(uuid4()),
        model=MODEL,
        results=tuple(_ranked(each, response, with_documents) for each in response.results),
        usage=RerankUsage(response.terms, response.terms),
        meta=RerankMeta({"version": API_VERSION}),
        missing=response.missing,
        blocked_by=response.blocked_by,
        stages=response.stages,
        degraded=response.degraded,
        generation=response.generation,
        artefacts=dict(response.artefacts),
        latency_ms=response.latency_ms,
    )


def _ranked(result: RerankResult, response: RerankResponse, with_document: bool) -> RankedDocument:
    document = _document(result, response) if with_document else None
    return RankedDocument(result.index, result.score, result.parts, document)


def _document(result: RerankResult, response: RerankResponse) -> DocumentAnswer:
    given, scored = response.request.documents[result.index], result.document
    if isinstance(scored, Product):
        text = encoder_text(scored, response.request.query.locale)
        return DocumentAnswer(text, scored.id)
    return DocumentAnswer(scored or "", given.id if isinstance(given, OwnProduct) else None)
