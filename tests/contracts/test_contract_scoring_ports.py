"""What every implementer of a scoring port keeps to: a batch in, as many scores out, in order."""

from __future__ import annotations

import numpy as np
import pytest

from contracts import implementers
from contracts.implementers import each
from contracts.small_shop import GOODS
from shopkeeper.online import checks
from shopkeeper.online.nothing import plain_reading
from shopkeeper.records import Candidate, Part, Query, Shopper

TEXTS = ("red tent", "", "帐篷", "帐篷 tent für 4", "⛺️👨‍👩‍👧", "?!…", "tent " * 102)
CANDIDATES = tuple(
    Candidate(good.id, good.variants[0].sku, (Part("words", float(place)),))
    for place, good in enumerate(GOODS)
)
PAIRS = [(Query(text), good) for text, good in zip(TEXTS * 2, GOODS, strict=False)]
# A batch is often computed in other blocks than its parts: equal to rounding, not to the bit.
close = {"rtol": 1e-4, "atol": 1e-5}
queries = pytest.mark.parametrize("text", TEXTS)
shoppers = pytest.mark.parametrize("shopper", [None, Shopper("s1")], ids=["nobody", "somebody"])


# --- encode ------------------------------------------------------------------------------------


@each(implementers.ENCODE)
def test_encode_gives_unit_rows(port):
    places = port.encode(TEXTS)
    assert places.dtype == np.float32
    assert places.shape == (len(TEXTS), places.shape[1])
    np.testing.assert_allclose(np.linalg.norm(places, axis=1), 1.0, atol=1e-5)


@each(implementers.ENCODE)
def test_encode_keeps_the_order_of_the_batch(port):
    one_by_one = np.concatenate([port.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(port.encode(TEXTS), one_by_one, **close)


@each(implementers.ENCODE)
def test_encode_of_nothing_is_empty(port):
    assert port.encode([]).shape == (0, port.encode(["tent"]).shape[1])


# --- relevance ---------------------------------------------------------------------------------


@each(implementers.RELEVANCE)
@queries
def test_relevance_believes_something_about_each_candidate(port, text):
    scores = port.relevance(plain_reading(Query(text)), CANDIDATES)
    checks.check_relevance(len(CANDIDATES), scores)


@each(implementers.RELEVANCE)
def test_relevance_follows_the_order_of_the_candidates(port):
    reading = plain_reading(Query("red tent"))
    forwards = port.relevance(reading, CANDIDATES)
    backwards = port.relevance(reading, CANDIDATES[::-1])
    np.testing.assert_allclose(backwards.probabilities[::-1], forwards.probabilities, **close)
    np.testing.assert_array_equal(backwards.tiers[::-1], forwards.tiers)


@each(implementers.RELEVANCE)
def test_relevance_of_nothing_is_empty(port):
    scores = port.relevance(plain_reading(Query("tent")), ())
    checks.check_relevance(0, scores)


# --- rank --------------------------------------------------------------------------------------


@each(implementers.RANK)
@queries
@shoppers
def test_rank_scores_each_candidate(port, text, shopper):
    scores = port.rank(plain_reading(Query(text)), shopper, CANDIDATES)
    checks.check_rank(len(CANDIDATES), scores)
    assert scores.dtype == np.float64


@each(implementers.RANK)
@shoppers
def test_rank_follows_the_order_of_the_candidates(port, shopper):
    reading = plain_reading(Query("red tent"))
    forwards = port.rank(reading, shopper, CANDIDATES)
    backwards = port.rank(reading, shopper, CANDIDATES[::-1])
    np.testing.assert_allclose(backwards[::-1], forwards, **close)


@each(implementers.RANK)
def test_rank_of_nothing_is_empty(port):
    checks.check_rank(0, port.rank(plain_reading(Query("tent")), None, ()))


# --- judge -------------------------------------------------------------------------------------


@each(implementers.JUDGE)
def test_judge_grades_each_pair(port):
    checks.check_rank(len(PAIRS), port.judge(PAIRS))


@each(implementers.JUDGE)
def test_judge_follows_the_order_of_the_pairs(port):
    np.testing.assert_allclose(port.judge(PAIRS[::-1])[::-1], port.judge(PAIRS), **close)


@each(implementers.JUDGE)
def test_judge_of_nothing_is_empty(port):
    checks.check_rank(0, port.judge([]))
