"""Pages, counts and facets equal brute force on the defined result set, also under writers."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter
from functools import cache
from pathlib import Path

import brute_shop
import numpy as np
import pytest
from brute_shop import Known, passes
from numpy.typing import NDArray

from shopkeeper.index.dense import DenseConfig, DenseIndex
from shopkeeper.index.documents import encoder_text, field_terms
from shopkeeper.index.generation import build_segment, open_segment
from shopkeeper.index.live import LiveIndex
from shopkeeper.index.matching import MatchConfig, Reading
from shopkeeper.index.ordering import OrderConfig
from shopkeeper.index.retrieval import RetrievalConfig, retrieve
from shopkeeper.index.snapshot import Segment, Snapshot
from shopkeeper.index.words import WordWeights
from shopkeeper.records import (
    Boost,
    Clause,
    Concept,
    Product,
    Query,
    Retrieved,
    RetrieveRequest,
    SortKey,
    Understanding,
    total,
)
from shopkeeper.records.filters import number_text
from shopkeeper.store import Change, VolatileState
from shopkeeper.store.vectors import text_key

FACETS = ("brand", "category", "colour", "size", "length (mm)", "tags", "in_stock", "price")
DIMENSION = 7


@cache
def vector_of(text_key: bytes) -> NDArray[np.float32]:
    """A stand-in encoder: a unit vector from the hash of the text, known for two texts in three."""
    rng = np.random.default_rng(list(text_key))
    vector = rng.normal(size=DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)


def dense_of(segment: Segment) -> DenseIndex | None:
    rows = [i for i, text_key in enumerate(segment.text_keys) if text_key[0] % 3]
    if not rows:
        return None
    vectors = np.stack([vector_of(segment.text_keys[row]) for row in rows])
    return DenseIndex.build(vectors, np.array(rows), DenseConfig())


def open_shop(folder: Path, products: list[Product]) -> LiveIndex:
    folder.mkdir()
    build_segment(folder, products, brute_shop.analyse, "en")
    return LiveIndex(
        open_segment(folder),
        "g1",
        0,
        analyse=brute_shop.analyse,
        locale="en",
        currency="USD",
        dense_of=dense_of,
    )


def ask(
    concepts: tuple[Concept, ...],
    clauses: tuple[Clause, ...] = (),
    *,
    pinned: tuple[str, ...] = (),
    boosts: tuple[Boost, ...] = (),
    sort: tuple[SortKey, ...] = (),
    window: int = 5,
    offset: int = 0,
    size: int = 200,
) -> RetrieveRequest:
    reading = Understanding(Query("q"), "q", concepts)
    return RetrieveRequest(
        reading,
        filters=clauses,
        pinned=pinned,
        boosts=boosts,
        facets=FACETS,
        sort=sort,
        window=window,
        offset=offset,
        size=size,
    )


class Case:
    """One random request, asked of the index and of the obvious twin."""

    def __init__(self, rng: random.Random) -> None:
        self.concepts = () if rng.random() < 0.1 else brute_shop.random_concepts(rng)
        self.clauses = brute_shop.random_clauses(rng)
        vector = np.array([rng.gauss(0, 1) for _ in range(DIMENSION)], np.float32)
        self.vector = vector / np.linalg.norm(vector) if self.concepts else None
        self.weights = WordWeights(
            minimum_match=rng.choice((0.0, 0.5)), enough=rng.choice((1, 5, 24))
        )
        self.config = RetrievalConfig(
            match=MatchConfig(self.weights, nearest=rng.choice((3, 7, 1000)), floor=0.3),
            order=OrderConfig(depth=rng.choice((4, 1000))),
        )
        self.pinned = tuple(f"p{rng.randrange(40)}" for _ in range(rng.choice((0, 0, 2))))

    def retrieved(self, snapshot: Snapshot, **page: int) -> Retrieved:
        request = ask(self.concepts, self.clauses, pinned=self.pinned, **page)
        vectors = [] if self.vector is None else [self.vector]
        return retrieve(snapshot, request, [Reading(self.concepts)], lambda: vectors, self.config)

    def members(self, products: list[Known], matching: set[str], field: str = "") -> set[str]:
        """Ids of the result set, with the clauses on `field` off."""
        clauses = tuple(clause for clause in self.clauses if clause.field != field)
        passing = {p.id for p in products if any(passes(f, clauses) for f in p.facts.values())}
        if not self.concepts:
            return passing
        return passing & (matching | self._nearest(products, passing) | set(self.pinned))

    def _nearest(self, products: list[Known], passing: set[str]) -> set[str]:
        found = []
        for product in products:
            if product.id not in passing:
                continue
            key = text_key(encoder_text(product.product, "en"))
            similarity = float(vector_of(key) @ self.vector) if key[0] % 3 else -1.0
            if similarity >= self.config.match.floor:
                found.append((-similarity, product.id))
        return {product_id for _, product_id in sorted(found)[: self.config.match.nearest]}

    def check(self, snapshot: Snapshot, products: list[Known], matching: set[str]) -> int:
        found = self.retrieved(snapshot)
        page = [*found.head, *found.tail]
        expected = self.members(products, matching)
        assert found.total == len(expected)
        assert {c.product_id for c in page} == expected
        assert len(page) == len(expected)
        by_id = {product.id: product for product in products}
        for candidate in page:
            assert passes(by_id[candidate.product_id].facts[candidate.sku], self.clauses)
            assert candidate.score == total(candidate.parts)
        order = [(-c.pin, -c.tier, -c.score) for c in page]
        assert order == sorted(order)
        self._check_facets(found, products, matching)
        return len(expected)

    def _check_facets(self, found: Retrieved, products: list[Known], matching: set[str]) -> None:
        facets = {facet.field: facet for facet in found.facets}
        for field in FACETS:
            clauses = tuple(clause for clause in self.clauses if clause.field != field)
            members = self.members(products, matching, field)
            counts: Counter[str] = Counter()
            numbers: list[float] = []
            for product in products:
                if product.id not in members:
                    continue
                values = set()
                for fields in product.facts.values():
                    if passes(fields, clauses):
                        values.update(fields.get(field, []))
                counts.update(number_text(v) if isinstance(v, float) else v for v in values)
                numbers += [v for v in values if isinstance(v, float)]
            shown = facets.get(field)
            if not counts:
                assert shown is None or all(value.count == 0 for value in shown.values)
                continue
            assert shown is not None, field
            if field != "price":
                assert {v.value: v.count for v in shown.values if v.count} == dict(counts)
            if numbers:
                assert (shown.low, shown.high) == (min(numbers), max(numbers))


class Words:
    """Which products the words match: that does not depend on the statistics."""

    def __init__(self, products: list[Known]) -> None:
        self._ids = [p.id for p in products]
        given = (field_terms(p.product, brute_shop.analyse, "en") for p in products)
        self._documents = [{f: list(w) for f, w in fields.items()} for fields in given]

    def matching(self, case: Case) -> set[str]:
        if not case.concepts:
            return set()
        scores = brute_shop.matches(self._documents, case.concepts, case.weights)
        return {i for i, score in zip(self._ids, scores, strict=True) if score > 0}


@pytest.mark.parametrize("seed", range(10))
def test_ten_thousand_random_cases_equal_brute_force(tmp_path: Path, seed: int) -> None:
    """1,000 cases a seed: a fresh shop for every fifty, a third of it written after the base."""
    rng = random.Random(seed)
    members = 0
    for shop in range(20):
        products = {f"p{i}": brute_shop.random_product(rng, f"p{i}") for i in range(37)}
        index = open_shop(tmp_path / str(shop), list(products.values()))
        for seq in range(1, 13):
            product_id = f"p{rng.randrange(45)}"
            new = None if rng.random() < 0.25 else brute_shop.random_product(rng, product_id)
            index.apply([Change(seq, product_id, new)])
            products.pop(product_id, None)
            if new:
                products[product_id] = new
        alive = [Known(product) for product in products.values()]
        words = Words(alive)
        for _ in range(50):
            case = Case(rng)
            members += case.check(index.snapshot, alive, words.matching(case))
    assert members > 5_000  # the cases are not mostly empty


def test_pages_cut_the_same_order_without_loss_or_repetition(tmp_path: Path) -> None:
    rng = random.Random(5)
    products = [brute_shop.random_product(rng, f"p{i}") for i in range(83)]
    snapshot = open_shop(tmp_path / "s", products).snapshot
    for _ in range(40):
        case = Case(rng)
        whole = [c.product_id for c in case.retrieved(snapshot, window=11).head]
        whole += [c.product_id for c in case.retrieved(snapshot, window=11).tail]
        paged: list[str] = []
        for offset in range(0, 90, 7):
            found = case.retrieved(snapshot, window=11, offset=offset, size=7)
            head = [c.product_id for c in found.head[offset : offset + 7]]
            paged += head + [c.product_id for c in found.tail]
        assert paged == whole


def test_results_hold_while_twenty_writers_write(tmp_path: Path) -> None:
    """Each reader checks the snapshot it holds against the products as of that snapshot's seq."""
    rng = random.Random(11)
    products = {f"p{i}": brute_shop.random_product(rng, f"p{i}") for i in range(41)}
    index = open_shop(tmp_path / "s", list(products.values()))
    log: list[Change] = []
    counter, order, stop = itertools.count(1), threading.Lock(), threading.Event()

    def write(number: int) -> None:
        own = random.Random(number)
        while not stop.is_set() and len(log) < 3_000:
            product_id = f"p{own.randrange(60)}"
            new = None if own.random() < 0.2 else brute_shop.random_product(own, product_id)
            with order:  # the store numbers and hands on changes in one order
                change = Change(next(counter), product_id, new)
                log.append(change)
                index.apply([change])

    writers = [threading.Thread(target=write, args=(n,)) for n in range(20)]
    for writer in writers:
        writer.start()
    seen = set()
    try:
        for _ in range(150):
            snapshot = index.snapshot
            state = dict(products)
            for change in log[: snapshot.seq]:
                state.pop(change.product_id, None)
                if isinstance(change.now, Product):
                    state[change.product_id] = change.now
            alive = [Known(product) for product in state.values()]
            case = Case(rng)
            case.check(snapshot, alive, Words(alive).matching(case))
            seen.add(snapshot.seq)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert len(seen) > 10  # the shop really changed under the reader


def test_volatile_changes_are_seen_by_filter_facet_and_sort(tmp_path: Path) -> None:
    rng = random.Random(2)
    products = [brute_shop.random_product(rng, f"p{i}") for i in range(29)]
    index = open_shop(tmp_path / "s", products)
    old = index.snapshot
    changed = {p.id: brute_shop.random_product(rng, p.id) for p in products}
    patched = []
    for product in products:
        variants = tuple(
            brute_shop.Variant(v.sku, v.options, price=brute_shop.Money(700 + i, "USD"), stock=0)
            for i, v in enumerate(product.variants)
        )
        popularity = changed[product.id].popularity
        fresh = {**product.to_dict(), "popularity": popularity}
        fresh["variants"] = []
        patched.append(
            Product.from_dict({**fresh, "variants": [_variant_dict(v) for v in variants]})
        )
    index.apply([Change(i, p.id, _state(p)) for i, p in enumerate(patched, start=1)])
    assert len(index.snapshot.views) == 1  # nothing was indexed again
    case = Case(rng)
    case.concepts, case.vector = (), None
    case.clauses = brute_shop.parse("price:7..7.01", "in_stock:false")
    assert case.check(index.snapshot, [Known(p) for p in patched], set()) > 10
    assert case.retrieved(old).total == len(case.members([Known(p) for p in products], set()))
    by_price = ask((), sort=(SortKey("price", descending=True),), window=100)
    found = retrieve(index.snapshot, by_price, [Reading(())], list, case.config)
    prices = [
        max(v.price.minor for v in p.variants if v.price)
        for c in found.head
        for p in patched
        if p.id == c.product_id
    ]
    assert len(prices) == 29
    assert prices == sorted(prices, reverse=True)


def _state(product: Product) -> VolatileState:
    prices, stocks = zip(*((v.price, v.stock) for v in product.variants), strict=True)
    return VolatileState(product.popularity, prices, stocks)


def _variant_dict(variant: brute_shop.Variant) -> dict[str, object]:
    price = {"minor": variant.price.minor, "currency": "USD"} if variant.price else None
    return {
        "sku": variant.sku,
        "options": dict(variant.options),
        "price": price,
        "stock": variant.stock,
    }
