"""How does the shop's answer become the API's?"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from shopkeeper.records import (
    Hit,
    Money,
    SearchResponse,
    Suggestion,
    SuggestResponse,
    Understanding,
    Variant,
    localise,
)
from shopkeeper.serve.answers import (
    ConstraintAnswer,
    ExtAnswer,
    HitAnswer,
    MoneyAnswer,
    PriceRange,
    SearchAnswer,
    SuggestAnswer,
    SuggestionAnswer,
    UbiAnswer,
    UnderstandingAnswer,
    VariantAnswer,
)


def search_answer(response: SearchResponse, *, attributes: bool = False) -> SearchAnswer:
    """The response in the words of its request's locale."""
    request = response.request
    locale = request.query.locale
    return SearchAnswer(
        query_id=request.query_id,
        total=response.total,
        offset=request.offset,
        size=request.size,
        hits=tuple(_hit(hit, locale, attributes) for hit in response.hits),
        facets=response.facets,
        fit=response.fit,
        understanding=_understanding(response.understanding),
        stages=response.stages,
        degraded=response.degraded,
        redirect=response.redirect,
        blocked_by=response.blocked_by,
        rules=response.rules,
        suggestions=response.suggestions,
        generation=response.generation,
        artefacts=dict(response.artefacts),
        latency_ms=response.latency_ms,
        ext=ExtAnswer(UbiAnswer(request.query_id)),
    )


def suggest_answer(response: SuggestResponse) -> SuggestAnswer:
    return SuggestAnswer(
        q=response.request.query.text,
        suggestions=tuple(_suggestion(line) for line in response.suggestions),
        stages=response.stages,
        degraded=tuple(r.stage for r in response.stages if r.state == "degraded"),
        latency_ms=response.latency_ms,
    )


def picture_path(product_id: str) -> str:
    """Where this server draws a stand-in for a product without a picture."""
    return f"/images/{quote(product_id, safe='')}.svg"


def _hit(hit: Hit, locale: str, attributes: bool) -> HitAnswer:
    product = hit.product
    variants = tuple(_variant(variant) for variant in product.variants)
    matched = next((variant for variant in variants if variant.sku == hit.sku), variants[0])
    return HitAnswer(
        rank=hit.rank,
        id=product.id,
        sku=hit.sku,
        title=localise(product.title, locale),
        brand=product.brand,
        category=product.category,
        price=matched.price,
        price_range=_price_range(variants),
        image=matched.image or product.image or picture_path(product.id),
        url=product.url,
        attributes=dict(product.attributes) if attributes else None,
        variants=variants,
        rating=product.rating,
        score=hit.score,
        tier=hit.tier,
        pin=hit.pin,
        parts=hit.parts,
        why=hit.why,
    )


def _variant(variant: Variant) -> VariantAnswer:
    return VariantAnswer(
        sku=variant.sku,
        options=dict(variant.options),
        price=_money(variant.price),
        in_stock=variant.in_stock,
        image=variant.image,
    )


def _money(money: Money | None) -> MoneyAnswer | None:
    return MoneyAnswer(money.minor, money.currency, str(money)) if money else None


def _price_range(variants: Sequence[VariantAnswer]) -> PriceRange | None:
    prices = sorted((v.price for v in variants if v.price), key=lambda price: price.minor)
    if not prices or prices[0] == prices[-1]:
        return None
    return PriceRange(prices[0], prices[-1])


def _understanding(understanding: Understanding | None) -> UnderstandingAnswer | None:
    if understanding is None:
        return None
    return UnderstandingAnswer(
        text=understanding.text,
        corrections=understanding.corrections,
        constraints=tuple(
            ConstraintAnswer(str(wish.clause), wish.surface, wish.confidence)
            for wish in understanding.constraints
        ),
        concepts=understanding.concepts,
        dropped=understanding.dropped,
    )


def _suggestion(line: Suggestion) -> SuggestionAnswer:
    return SuggestionAnswer(
        text=line.text,
        kind=line.kind,
        hits=line.hits,
        score=line.score,
        product_id=line.product_id,
        filter=str(line.clause) if line.clause else None,
    )
