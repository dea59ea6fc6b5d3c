"""Eleven products, and the smallest honest implementers over them: dictionaries and word overlap.

Slow and obvious on purpose: contract suites and the pipeline's tests run against them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from shopkeeper.online.nothing import plain_reading
from shopkeeper.records import (
    AnyOf,
    Candidate,
    Clause,
    Deadline,
    Facet,
    FacetValue,
    InvalidRequest,
    NoneOf,
    Part,
    Product,
    Retrieved,
    RetrieveRequest,
    Suggestion,
    SuggestRequest,
    Understanding,
    Variant,
)
from shopkeeper.records.ports import Delete, Patch, Put, Write, Written

_ROWS = (
    # id, title, brand, price
    ("p1", "red tent for two", "Acme", "99.00"),
    ("p2", "blue tent for four", "Acme", "149.00"),
    ("p3", "tent pegs steel", "Zed", "9.50"),
    ("p4", "rain jacket blue", "Nord", "79.00"),
    ("p5", "rain trousers", "Nord", "49.00"),
    ("p6", "camping stove", "Zed", "39.00"),
    ("p7", "帐篷 tent 双人", "山野", "88.00"),
    ("p8", "steel mug", "Acme", "12.00"),
    ("p9", "red steel bottle", "Zed", "19.00"),
    ("p10", "headlamp", "Nord", "29.00"),
    ("p11", "Zelt für vier, groß", "Acme", "129.00"),
)
GOODS: tuple[Product, ...] = tuple(
    Product.from_dict({"id": id_, "title": title, "brand": brand, "price": price})
    for id_, title, brand, price in _ROWS
)


@dataclass
class DictProducts:
    """`ReadProducts` over a dictionary, from which a test may take products away."""

    by_id: dict[str, Product] = field(default_factory=lambda: {p.id: p for p in GOODS})

    def read(self, product_ids: Sequence[str]) -> dict[str, Product]:
        return {id_: self.by_id[id_] for id_ in product_ids if id_ in self.by_id}


class OverlapRetrieve:
    """A product matches when its title has a word of a concept; a word is worth its weight."""

    def __init__(self, goods: Iterable[Product] = GOODS) -> None:
        self.goods = tuple(goods)

    def retrieve(self, request: RetrieveRequest, deadline: Deadline) -> Retrieved:
        clauses = (*request.filters, *request.fixed_filters)
        allowed = [good for good in self.goods if _passes(good, clauses)]
        found = [c for good in allowed if (c := self._match(good, request)) is not None]
        found = _sorted(found, request, {good.id: good for good in self.goods})
        start = max(request.offset, request.window)
        brands = Counter(good.brand for good in allowed if good.id in {c.product_id for c in found})
        return Retrieved(
            generation="g1",
            total=len(found),
            head=tuple(found[: request.window]),
            tail=tuple(found[start : request.offset + request.size]),
            facets=(Facet("brand", tuple(FacetValue(b or "", n) for b, n in brands.items())),),
        )

    def _match(self, good: Product, request: RetrieveRequest) -> Candidate | None:
        words = set(good.title["en"].casefold().replace(",", "").split())
        parts = [Part("words", _overlap(request.understanding, words))]
        for rewrite in request.rewrites:
            reading = plain_reading(replace(request.understanding.query, text=rewrite.text))
            parts.append(Part("rewrite", rewrite.weight * _overlap(reading, words)))
        browses = not request.understanding.concepts
        belongs = browses or good.id in request.pinned
        if not belongs and not any(part.value for part in parts):
            return None
        parts += [Part(b.rule, b.weight) for b in request.boosts if _passes(good, (b.clause,))]
        matched = tuple(f"title: {word}" for word in sorted(words)) if request.explain else ()
        return Candidate(good.id, good.variants[0].sku, tuple(parts), matched=matched)


def _overlap(reading: Understanding, words: set[str]) -> float:
    return sum(
        max((a.weight for a in concept.alternatives if words.issuperset(a.terms)), default=0.0)
        for concept in reading.concepts
    )


def _sorted(
    found: list[Candidate], request: RetrieveRequest, goods: dict[str, Product]
) -> list[Candidate]:
    """By the sort's fields (price only), else pinned ones first, then by score."""
    if not request.sort:
        return sorted(found, key=lambda c: (c.product_id not in request.pinned, -c.score))
    for key in reversed(request.sort):
        if key.field != "price":
            raise InvalidRequest(f"sort field {key.field!r}", expected="price")
        sign = -1 if key.descending else 1
        found = sorted(found, key=lambda c: sign * goods[c.product_id].variants[0].price.minor)
    return found


def _passes(good: Product, clauses: Iterable[Clause]) -> bool:
    for clause in clauses:
        if clause.field not in ("id", "brand", "price"):
            raise InvalidRequest(f"filter field {clause.field!r}", expected="id, brand or price")
        if isinstance(clause, AnyOf | NoneOf):
            if (getattr(good, clause.field) in clause.values) != isinstance(clause, AnyOf):
                return False
        else:
            price = float(good.variants[0].price.major)
            low, high = clause.low, clause.high
            if (low is not None and price < low) or (high is not None and price > high):
                return False
    return True


class TitleSuggest:
    """Words of the titles that begin with the letters typed."""

    def suggest(self, request: SuggestRequest, deadline: Deadline) -> Sequence[Suggestion]:
        letters = request.query.text.casefold()
        hits = Counter(word for good in GOODS for word in set(good.title["en"].casefold().split()))
        words = sorted(word for word in hits if word.startswith(letters))
        return tuple(Suggestion(word, "query", hits[word]) for word in words[: request.size])


class DictCatalogue:
    """`Catalogue` over a dictionary: no index follows it."""

    def __init__(self) -> None:
        self.by_id: dict[str, Product] = {}
        self.seq = 0

    def put(self, product: Product) -> Written:
        return self.bulk((Put(product),))

    def patch(self, patch: Patch) -> Written:
        return self.bulk((patch,))

    def delete(self, product_id: str) -> Written:
        return self.bulk((Delete(product_id),))

    def get(self, product_id: str) -> Product | None:
        return self.by_id.get(product_id)

    def bulk(self, writes: Iterable[Write]) -> Written:
        accepted, refused = 0, []
        for place, write in enumerate(writes):
            if isinstance(write, Patch) and write.product_id not in self.by_id:
                refused.append((place, f"no product {write.product_id!r}"))
                continue
            over = write.over if isinstance(write, Put) else None
            if over is not None and over != self.by_id.get(over.id):
                refused.append((place, "somebody else has changed it"))
                continue
            self.seq += 1
            accepted += 1
            if isinstance(write, Put):
                self.by_id[write.product.id] = write.product
            elif isinstance(write, Delete):
                self.by_id.pop(write.product_id, None)
            else:
                self.by_id[write.product_id] = _patched(self.by_id[write.product_id], write)
        return Written(self.seq, accepted, tuple(refused))


def _patched(product: Product, patch: Patch) -> Product:
    def changed(variant: Variant) -> Variant:
        if patch.sku not in (None, variant.sku):
            return variant
        price = variant.price if patch.price is None else patch.price
        stock = variant.stock if patch.stock is None else patch.stock
        return replace(variant, price=price, stock=stock)

    popularity = product.popularity if patch.popularity is None else patch.popularity
    return replace(product, variants=tuple(map(changed, product.variants)), popularity=popularity)
