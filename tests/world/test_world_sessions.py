"""What shoppers do hangs together, follows its odds, and is the same wherever it is made."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from itertools import pairwise

import numpy as np
import pytest

from shopkeeper.world import (
    Behaviour,
    BehaviourDials,
    LaterPurchases,
    Market,
    PolicyDials,
    Requests,
    ShopperDials,
)
from shopkeeper.world.arrays import lay, take
from shopkeeper.world.behaviour import DAY_MS, DOORS, REORDER
from shopkeeper.world.choice import NONE
from shopkeeper.world.response import examination
from shopkeeper.world.sessions import FEED, MOST_SEARCHES
from shopkeeper.world.shoppers import BLOCK, shopper_blocks


def equal(one: object, other: object) -> bool:
    """All arrays within, to the last bit."""
    if is_dataclass(one):
        return all(equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return bool(np.array_equal(one, other))


def both(behaviour: Behaviour) -> tuple[Requests, Requests]:
    return behaviour.searches, behaviour.feeds


@pytest.fixture(scope="module")
def busy(market: Market) -> Behaviour:
    """A block of shoppers who click and buy as long as they look."""
    dials = BehaviourDials(
        click=(-3.0, -1.0, 0.0, 1.0), buy=(-3.0, -2.0, -0.5, 0.0), later=0.5, repeat=0.5
    )
    keen = replace(market, config=replace(market.config, behaviour=dials))
    keen.keep(market.book)
    return keen.shopping.run(keen.shoppers(0))


def test_each_deed_follows_from_the_one_before(busy: Behaviour) -> None:
    for requests in both(busy):
        acts = requests.acts
        chain = [acts.bought | acts.later, acts.carted, acts.clicked, acts.examined]
        chain.append(requests.shown.rows != NONE)
        for deed, before in pairwise(chain):
            assert not (deed & ~before).any()
            assert deed.sum() < before.sum()
        assert chain[0].sum() > 300
        assert (chain[0].sum(axis=1) <= 1).all()
        assert not (acts.bought & acts.later).any()
        assert min(acts.bought.sum(), acts.later.sum()) > 100


def test_clicks_and_purchases_equal_their_odds(busy: Behaviour) -> None:
    """Sums over all positions; the standard deviation of a sum of coins is √Σ p(1 − p)."""
    for requests in both(busy):
        acts, odds = requests.acts, requests.odds
        looks = examination(BehaviourDials(), acts.clicked.shape[1])
        is_there = requests.shown.rows != NONE
        for done, given, chance in (
            (acts.examined, is_there, np.broadcast_to(looks, is_there.shape)),
            (acts.clicked, acts.examined, odds.click),
            (acts.carted, acts.clicked, odds.cart),
        ):
            expected = chance[given]
            spread = np.sqrt((expected * (1 - expected)).sum())
            assert expected.sum() > 1_000
            assert abs(done.sum() - expected.sum()) < 4 * spread
        buyers = 1 - np.where(acts.clicked, 1 - odds.buy, 1.0).prod(axis=1)
        bought = (acts.bought | acts.later).any(axis=1)
        spread = np.sqrt((buyers * (1 - buyers)).sum())
        assert abs(bought.sum() - buyers.sum()) < 4 * spread
        put_off = acts.later.sum() / bought.sum()
        assert put_off == pytest.approx(0.5, abs=0.06)


def test_examination_falls_with_the_position() -> None:
    """By hand; a feed is longer than what is dialled, and its end is looked at least."""
    dials = BehaviourDials(examined=(0.9, 0.5, 0.2))
    assert examination(dials, 5).tolist() == [0.9, 0.5, 0.2, 0.2, 0.2]
    assert examination(dials, 2).tolist() == [0.9, 0.5]


def test_later_purchases_come_after_their_search_and_within_the_log(
    market: Market, busy: Behaviour
) -> None:
    later, searches = busy.later, busy.searches
    assert len(later.request) > 200
    assert (later.time_ms > searches.asks.time_ms[later.request]).all()
    assert (later.time_ms < market.config.shoppers.days * DAY_MS).all()
    is_repeat = later.door == REORDER
    at = later.request, later.position
    assert searches.acts.bought[at][is_repeat].all()
    assert searches.acts.later[at][~is_repeat].all()
    assert min(is_repeat.sum(), (~is_repeat).sum()) > 50
    assert set(later.door.tolist()) == set(range(len(DOORS)))


def test_what_is_put_off_is_bought_but_for_the_log_s_end(busy: Behaviour) -> None:
    """Nothing is bought twice through the same cause; most of it within a day or two."""
    later = busy.later
    is_repeat = later.door == REORDER
    causes = set(zip(later.request[~is_repeat], later.position[~is_repeat], strict=True))
    assert len(causes) == (~is_repeat).sum()
    assert 0.85 < len(causes) / busy.searches.acts.later.sum() < 1
    waited = (later.time_ms - busy.searches.asks.time_ms[later.request]) / 3_600_000
    assert np.mean(waited[~is_repeat]) == pytest.approx(22, abs=4)  # 24 h, less the cut end


def test_visits_are_in_order_and_end_with_a_purchase(busy: Behaviour) -> None:
    asks, acts = busy.searches.asks, busy.searches.acts
    same = asks.visit[1:] == asks.visit[:-1]
    assert (np.diff(asks.visit) >= 0).all()
    assert same.sum() > 500
    assert (np.diff(asks.time_ms)[same] > 0).all()
    assert (asks.who[1:] == asks.who[:-1])[same].all()
    assert not acts.bought.any(axis=1)[:-1][same].any()
    assert np.bincount(asks.visit).max() == MOST_SEARCHES
    assert np.unique(busy.feeds.asks.visit).size == len(busy.feeds.asks)


def test_times_lie_within_the_log(market: Market, busy: Behaviour) -> None:
    for requests in both(busy):
        assert requests.asks.time_ms.min() >= 0
        end = market.config.shoppers.days * DAY_MS
        first = np.unique(requests.asks.visit, return_index=True)[1]
        assert requests.asks.time_ms[first].max() < end
        hours = requests.asks.time_ms % DAY_MS // 3_600_000
        assert (hours < 6).mean() < 0.05 < (hours > 17).mean()


def test_shoppers_ask_in_their_language_for_what_they_care_for(market: Market, busy) -> None:
    """The share of visits that begin with an own interest: the dial's, and what strays into one."""
    asks, shoppers, book = busy.searches.asks, busy.shoppers, market.book
    assert (book.is_chinese[asks.query] == shoppers.is_chinese[asks.who]).all()
    first = np.unique(asks.visit, return_index=True)[1]
    who, query = asks.who[first], asks.query[first]
    interests = shoppers.interests_at(who, asks.time_ms[first] / DAY_MS)
    own = (interests == book.aisle[query][:, None]).any(axis=1).mean()
    others = np.random.default_rng(0).permutation(interests)
    stray = (others == book.aisle[query][:, None]).any(axis=1).mean()
    focus = market.config.shoppers.focus
    assert own == pytest.approx(focus + (1 - focus) * stray, abs=0.05)


def test_a_reformulation_keeps_need_or_kind_at_the_dialled_rates(market: Market) -> None:
    """Of those whose next query differs: the same need, or the same category."""
    only_need = BehaviourDials(again=1, same_need=1, refine=0, click=(-9, -9, -9, -9))
    same, aisles = asked_again(market, only_need)
    assert (same | aisles).all()  # whoever knows no other words asks within the category
    assert same.mean() > 0.1
    only_refined = BehaviourDials(again=1, same_need=0, refine=1, click=(-9, -9, -9, -9))
    same, aisles = asked_again(market, only_refined)
    assert aisles.all()
    assert same.mean() < 0.2
    _, aisles = asked_again(market, replace(only_refined, refine=0))
    assert aisles.mean() < 0.6


def asked_again(market: Market, dials: BehaviourDials) -> tuple[np.ndarray, np.ndarray]:
    """Whether need and aisle of a query are those of the one before in its visit."""
    other = replace(market, config=replace(market.config, behaviour=dials))
    other.keep(market.book)
    asks, book = other.shopping.run(other.shoppers(0, 400)).searches.asks, market.book
    again = np.flatnonzero(asks.visit[1:] == asks.visit[:-1])
    assert len(again) > 500
    before, after = asks.query[again], asks.query[again + 1]
    return book.need[before] == book.need[after], book.aisle[before] == book.aisle[after]


def test_the_same_seed_does_the_same(market: Market, behaviour: Behaviour) -> None:
    count = len(behaviour.shoppers)
    assert equal(market.shopping.run(market.shoppers(0, count)), behaviour)
    other = replace(market, seed=market.seed + 1)
    other.keep(market.book)
    assert not equal(other.shopping.run(other.shoppers(0, count)).searches, behaviour.searches)


def test_a_block_alone_is_the_block_among_others(market: Market) -> None:
    """Whatever was made before it, here or in another process."""
    alone = market.shopping.run(market.shoppers(3, 50))
    fresh = replace(market)
    fresh.keep(market.book)
    blocks = [fresh.shopping.run(fresh.shoppers(block, 50)) for block in (2, 3)]
    assert equal(blocks[1], alone)
    assert not equal(blocks[0].searches, alone.searches)
    assert alone.shoppers.first == 3 * BLOCK


def test_the_same_shoppers_in_another_block_have_other_chances(market: Market) -> None:
    shoppers = market.shoppers(0, 50)
    here, there = (market.shopping.run(replace(shoppers, first=first)) for first in (0, BLOCK))
    assert not equal(here.searches, there.searches)
    assert not equal(here.feeds, there.feeds)


def test_fewer_shoppers_of_a_block_are_its_first(market: Market) -> None:
    many, few = market.shoppers(0, 300), market.shoppers(0, 20)
    assert all(
        np.array_equal(getattr(few, f.name), getattr(many, f.name)[:20])
        for f in fields(few)
        if f.name != "first"
    )
    assert len(np.unique(many.rate)) == 300


@pytest.mark.parametrize(
    ("count", "blocks"), [(1, [(0, 1)]), (2_048, [(0, 2_048)]), (2_050, [(0, 2_048), (1, 2)])]
)
def test_blocks_of_shoppers(count: int, blocks: list[tuple[int, int]]) -> None:
    assert shopper_blocks(count) == blocks


def test_a_page_shows_nothing_twice(busy: Behaviour) -> None:
    """And what it shows stands together, from the first position on."""
    for requests in both(busy):
        rows = requests.shown.rows
        is_there = rows != NONE
        assert (is_there[:, :-1] >= is_there[:, 1:]).all()
        assert ((requests.shown.propensity > 0) == is_there).all()
        ordered = np.sort(rows, axis=1)
        assert not ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != NONE)).any()
    assert is_there.mean() > 0.8  # of a feed


def test_visits_come_as_often_as_dialled(market: Market) -> None:
    """Rates are log-normal of mean 1; 2,048 shoppers of 3 visits each, and half as many feeds."""
    busy = market.shopping.run(market.shoppers(0))
    visits = busy.searches.asks.visit.max() + 1
    assert visits / BLOCK == pytest.approx(3, abs=0.35)
    assert len(busy.feeds.asks) / BLOCK == pytest.approx(0.5, abs=0.08)
    assert busy.feeds.shown.rows.shape[1] == FEED


def test_nobody_comes_where_nobody_is_dialled(market: Market) -> None:
    for dials in (ShopperDials(sessions=0), ShopperDials(feeds=0)):
        quiet = replace(market, config=replace(market.config, shoppers=dials))
        quiet.keep(market.book)
        behaviour = quiet.shopping.run(quiet.shoppers(0, 100))
        assert not len(behaviour.feeds.asks)
        assert (len(behaviour.searches.asks) == 0) == (dials.sessions == 0)
        assert not len(behaviour.later.request) or dials.sessions


def test_a_page_may_be_as_long_as_its_window(market: Market) -> None:
    config = replace(
        market.config,
        behaviour=BehaviourDials(examined=(0.5,) * 30),
        policy=PolicyDials(window=24),
    )
    long = replace(market, config=config)
    long.keep(market.book)
    searches = long.shopping.run(long.shoppers(0, 50)).searches
    assert searches.shown.rows.shape == (len(searches.asks), 24)


def test_arrays_are_cut_and_joined() -> None:
    door = np.array([1, 2, 3], dtype=np.int8)
    record = LaterPurchases(np.arange(3), np.arange(3) * 10, np.arange(3) * 100, door)
    assert equal(lay([take(record, slice(0, 1)), take(record, slice(1, 3))]), record)
    assert take(record, np.array([2, 0])).position.tolist() == [20, 0]
    assert take(record, np.array([False, True, False])).door.tolist() == [2]
