"""What is sent for each question, and how is its answer read? Without a network, for any client."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

import orjson
from pydantic import TypeAdapter, ValidationError

from shopkeeper.data.events import event_to_ubi
from shopkeeper.records import Event, Forgotten, Money, Product, ShopkeeperError
from shopkeeper.records.ports import Delete, Put, Write
from shopkeeper.serve.answers import (
    BulkAnswer,
    ErrorAnswer,
    EventsAnswer,
    RerankAnswer,
    SearchAnswer,
    SuggestAnswer,
    WriteAnswer,
)
from shopkeeper.serve.front import ShopStatus

T = TypeVar("T")

_JSON, _LINES = "application/json", "application/x-ndjson"


class Refusal(ShopkeeperError):
    """The server said no: its own words, its code and the HTTP status."""

    def __init__(self, status: int, code: str, what: str, where: str, expected: str, hint: str):
        super().__init__(what, where=where, expected=expected, hint=hint)
        self.status, self.code = status, code


class Unreachable(ShopkeeperError):
    """No answer came, or none that a shop gives; whether a write arrived is not known."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One question as it goes over the wire, and the reader of its answer."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    read: Callable[[bytes], T]
    body: bytes | None = None
    body_type: str = _JSON
    is_safe: bool = True
    """It changes nothing, so it may be sent again."""
    none_on: str | None = None
    """The code of a refusal that is no error here: `read` is given nothing then."""


def search(
    q: str = "",
    *,
    filter: Sequence[str] = (),
    facet: Sequence[str] | None = None,
    sort: Sequence[str] = (),
    page: int = 1,
    size: int = 24,
    offset: int = 0,
    locale: str | None = None,
    market: str | None = None,
    shopper: str | None = None,
    session: str | None = None,
    consent: bool = True,
    explain: bool = False,
    attributes: bool = False,
    timeout_ms: float | None = None,
    query_id: str | None = None,
) -> Call[SearchAnswer]:
    """A page of results; the arguments are those of `/v1/search` (docs/api.md).

    `query_id` is one of the caller's own for the events to carry; without it the server makes one.
    """
    asked = {
        "q": q,
        "filter": list(filter),
        "facet": None if facet is None else list(facet),
        "sort": list(sort),
        "page": page,
        "size": size,
        "offset": offset,
        "locale": locale,
        "market": market,
        "shopper": shopper,
        "session": session,
        "consent": consent,
        "explain": explain,
        "attributes": attributes,
        "timeout_ms": timeout_ms,
        "ext": {"ubi": {"query_id": query_id}} if query_id else None,
    }
    return Call("POST", "/v1/search", _reader(SearchAnswer), _given(asked))


def suggest(
    q: str = "", *, size: int = 8, locale: str | None = None, shopper: str | None = None
) -> Call[SuggestAnswer]:
    """Lines for under the search box."""
    asked = {"q": q, "size": str(size), "locale": locale, "shopper": shopper}
    words = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items() if value)
    return Call("GET", f"/v1/suggest?{words}", _reader(SuggestAnswer))


def rerank(
    query: str,
    documents: Sequence[str | Mapping[str, Any]],
    *,
    top_n: int | None = None,
    return_documents: bool = False,
    locale: str | None = None,
    timeout_ms: float | None = None,
) -> Call[RerankAnswer]:
    """Scores for what another engine found: texts, `{"id": …}` or `{"title": …, …}`."""
    asked = {
        "query": query,
        "documents": list(documents),
        "top_n": top_n,
        "return_documents": return_documents,
        "locale": locale,
        "timeout_ms": timeout_ms,
    }
    return Call("POST", "/v1/rerank", _reader(RerankAnswer), _given(asked))


def get(product_id: str) -> Call[Product | None]:
    """The product as it is stored; None when there is none."""
    return Call("GET", _product_path(product_id), _product, none_on="not_found")


def put(product: Product) -> Call[WriteAnswer]:
    """Add the product, or replace the one with its id."""
    body = orjson.dumps(product.to_dict())
    return _write("PUT", product.id, body)


def patch(product_id: str, change: Mapping[str, Any]) -> Call[WriteAnswer]:
    """Change these fields, as a JSON merge patch: None removes, what is left out stays."""
    return _write("PATCH", product_id, orjson.dumps(dict(change)))


def delete(product_id: str) -> Call[WriteAnswer]:
    """Remove the product; removing what is not there is no error."""
    return _write("DELETE", product_id, None)


def forget(shopper_id: str) -> Call[Forgotten]:
    """Forget a shopper: what was removed, with a receipt. Sending it again does no harm."""
    path = f"/v1/shoppers/{quote(shopper_id, safe='')}"
    return Call("DELETE", path, _reader(Forgotten), is_safe=False)


def bulk(writes: Iterable[Write]) -> Call[BulkAnswer]:
    """Write many; what was refused is listed by its line, from 1. Sending it again does no harm."""
    body = b"\n".join(orjson.dumps(_line(write)) for write in writes)
    read = _reader(BulkAnswer)
    return Call("POST", "/v1/products/_bulk", read, body, _LINES, is_safe=False)


def record(events: Sequence[Event]) -> Call[EventsAnswer]:
    """Write down what shoppers did, all or none."""
    body = orjson.dumps([event_to_ubi(event) for event in events])
    return Call("POST", "/v1/events", _reader(EventsAnswer), body, is_safe=False)


def status() -> Call[ShopStatus]:
    """The shop at this moment."""
    return Call("GET", "/v1/status", _reader(ShopStatus))


def refusal(status: int, body: bytes) -> Refusal:
    """What an answer that is not 2xx says; also of one that is not the shop's own."""
    try:
        error = _adapter(ErrorAnswer).validate_json(body).error
    except ValidationError:
        said = body[:200].decode(errors="replace").strip()
        return Refusal(status, f"http_{status}", f"HTTP {status}: {said or 'no words'}", "", "", "")
    return Refusal(status, error.code, error.message, error.where, error.expected, error.hint)


def _write(
    method: Literal["PUT", "PATCH", "DELETE"], product_id: str, body: bytes | None
) -> Call[WriteAnswer]:
    return Call(method, _product_path(product_id), _reader(WriteAnswer), body, is_safe=False)


def _line(write: Write) -> dict[str, Any]:
    if isinstance(write, Put):
        return {"put": write.product.to_dict()}
    if isinstance(write, Delete):
        return {"delete": {"id": write.product_id}}
    change = {
        "id": write.product_id,
        "sku": write.sku,
        "price": _money(write.price),
        "stock": write.stock,
        "popularity": write.popularity,
    }
    return {"patch": {name: value for name, value in change.items() if value is not None}}


def _money(money: Money | None) -> dict[str, Any] | None:
    return {"minor": money.minor, "currency": money.currency} if money else None


def _product_path(product_id: str) -> str:
    return f"/v1/products/{quote(product_id, safe='')}"


def _given(asked: Mapping[str, Any]) -> bytes:
    return orjson.dumps({name: value for name, value in asked.items() if value is not None})


def _product(body: bytes) -> Product | None:
    return Product.from_dict(orjson.loads(body)) if body else None


def _reader(kind: type[T]) -> Callable[[bytes], T]:
    asked: Any = kind  # a type is hashable, which mypy does not take from type[T]

    def read(body: bytes) -> T:
        answer: T = _adapter(asked).validate_json(body)
        return answer

    return read


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Fields that a newer server adds are left out; one that it lacks is an error."""
    return TypeAdapter(kind)
