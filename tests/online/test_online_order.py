"""The order is (pin, tier, score), the score is the sum of its parts, and pages cut it once."""

from __future__ import annotations

from dataclasses import replace
from functools import cmp_to_key

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from online.full_shop import AMPLE, EVERY_STAGE
from shopkeeper.online import Pipeline
from shopkeeper.online.order import difference, in_order, pinned, with_rank, with_relevance
from shopkeeper.records import (
    Candidate,
    Hit,
    Merchandising,
    Part,
    Product,
    Query,
    Retrieved,
    SearchRequest,
    SortKey,
)
from shopkeeper.records.ports import RelevanceScores

ROUND_NUMBERS = st.sampled_from([0.0, 0.1, 0.2, 0.3, 1.0, -0.5])  # ties are common
NUMBERS = st.floats(-1e6, 1e6) | ROUND_NUMBERS
CANDIDATES = st.lists(st.tuples(st.lists(NUMBERS, max_size=3), st.integers(0, 2)), max_size=17).map(
    lambda rows: tuple(
        Candidate(f"p{n}", f"s{n}", tuple(Part(f"leg {i}", v) for i, v in enumerate(values)), tier)
        for n, (values, tier) in enumerate(rows)
    )
)


def before(a: Candidate, b: Candidate) -> int:
    """The order as DESIGN states it, element by element."""
    for x, y in ((a.pin, b.pin), (a.tier, b.tier), (a.score, b.score)):
        if x != y:
            return -1 if x > y else 1
    return 0


@settings(deadline=None)
@given(CANDIDATES, st.permutations(range(5)))
def test_order_is_pin_then_tier_then_score_then_as_retrieved(candidates, pins):
    marked = pinned(candidates, [f"p{n}" for n in pins])
    ordered = in_order(marked)
    assert ordered == tuple(sorted(marked, key=cmp_to_key(before)))  # sorted() is stable
    on_top = [c.product_id for c in ordered if c.pin]
    assert on_top == [f"p{n}" for n in pins if n < len(candidates)]


def test_relevance_adds_the_tier_and_the_expected_grade():
    two = (Candidate("p1", "s1", (Part("words", 2.0),)), Candidate("p2", "s2"))
    # grades 0 … 2 of value 0, ½, 1: 0.2·0 + 0.3·½ + 0.5·1 = 0.65 and 1·0 = 0
    scores = RelevanceScores(np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]]), np.array([3, 1]))
    first, second = with_relevance(two, scores)
    assert (first.tier, second.tier) == (3, 1)
    assert [part.name for part in first.parts] == ["words", "relevance"]
    assert first.score == 2.0 + first.parts[1].value
    assert first.parts[1].value == pytest.approx(0.65)
    assert second.parts == (Part("relevance", 0.0),)


def test_a_single_grade_says_nothing():
    scores = RelevanceScores(np.ones((1, 1)), np.array([0]))
    assert with_relevance((Candidate("p1", "s1"),), scores)[0].score == 0.0


def test_rank_adds_a_part_of_its_name():
    (ranked,) = with_rank((Candidate("p1", "s1", (Part("words", 0.1),)),), np.array([0.2]))
    assert ranked.parts == (Part("words", 0.1), Part("rank", 0.2))
    assert ranked.score == 0.1 + 0.2  # to the bit


# --- through the pipeline ----------------------------------------------------------------------


class Scripted:
    """Every stage at once: answers as the test has just written down."""

    def __init__(self) -> None:
        self.set: tuple[Candidate, ...] = ()
        self.ranks: list[float] = []
        self.tiers: list[int] = []
        self.pins: tuple[str, ...] = ()

    def retrieve(self, request, deadline):
        start = max(request.offset, request.window)
        return Retrieved(
            generation="g1",
            total=len(self.set),
            head=self.set[: request.window],
            tail=self.set[start : request.offset + request.size],
            facets=(),
        )

    def relevance(self, understanding, candidates):
        even = np.full((len(candidates), 2), 0.5)
        return RelevanceScores(even, np.array(self.tiers[: len(candidates)], np.int64))

    def rank(self, understanding, shopper, candidates):
        return np.array(self.ranks[: len(candidates)])

    def merchandise(self, understanding, deadline):
        return Merchandising(pins=self.pins)

    def read(self, product_ids):
        return {
            id_: Product.from_dict({"id": id_, "title": f"product {id_}"}) for id_ in product_ids
        }


@pytest.fixture(scope="module")
def scripted():
    script = Scripted()
    stages = replace(
        EVERY_STAGE, retrieve=script, relevance=script, rank=script, merchandise=script
    )
    with Pipeline(stages, script, replace(AMPLE, window=7)) as pipeline:
        yield script, pipeline


@settings(max_examples=60, deadline=None)
@given(data=st.data(), candidates=CANDIDATES, size=st.integers(1, 6))
def test_pages_give_each_product_once_in_order_with_scores_that_are_sums(
    scripted, data, candidates, size
):
    script, pipeline = scripted
    script.set = candidates
    script.ranks = data.draw(st.lists(NUMBERS, min_size=7, max_size=7))
    script.tiers = data.draw(st.lists(st.integers(0, 2), min_size=7, max_size=7))
    script.pins = tuple(data.draw(st.permutations([c.product_id for c in candidates[:7]]))[:2])
    hits: list[Hit] = []
    for offset in range(0, len(candidates) + 1, size):
        request = SearchRequest(Query("tent"), "q", offset=offset, size=size, explain=True)
        response = pipeline.search(request)
        assert response.degraded == ()
        assert response.total == len(candidates)
        hits += response.hits

    assert [hit.rank for hit in hits] == list(range(1, len(candidates) + 1))
    assert sorted(hit.product.id for hit in hits) == sorted(c.product_id for c in candidates)
    for hit in hits:
        added = 0.0
        for part in hit.parts:
            added += part.value
        assert hit.score == added  # to the bit
    places = [(hit.pin, hit.tier, hit.score) for hit in hits[:7]]
    assert places == sorted(places, reverse=True)
    behind = [hit.product.id for hit in hits[7:]]
    assert behind == [c.product_id for c in candidates[7:]]
    for upper, lower, place in zip(hits, hits[1:], range(len(hits)), strict=False):
        if (place + 1) % size:  # both on one page
            assert upper.why.differs == first_difference(upper, lower)


def first_difference(upper: Hit, lower: Hit) -> str:
    if lower.rank == 8:
        return "window"
    names = [n for n in ("pin", "tier", "score") if getattr(upper, n) != getattr(lower, n)]
    return [*names, "retrieval order"][0]


# --- what differs under a sort -----------------------------------------------------------------


def hit(rank: int, **fields) -> Hit:
    product = Product.from_dict({"id": f"p{rank}", "title": "tent", **fields})
    return Hit(product, f"p{rank}", rank, ())


@pytest.mark.parametrize(
    ("upper", "lower", "differs"),
    [
        ({"price": "9.00"}, {"price": "9.50"}, "sort: price"),
        ({"price": "9.00", "rating": 4}, {"price": "9.00", "rating": 3}, "sort: rating"),
        ({"price": "9.00", "rating": 4}, {"price": "9.00", "rating": 4}, "retrieval order"),
        ({"price": "9.00"}, {}, "sort: price"),
    ],
)
def test_a_sorted_page_names_the_field_on_which_hits_differ(upper, lower, differs):
    sort = (SortKey("price"), SortKey("rating", descending=True))
    assert difference(hit(1, **upper), hit(2, **lower), sort, window=200) == differs


def test_a_sort_by_attribute_or_option_reads_it():
    sort = (SortKey("weight"), SortKey("size"))
    light, heavy = ({"attributes": {"weight": grams}} for grams in (100.0, 200.0))
    assert difference(hit(1, **light), hit(2, **heavy), sort, window=200) == "sort: weight"
    small, large = ({"variants": [{"sku": "p1", "options": {"size": s}}]} for s in "SL")
    assert difference(hit(1, **small), hit(1, **large), sort, window=200) == "sort: size"
