"""What may be asked of the API? Pydantic models, and how each becomes a record."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Discriminator, Field, JsonValue, Tag, model_validator

from shopkeeper.records import (
    Query,
    SearchRequest,
    Shopper,
    SuggestRequest,
    parse_clause,
    parse_sort,
)
from shopkeeper.records.product import LARGEST_TEXT
from shopkeeper.records.request import LARGEST_PAGE, LONGEST_QUERY
from shopkeeper.serve.front import Shop

DEEPEST_OFFSET = 10_000_000
_LAX = ConfigDict(extra="forbid", use_attribute_docstrings=True)
"""For query parameters, which are all text."""
EXACT = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)
"""For JSON, in which a number is no text and 0 is no false."""

Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[!-~]+$")]
"""An id that a client made up: visible ASCII."""
Words: TypeAlias = Annotated[str, Field(max_length=LONGEST_QUERY, examples=["waterproof tent"])]
Locale: TypeAlias = Annotated[
    str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", max_length=35, examples=["en"])
]
Market: TypeAlias = Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["US"])]
FilterText: TypeAlias = Annotated[str, Field(min_length=3, max_length=2_000)]
FieldName: TypeAlias = Annotated[str, Field(max_length=256)]


class SearchParameters(BaseModel):
    """One page of results, please. Without words it browses the whole shop."""

    model_config = _LAX

    q: Words = ""
    """The words as typed."""
    filter: list[FilterText] = Field(default=[], max_length=50, examples=[["price:50..300"]])
    """`brand:Acme|Zed` any of these · `-brand:Acme` none of these · `price:10..20` a range with
    open ends. All must hold within one variant. Prices are in the currency's main unit."""
    facet: list[FieldName] | None = Field(default=None, max_length=50, examples=[["brand"]])
    """Fields to count. Left out: those that suit the result; one empty name: none."""
    sort: list[FieldName] = Field(default=[], max_length=5, examples=[["price:asc"]])
    """`field`, `field:asc` or `field:desc`. Left out: by relevance."""
    offset: int = Field(default=0, ge=0, le=DEEPEST_OFFSET)
    """How many results to skip."""
    page: int = Field(default=1, ge=1, le=DEEPEST_OFFSET // LARGEST_PAGE)
    """Pages of `size` to go on from there: 1 starts at `offset`."""
    size: int = Field(default=24, ge=0, le=LARGEST_PAGE)
    locale: Locale | None = None
    """BCP 47. Left out: the shop's."""
    market: Market | None = None
    """ISO 3166. Left out: the shop's."""
    shopper: Name | None = None
    """Who asks, for personal results."""
    session: Name | None = None
    """Alone it stands for an anonymous shopper."""
    consent: bool = False
    """The shopper said yes. Without it nothing personal is read or written."""
    explain: bool = False
    """Say of each hit what matched and why it stands where it does."""
    attributes: bool = False
    """Also give each hit's attributes."""
    timeout_ms: float | None = Field(default=None, ge=1, le=60_000)
    """Milliseconds since the request came; what is not done by then is left out and named.
    Left out: the shop's."""

    def to_request(self, shop: Shop, ubi: UbiQuery | None = None) -> SearchRequest:
        """The record. Raises `InvalidRequest` for a filter or sort that cannot be read."""
        ubi = ubi or UbiQuery()
        return SearchRequest(
            query=Query(self.q, self.locale or shop.locale, self.market or shop.market),
            query_id=ubi.query_id or str(uuid4()),
            filters=tuple(parse_clause(text) for text in self.filter),
            facets=None if self.facet is None else tuple(name for name in self.facet if name),
            sort=tuple(parse_sort(text) for text in self.sort),
            offset=self.offset + (self.page - 1) * self.size,
            size=self.size,
            shopper=_shopper(self.shopper or ubi.client_id, self.session, self.consent),
            explain=self.explain,
            timeout_ms=self.timeout_ms,
        )


class UbiQuery(BaseModel):
    """The query part of OpenSearch User Behavior Insights 1.3.0."""

    model_config = EXACT

    query_id: Name | None = None
    """Given back in the answer, for the events to carry. Left out: a fresh UUID."""
    client_id: Name | None = None
    """Stands in for `shopper` where that is left out."""
    user_query: str | None = Field(default=None, max_length=LONGEST_QUERY)
    """Taken for the schema's sake; `q` is what is searched."""
    application: str | None = Field(default=None, max_length=100)
    """Taken for the schema's sake."""
    object_id_field: str | None = Field(default=None, max_length=100)
    """Taken for the schema's sake; objects are products, by id."""
    query_attributes: dict[str, JsonValue] | None = None
    """Taken for the schema's sake."""


class SearchExt(BaseModel):
    model_config = EXACT

    ubi: UbiQuery | None = None


class SearchBody(SearchParameters):
    """The parameters of a search as JSON, with OpenSearch's `ext.ubi` block."""

    model_config = EXACT

    ext: SearchExt | None = None


class SuggestParameters(BaseModel):
    """What could be meant by these first letters? Without letters: hints before typing."""

    model_config = _LAX

    q: Annotated[str, Field(max_length=LONGEST_QUERY, examples=["wat"])] = ""
    size: int = Field(default=8, ge=1, le=50)
    locale: Locale | None = None
    market: Market | None = None
    shopper: Name | None = None
    session: Name | None = None
    consent: bool = False

    def to_request(self, shop: Shop) -> SuggestRequest:
        return SuggestRequest(
            query=Query(self.q, self.locale or shop.locale, self.market or shop.market),
            size=self.size,
            shopper=_shopper(self.shopper, self.session, self.consent),
        )


def _shopper(shopper: str | None, session: str | None, consent: bool) -> Shopper | None:
    name = shopper or session
    return Shopper(name, session, consent) if name else None


# --- products ----------------------------------------------------------------------------------

ShortText: TypeAlias = Annotated[str, Field(max_length=512)]
LongText: TypeAlias = Annotated[str, Field(max_length=LARGEST_TEXT)]
Link: TypeAlias = Annotated[str, Field(max_length=2_048)]
Texts: TypeAlias = LongText | dict[ShortText, LongText]
"""A text in the shop's locale, or texts by locale."""
Stock: TypeAlias = Annotated[int, Field(ge=0, lt=2**31)]
Attribute: TypeAlias = LongText | bool | float | list[LongText]
Attributes: TypeAlias = dict[ShortText, Attribute]


class MoneyBody(BaseModel):
    """An exact amount: `minor` units (cents) of an ISO 4217 currency."""

    model_config = EXACT

    minor: int = Field(ge=0, le=10**15, examples=[24_900])
    currency: str = Field(pattern=r"^[A-Z]{3}$", examples=["USD"])


Price: TypeAlias = (
    Annotated[str, Field(max_length=64, examples=["249.00"])] | Annotated[float, Field(ge=0)]
) | MoneyBody
"""In the shop's currency unless it names one."""


class VariantBody(BaseModel):
    """One thing that can be bought."""

    model_config = EXACT

    sku: str = Field(min_length=1, max_length=512)
    options: dict[ShortText, ShortText] = {}
    price: Price | None = None
    stock: Stock | None = None
    """Units on hand. Null: unknown, counts as in stock."""
    image: Link | None = None


class ProductBody(BaseModel):
    """A product, whole. A single variant may stand as sku, price and stock beside the title."""

    model_config = EXACT

    title: Texts
    id: str | None = None
    """May be left out; otherwise the id in the path."""
    description: Texts | None = None
    brand: ShortText | None = None
    category: LongText | list[ShortText] | None = Field(default=None, examples=["Outdoor > Tents"])
    attributes: Attributes | None = None
    """Any names; what they hold can be searched, filtered and counted."""
    image: Link | None = None
    url: Link | None = None
    popularity: float | None = Field(default=None, ge=0)
    rating: float | None = Field(default=None, ge=0, le=5)
    variants: list[VariantBody] | None = Field(default=None, min_length=1, max_length=2_000)
    sku: ShortText | None = None
    price: Price | None = None
    stock: Stock | None = None

    @model_validator(mode="after")
    def _one_form(self) -> ProductBody:
        if self.variants is not None and self.model_fields_set & {"sku", "price", "stock"}:
            raise ValueError("either variants, or sku, price and stock beside the title")
        return self

    def to_dict(self) -> dict[str, Any]:
        """What was given, for `Product.from_dict`."""
        return self.model_dump(exclude_unset=True)


class ProductChange(BaseModel):
    """The fields that change (RFC 7396, JSON merge patch): null removes, what is left out stays.

    Price and stock go to the variant `sku`, or to every variant without it.
    """

    model_config = EXACT

    title: Texts = Field(default_factory=str)
    """Cannot be removed, nor can the variants."""
    description: Texts | None = None
    brand: ShortText | None = None
    category: LongText | list[ShortText] | None = None
    attributes: dict[ShortText, Attribute | None] | None = None
    image: Link | None = None
    url: Link | None = None
    popularity: float | None = Field(default=None, ge=0)
    rating: float | None = Field(default=None, ge=0, le=5)
    variants: list[VariantBody] = Field(default_factory=list, min_length=1, max_length=2_000)
    sku: ShortText | None = None
    price: Price | None = None
    stock: Stock | None = None

    def to_dict(self) -> dict[str, Any]:
        """What was given: a null that was given stays a null."""
        return self.model_dump(exclude_unset=True)


# --- simulation --------------------------------------------------------------------------------


class TruthBody(BaseModel):
    """A query, and the products whose grade for it is wanted."""

    model_config = EXACT

    q: Words
    products: list[ShortText] = Field(max_length=LARGEST_PAGE)
    """Their ids."""
    locale: Locale | None = None
    """BCP 47. Left out: the shop's."""


# --- events ------------------------------------------------------------------------------------

MOST_EVENTS = 1_000
Label: TypeAlias = Annotated[str, Field(max_length=100)]


class UbiEvent(BaseModel):
    """One event of OpenSearch User Behavior Insights 1.3.0."""

    model_config = ConfigDict(extra="allow", strict=True, use_attribute_docstrings=True)

    action_name: Label = Field(min_length=1, examples=["click"])
    """`impression`, `click`, `add_to_cart`, `purchase`, or any other."""
    timestamp: str = Field(
        max_length=64,
        examples=["2026-11-20T10:00:00Z"],
        json_schema_extra={"format": "date-time"},
    )
    """ISO 8601; without a time zone it is read as UTC."""
    query_id: Label | None = None
    """Of the answer that showed the object."""
    client_id: Label | None = None
    session_id: Label | None = None
    user_id: Label | None = None
    consent: bool = False
    """The shopper said yes. Without it the event is kept without ids, and joins by `query_id`
    alone; of its attributes only `application`, `message_type` and numbers of the position."""
    application: Label | None = None
    message_type: Label | None = None
    message: str | None = Field(default=None, max_length=1_024)
    event_attributes: dict[str, JsonValue] | None = None
    """`object.object_id` is the product's id, `position.ordinal` its place on the page."""


UbiEvents: TypeAlias = Annotated[
    Annotated[UbiEvent, Tag("event")]
    | Annotated[list[UbiEvent], Field(max_length=MOST_EVENTS), Tag("events")],
    Discriminator(lambda body: "events" if isinstance(body, list) else "event"),
]
"""One, or a list of them."""
