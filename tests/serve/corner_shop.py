"""A whole shop in one small file: what the API is tested on, without any index."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from fastapi.testclient import TestClient

from shopkeeper.records import (
    AnyOf,
    Clause,
    Concept,
    Deadline,
    Event,
    Facet,
    FacetValue,
    Forgotten,
    Hit,
    InvalidRequest,
    NoneOf,
    Part,
    Product,
    Query,
    Range,
    SearchRequest,
    SearchResponse,
    StageReport,
    Suggestion,
    SuggestRequest,
    SuggestResponse,
    Understanding,
    Variant,
    Why,
    localise,
)
from shopkeeper.records.ports import Delete, Patch, Put, Write, Written
from shopkeeper.records.query import Alternative
from shopkeeper.records.rerank import (
    OwnProduct,
    RerankRequest,
    RerankResponse,
    RerankResult,
)
from shopkeeper.records.simulation import (
    ExampleShopper,
    JudgedProduct,
    QueryTruth,
    Simulation,
)
from shopkeeper.serve import ShopStatus

LOOPBACK = "http://127.0.0.1:8000"
Open = Callable[..., TestClient]
"""Serves the shop with these settings, to a client that goes by this address."""


@dataclass(frozen=True, slots=True)
class Live:
    """A server at work on a socket of this machine."""

    address: str
    key: str


Value = str | float

PRODUCTS = (
    {
        "id": "tent-2",
        "title": {"en": "Fell waterproof tent", "zh-Hans": "防水帐篷"},
        "brand": "Acme",
        "category": "Outdoor > Tents",
        "attributes": {"colour": "green", "waterproof_mm": 4000},
        "variants": [
            {"sku": "tent-2-s", "options": {"size": "S"}, "price": "249.00", "stock": 7},
            {"sku": "tent-2-l", "options": {"size": "L"}, "price": "299.00", "stock": 0},
        ],
    },
    {"id": "tent-1", "title": "Beach tent", "brand": "Zed", "price": "59.90", "rating": 3.5},
    {"id": "a/b c", "title": "Cup <script>alert(1)</script> & co", "brand": "Acme"},
    {"id": "mug", "title": "Enamel mug", "brand": "Moor", "price": "9.50", "stock": 12},
)


class Shelf:
    """A `Catalogue` in a dictionary. `seq` counts writes."""

    def __init__(self) -> None:
        self.products: dict[str, Product] = {}
        self.seq = 0
        self.calls: list[str] = []
        """Which of the port's methods were used, in order."""
        self._lock = threading.Lock()

    def put(self, product: Product) -> Written:
        self.calls.append("put")
        return self._write([Put(product)])

    def patch(self, patch: Patch) -> Written:
        self.calls.append("patch")
        return self._write([patch])

    def delete(self, product_id: str) -> Written:
        self.calls.append("delete")
        return self._write([Delete(product_id)])

    def bulk(self, writes: Iterable[Write]) -> Written:
        self.calls.append("bulk")
        return self._write(writes)

    def get(self, product_id: str) -> Product | None:
        return self.products.get(product_id)

    def _write(self, writes: Iterable[Write]) -> Written:
        refused = []
        accepted = 0
        with self._lock:
            for index, write in enumerate(writes):
                reason = self._apply(write)
                if reason:
                    refused.append((index, reason))
                else:
                    self.seq += 1
                    accepted += 1
            return Written(self.seq, accepted, tuple(refused))

    def _apply(self, write: Write) -> str | None:
        match write:
            case Put(product, over):
                if over not in (None, self.products.get(product.id)):
                    return "somebody else has changed it"
                self.products[product.id] = product
            case Delete(product_id):
                self.products.pop(product_id, None)
            case Patch(product_id, sku):
                product = self.products.get(product_id)
                if product is None:
                    return "no such product"
                if sku is not None and sku not in {v.sku for v in product.variants}:
                    return f"no variant {sku}"
                self.products[product_id] = _patched(product, write)
        return None


def _patched(product: Product, patch: Patch) -> Product:
    def changed(variant: Variant) -> Variant:
        if patch.sku not in (None, variant.sku):
            return variant
        price = variant.price if patch.price is None else patch.price
        return replace(
            variant, price=price, stock=variant.stock if patch.stock is None else patch.stock
        )

    popularity = product.popularity if patch.popularity is None else patch.popularity
    return replace(product, variants=tuple(map(changed, product.variants)), popularity=popularity)


class CornerShop:
    """Finds the products whose title, brand or category holds every word."""

    shop_id, name, locale, market, currency = "corner", "Corner shop", "en", "US", "USD"
    timeout_ms = 10_000.0

    def __init__(self) -> None:
        self.catalogue = Shelf()
        self.events: list[Event] = []
        self.reranked: list[RerankRequest] = []
        self.ready = True
        self.stages: tuple[StageReport, ...] = (StageReport("rank", "off", "no artefact"),)
        for product in PRODUCTS:
            self.catalogue.put(Product.from_dict(product))
        self.catalogue.calls.clear()

    def search(self, request: SearchRequest, deadline: Deadline | None = None) -> SearchResponse:
        started = time.perf_counter()
        words = request.query.text.lower().split()
        for clause in request.filters:
            self._require(clause.field)
        matched = [
            (product, variant, parts)
            for product in list(self.catalogue.products.values())
            if (parts := _parts(product, words)) is not None
            and (variant := _variant(product, request.filters)) is not None
        ]
        matched.sort(key=lambda row: (-sum(part.value for part in row[2]), row[0].id))
        for key in reversed(request.sort):
            self._require(key.field)
            matched.sort(
                key=lambda row, key=key: _number(row[0], row[1], key.field),
                reverse=key.descending,
            )
        page = matched[request.offset : request.offset + request.size]
        why = Why(tuple(f"title: {word}" for word in words), "score") if request.explain else None
        hits = tuple(
            Hit(product, variant.sku, request.offset + place, parts, why=why)
            for place, (product, variant, parts) in enumerate(page, start=1)
        )
        fields = ("brand",) if request.facets is None else request.facets
        return SearchResponse(
            request=request,
            hits=hits,
            total=len(matched),
            facets=tuple(self._facet(field, [(p, v) for p, v, _ in matched]) for field in fields),
            stages=(StageReport("retrieve", "ok", "", 0.1), *self.stages),
            generation=str(self.catalogue.seq),
            understanding=Understanding(
                request.query,
                " ".join(words),
                tuple(Concept(word, (Alternative((word,)),)) for word in words),
            ),
            latency_ms=(time.perf_counter() - started) * 1000,
        )

    def suggest(self, request: SuggestRequest, deadline: Deadline | None = None) -> SuggestResponse:
        start = request.query.text.lower()
        brands = [p.brand for p in list(self.catalogue.products.values()) if p.brand]
        lines = tuple(
            Suggestion(brand, "brand", brands.count(brand), clause=AnyOf("brand", (brand,)))
            for brand in sorted(set(brands))
            if brand.lower().startswith(start)
        )
        return SuggestResponse(request, lines[: request.size], (StageReport("suggest", "ok"),))

    def rerank(self, request: RerankRequest, deadline: Deadline | None = None) -> RerankResponse:
        """The share of the query's words that the document says."""
        self.reranked.append(request)
        words = request.query.text.lower().split()
        results, missing = [], []
        for index, given in enumerate(request.documents):
            document = given
            if isinstance(given, OwnProduct):
                document = self.catalogue.get(given.id)
                missing += [index] if document is None else []
            text = (
                localise(document.title, "en") if isinstance(document, Product) else document or ""
            )
            said = text.lower().replace(",", "").split()
            share = sum(word in said for word in words) / max(len(words), 1)
            results.append(RerankResult(index, (Part("words", share),), document))
        results.sort(key=lambda result: -result.score)
        kept = tuple(results[: request.top_n])
        return RerankResponse(
            request, kept, tuple(missing), terms=len(words), generation=str(self.catalogue.seq)
        )

    def record(self, events: Sequence[Event]) -> int:
        self.events.extend(events)
        return len(events)

    def forget(self, shopper_id: str) -> Forgotten:
        gone = [event for event in self.events if event.shopper_id == shopper_id]
        self.events = [event for event in self.events if event not in gone]
        return Forgotten("1" * 16, "2026-11-20T10:00:00+00:00", 0, len(gone), 0, ())

    @property
    def pictures(self) -> None:
        return None

    def status(self) -> ShopStatus:
        return ShopStatus(
            shop_id=self.shop_id,
            name=self.name,
            ready=self.ready,
            products=len(self.catalogue.products),
            generation=str(self.catalogue.seq),
            currency=self.currency,
            locales=(self.locale,),
            message="" if self.ready else "the index is being opened",
            stages={"rank": "off"},
        )

    def _facet(self, field: str, rows: Sequence[tuple[Product, Variant]]) -> Facet:
        self._require(field)
        counts: dict[str, int] = {}
        for product, variant in rows:
            for value in _values(product, variant, field):
                counts[str(value)] = counts.get(str(value), 0) + 1
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return Facet(field, tuple(FacetValue(*item) for item in ordered), distinct=len(counts))

    def _require(self, field: str) -> None:
        products = list(self.catalogue.products.values())
        known = {"brand", "category", "price"}.union(*(product.attributes for product in products))
        if field not in known:
            raise InvalidRequest(f"no field {field!r}", expected=", ".join(sorted(known)))


class CornerTown:
    """A `Simulation` of one street: what is called a tent is what whoever asks for tents wants."""

    def shoppers(self) -> tuple[ExampleShopper, ...]:
        return (
            ExampleShopper("ann", "Looks for tents; minds the price.", "en"),
            ExampleShopper("bo", "Looks for mugs.", "zh-Hans"),
        )

    def truth(self, query: Query, product_ids: Sequence[str]) -> QueryTruth:
        words = query.text.lower().split()
        if "tent" not in words:
            return QueryTruth("nothing", "", ())
        known = [each for each in product_ids if each in {"tent-1", "tent-2", "mug"}]
        judged = (
            JudgedProduct(each, 4, "Excellent", "R5", "The same kind.")
            if each.startswith("tent")
            else JudgedProduct(each, 1, "Irrelevant", "R1", "An unrelated kind.")
            for each in known
        )
        return QueryTruth("book" if words == ["tent"] else "words", "Tents", tuple(judged))


def opened(simulation: Simulation) -> Future[Simulation]:
    """A simulation that is there."""
    opening: Future[Simulation] = Future()
    opening.set_result(simulation)
    return opening


def _parts(product: Product, words: Sequence[str]) -> tuple[Part, ...] | None:
    parts = []
    for word in words:
        value = 0.7 * (word in localise(product.title, "en").lower().split())
        value += 0.1 * (word in (product.brand or "").lower().split())
        value += 0.3 * any(word in level.lower().split() for level in product.category)
        if not value:
            return None
        parts.append(Part(word, value))
    return tuple(parts)


def _variant(product: Product, filters: Sequence[Clause]) -> Variant | None:
    passing = (v for v in product.variants if all(_passes(product, v, c) for c in filters))
    return next(passing, None)


def _passes(product: Product, variant: Variant, clause: Clause) -> bool:
    values = _values(product, variant, clause.field)
    match clause:
        case AnyOf():
            return bool({str(value) for value in values} & set(clause.values))
        case NoneOf():
            return not {str(value) for value in values} & set(clause.values)
        case Range(_, low, high):
            numbers = [value for value in values if isinstance(value, float)]
            return any((low is None or low <= n) and (high is None or n <= high) for n in numbers)


def _values(product: Product, variant: Variant, field: str) -> tuple[Value, ...]:
    if field == "price":
        return (float(variant.price.major),) if variant.price else ()
    if field == "category":
        return product.category
    value = product.brand if field == "brand" else product.attributes.get(field)
    if isinstance(value, tuple):
        return value
    return () if value is None else (value if isinstance(value, float) else str(value),)


def _number(product: Product, variant: Variant, field: str) -> float:
    numbers = [v for v in _values(product, variant, field) if isinstance(v, float)]
    return min(numbers, default=float("inf"))
