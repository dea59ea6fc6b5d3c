"""Faults that the misbehaving stages do not show, each named in the reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from contracts.small_shop import GOODS, OverlapRetrieve
from shopkeeper.online import checks
from shopkeeper.online.checks import WrongAnswer
from shopkeeper.online.nothing import plain_reading
from shopkeeper.records import (
    Boost,
    Candidate,
    Deadline,
    Merchandising,
    Part,
    Query,
    RetrieveRequest,
    Suggestion,
    Verdict,
)
from shopkeeper.records.ports import RelevanceScores

EVEN = np.full((3, 2), 0.5)
TIERS = np.zeros(3, np.int64)


@pytest.mark.parametrize(
    ("scores", "fault"),
    [
        (RelevanceScores(EVEN[:2], TIERS), r"shape \(2, 2\) for 3"),
        (RelevanceScores(EVEN[0], TIERS), r"shape \(2,\) for 3"),
        (RelevanceScores(np.empty((3, 0)), TIERS), r"shape \(3, 0\)"),
        (RelevanceScores(EVEN * 1.01, TIERS), "sum to 1"),
        (RelevanceScores(EVEN + np.array([-1.0, 1.0]), TIERS), "below 0"),
        (RelevanceScores(EVEN, TIERS[:, None]), r"tiers of shape \(3, 1\)"),
        (RelevanceScores(EVEN, TIERS + 0.5), "tiers of float64"),
        (RelevanceScores(EVEN.astype(object), TIERS), "numbers expected"),
        (RelevanceScores(EVEN.tolist(), TIERS), "probabilities as list"),
    ],
)
def test_relevance(scores, fault):
    checks.check_relevance(3, RelevanceScores(EVEN, TIERS))
    with pytest.raises(WrongAnswer, match=fault):
        checks.check_relevance(3, scores)


@pytest.mark.parametrize(
    ("scores", "fault"),
    [
        (np.zeros((3, 1)), r"shape \(3, 1\)"),
        (np.array([0.0, np.inf, 0.0]), "not finite"),
        (np.array(["a", "b", "c"]), "numbers expected"),
        ([0.0, 0.0, 0.0], "scores as list"),
        (None, "scores as NoneType"),
    ],
)
def test_rank(scores, fault):
    checks.check_rank(3, np.zeros(3))
    with pytest.raises(WrongAnswer, match=fault):
        checks.check_rank(3, scores)


REQUEST = RetrieveRequest(plain_reading(Query("")), window=5, offset=4, size=3)
FOUND = OverlapRetrieve().retrieve(REQUEST, Deadline.after(60_000))
STRANGER = Candidate("p99", "p99", (Part("words", 1.0),))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"total": 3}, "head of 5 for 3 hits"),
        ({"total": -1}, "head of 5 for -1 hits"),
        ({"tail": ()}, "tail of 0, 2 expected"),
        ({"tail": (*FOUND.tail, STRANGER)}, "tail of 3, 2 expected"),
        ({"tail": (FOUND.head[0], FOUND.tail[0])}, "product 'p1' stands twice"),
        ({"head": (*FOUND.head[1:], "p1")}, "str, Candidate expected"),
        ({"fit": 1.5}, "fit 1.5"),
        ({"fit": float("nan")}, "fit nan"),
        ({"facets": None}, "NoneType, tuple or list expected"),
        ({"generation": 7}, "int, str expected"),
    ],
)
def test_retrieved(changes, fault):
    checks.check_retrieved(REQUEST, FOUND)
    assert (len(FOUND.head), len(FOUND.tail), FOUND.total) == (5, 2, 11)
    with pytest.raises(WrongAnswer, match=fault):
        checks.check_retrieved(REQUEST, replace(FOUND, **changes))


@pytest.mark.parametrize(
    "wishes",
    [
        Merchandising(redirect=7),
        Merchandising(filters=("price:..9",)),
        Merchandising(boosts=(("price:..9", 1.0),)),
        Merchandising(boosts=(Boost(None, float("inf"), "rule"),)),
        Merchandising(fired=None),
    ],
)
def test_merchandising(wishes):
    with pytest.raises(WrongAnswer):
        checks.check_merchandising(wishes)


@pytest.mark.parametrize("verdict", [Verdict("yes"), Verdict(True, 7), Verdict(True, None, ["p1"])])
def test_verdict(verdict):
    with pytest.raises(WrongAnswer):
        checks.check_verdict((), verdict)


def test_understanding():
    with pytest.raises(WrongAnswer, match="another query"):
        checks.check_understanding(Query("tent"), plain_reading(Query("tents")))


def test_suggestions():
    with pytest.raises(WrongAnswer, match="'tent' finds nothing"):
        checks.check_suggestions(3, (Suggestion("tent", "query", 0),))


def test_products():
    tent, pegs = GOODS[0], GOODS[2]
    checks.check_products(["p1", "p3"], {"p1": tent})
    with pytest.raises(WrongAnswer, match="product 'p3', which was not asked about"):
        checks.check_products(["p1"], {"p1": tent, "p3": pegs})
    with pytest.raises(WrongAnswer, match="not asked about"):
        checks.check_products(["p1"], {"p1": pegs})
