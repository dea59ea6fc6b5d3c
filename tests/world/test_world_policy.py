"""A page shows each product as often as its stated propensity says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from shopkeeper.world import Behaviour, LoggedPolicy, Market, PolicyDials
from shopkeeper.world.behaviour import Asks
from shopkeeper.world.candidates import search_candidates
from shopkeeper.world.chance import stream
from shopkeeper.world.choice import NONE
from shopkeeper.world.policy import shuffle

REQUESTS, PAGE, WINDOW = 40_000, 4, 11
DIALS = PolicyDials(window=WINDOW, explore=0.3)


@pytest.mark.parametrize("size", [1, 3, 4, 7, 11])
def test_frequencies_equal_propensities(size: int) -> None:
    """P(place s at position k) = 0.7 [s = k] + 0.3 / n; standard deviation at most 0.0025."""
    sizes = np.full(REQUESTS, size)
    places, propensity = shuffle(sizes, PAGE, DIALS, stream(1, size))
    shown = min(size, PAGE)
    assert (places[:, shown:] == NONE).all()
    assert (propensity[:, shown:] == 0).all()
    stated = 0.7 * np.eye(size)[:, :shown] + 0.3 / size
    for position in range(shown):
        counted = np.bincount(places[:, position], minlength=size) / REQUESTS
        np.testing.assert_allclose(counted, stated[:, position], atol=0.01)
        np.testing.assert_allclose(
            propensity[:, position], stated[places[:, position], position], rtol=1e-12
        )
    np.testing.assert_allclose(stated.sum(axis=0), 1)
    assert (np.sort(places[:, :shown])[:, 1:] != np.sort(places[:, :shown])[:, :-1]).all()


@pytest.mark.parametrize("explore", [0.0, 1.0])
def test_no_chance_and_nothing_but_chance(explore: float) -> None:
    dials = PolicyDials(window=WINDOW, explore=explore)
    places, propensity = shuffle(np.full(2_000, 5), PAGE, dials, stream(2))
    is_plain = (places == np.arange(PAGE)).all(axis=1)
    assert is_plain.mean() == 1 if explore == 0 else is_plain.mean() < 0.05
    assert (propensity == (1.0 if explore == 0 else 0.2)).all()


def test_pages_are_filled_from_their_query_s_window(market: Market) -> None:
    policy = LoggedPolicy(market.book, market.config.policy, 10)
    query = np.arange(len(market.book), dtype=np.int32)
    zeros = np.zeros(len(query), dtype=np.int64)
    shown = policy.show(Asks(zeros, zeros, zeros, query), market.shoppers(0, 1), stream(3))
    windows, is_there = market.book.windows, shown.marks != NONE
    assert shown.rows.shape == (len(query), 10)
    assert (is_there == (shown.rows != NONE)).all()
    assert (is_there.sum(axis=1) == np.minimum((windows.rows != NONE).sum(axis=1), 10)).all()
    at = np.arange(len(query))[:, None]
    for name in ("rows", "told", "true"):
        expected = np.where(is_there, getattr(windows, name)[at, shown.marks], shown.rows * 0)
        expected = np.where(is_there, expected, NONE if name == "rows" else 0)
        assert (getattr(shown, name) == expected).all()
    assert is_there.sum() > 3_000


def test_unexposed_candidates_are_drawn_evenly(market: Market, behaviour: Behaviour) -> None:
    """One query whose window has 24 products, 10 on the page: 5 of 14 are kept, 5/14 each."""
    sizes = (market.book.windows.rows != NONE).sum(axis=1)
    full = int(np.argmax(sizes))
    assert sizes[full] == 24
    query = np.full(4_000, full, dtype=np.int32)
    zeros = np.zeros(len(query), dtype=np.int64)
    asks = Asks(zeros, zeros, zeros, query)
    policy = LoggedPolicy(market.book, PolicyDials(window=24, explore=0.0), 10)
    shown = policy.show(asks, market.shoppers(0, 1), stream(4))
    requests = replace(behaviour.searches, asks=asks, shown=shown)
    kept = search_candidates(requests, market.book, 5, stream(5))
    assert kept.exposed == 10
    assert (kept.places[:, :10] == np.arange(10)).all()
    assert (kept.propensity[:, 10:] == 5 / 14).all()
    counts = np.bincount(kept.places[:, 10:].ravel(), minlength=24) / 4_000
    assert (counts[:10] == 0).all()
    np.testing.assert_allclose(counts[10:], 5 / 14, atol=0.04)  # standard deviation 0.008
    assert (kept.rows == market.book.windows.rows[full][kept.places]).all()
    assert (kept.scores == market.book.windows.scores[full][kept.places]).all()


@pytest.mark.parametrize("unexposed", [0, 5, 40])
def test_of_a_short_window_all_is_kept(
    market: Market, behaviour: Behaviour, unexposed: int
) -> None:
    searches = behaviour.searches
    kept = search_candidates(searches, market.book, unexposed, stream(6))
    sizes = (market.book.windows.rows[searches.asks.query] != NONE).sum(axis=1)
    shown = np.minimum(sizes, 10)
    expected = shown + np.minimum(sizes - shown, unexposed)
    assert (kept.is_there.sum(axis=1) == expected).all()
    drawn = kept.places[:, 10:]
    assert ((kept.propensity[:, 10:] > 0) == (drawn != NONE)).all()
    for places in kept.places[::50]:
        own = places[places != NONE]
        assert len(set(own)) == len(own)
