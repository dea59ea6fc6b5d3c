"""Odds by hand, and each cause moves them its own way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from shopkeeper.world import BehaviourDials, Market, Shoppers
from shopkeeper.world.choice import NONE
from shopkeeper.world.response import response_of
from shopkeeper.world.tastes import DIMENSION, styles_of


@pytest.fixture(scope="module")
def one(market: Market) -> Shoppers:
    """A single shopper without taste, thrift or a favourite."""
    shoppers = market.shoppers(0, 1)
    return replace(
        shoppers,
        taste=np.zeros((1, DIMENSION), dtype=np.float32),
        thrift=np.zeros(1, dtype=np.float32),
        favourites=np.full((1, 3), -1, dtype=np.int16),
    )


def ask(market: Market, shoppers: Shoppers, rows, grades, *, dials=None, shift=0.0):  # type: ignore[no-untyped-def]
    response = response_of(market.shelves, dials or BehaviourDials())
    rows, grades = np.array([rows]), np.array([grades], dtype=np.int8)
    return response.odds(shoppers, np.zeros(1, dtype=np.int64), rows, grades, grades, shift=shift)


def test_odds_by_hand(market: Market, one: Shoppers) -> None:
    """σ(−1.4 + (appeal − ½) − 0.7), σ(−1.5 + 2 (quality − ½)), and 1.2 more for a cart."""
    odds = ask(market, one, [7], [4], shift=-0.7)
    shelves = market.shelves

    def logistic(x: float) -> float:
        return 1 / (1 + np.exp(-x))

    buy = -1.5 + 2 * (float(shelves.quality[7]) - 0.5)
    assert odds.click[0, 0] == pytest.approx(logistic(-2.1 + float(shelves.appeal[7]) - 0.5))
    assert odds.buy[0, 0] == pytest.approx(logistic(buy))
    assert odds.cart[0, 0] == pytest.approx(logistic(buy + 1.2))


def test_where_nothing_stands_nothing_happens(market: Market, one: Shoppers) -> None:
    odds = ask(market, one, [NONE, 3], [0, 4])
    assert odds.click[0, 0] == odds.cart[0, 0] == odds.buy[0, 0] == 0
    assert (odds.click[0, 1] > 0) & (odds.buy[0, 1] < odds.cart[0, 1])


def test_better_grades_are_clicked_and_bought_more(market: Market, one: Shoppers) -> None:
    odds = ask(market, one, [5, 5, 5, 5], [1, 2, 3, 4])
    assert (np.diff(odds.click) > 0).all()
    assert (np.diff(odds.buy) > 0).all()


def test_taste_brand_and_price_move_the_odds(market: Market, one: Shoppers) -> None:
    """A shopper who likes exactly this style, this brand, or minds its price fully."""
    styles, row = styles_of(market.shelves), int(np.argmax(market.shelves.price))
    plain = ask(market, one, [row], [4]).click[0, 0]
    fond = replace(one, taste=styles[row][None])
    averse = replace(one, taste=-styles[row][None])
    loyal = replace(one, favourites=np.array([[market.shelves.brand[row], -1, -1]]))
    thrifty = replace(one, thrift=np.ones(1, dtype=np.float32))
    clicks = [ask(market, who, [row], [4]).click[0, 0] for who in (fond, averse, loyal, thrifty)]

    def log_odds(p: float) -> float:
        return float(np.log(p / (1 - p)))

    moved = [log_odds(click) - log_odds(plain) for click in clicks]
    assert moved[:3] == [
        pytest.approx(1.2, abs=1e-5),
        pytest.approx(-1.2, abs=1e-5),
        pytest.approx(1),
    ]
    dearness = response_of(market.shelves, BehaviourDials()).dearness[row]
    assert moved[3] == pytest.approx(-0.8 * dearness, rel=1e-4)
    assert dearness > 1


def test_dearness_is_relative_to_the_category(market: Market) -> None:
    dearness = response_of(market.shelves, BehaviourDials()).dearness
    for aisle in market.shelves.aisles:
        assert abs(dearness[aisle.rows].mean()) < 1e-5
        order = np.argsort(market.shelves.price[aisle.rows], kind="stable")
        assert (np.diff(dearness[aisle.rows][order]) >= 0).all()


def test_styles_are_directions_that_brand_and_looks_make(market: Market) -> None:
    """Unit length; goods of one brand and colour are more alike than others."""
    styles, shelves = styles_of(market.shelves), market.shelves
    np.testing.assert_allclose(np.linalg.norm(styles, axis=1), 1, atol=1e-5)
    assert (styles == styles_of(shelves)).all()
    alike = styles @ styles.T
    same = shelves.brand[:, None] == shelves.brand
    np.fill_diagonal(same, False)
    assert alike[same].mean() > alike[~same].mean() + 0.1
