"""What happens in the shop? Visits with searches, reformulations, feeds, carts and purchases.

A block of shoppers at a time, all their visits side by side as arrays. What a shop could write
down goes to its log; what caused it goes to the truth table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.world.arrays import lay, take
from shopkeeper.world.behaviour import (
    DAY_MS,
    REORDER,
    Acts,
    Asks,
    Behaviour,
    Ints,
    LaterPurchases,
    Requests,
    Shown,
)
from shopkeeper.world.book import QueryBook
from shopkeeper.world.chance import normals, poissons, stream
from shopkeeper.world.choice import NONE, Choice
from shopkeeper.world.config import WorldConfig
from shopkeeper.world.policy import Policy
from shopkeeper.world.response import Odds, Response, examination
from shopkeeper.world.shoppers import Shoppers

MOST_SEARCHES = 4
"""In one visit."""
MOST_VISITS = 60
"""Of one shopper."""
FEED = 12
"""Products in a recommendation feed."""
FEED_SHIFT = -0.7
"""Log-odds by which a feed is clicked less than a page that was asked for."""
PAUSE_S, LONGEST_PAUSE_S = 27, 110
"""Median seconds from a page to its first click, whose log has a standard deviation of 1; nobody
waits until the next search of the visit."""
LATER_H, AGAIN_H = 24.0, 240.0
"""Mean hours until a purchase through another door, and until one is repeated."""
_BEHAVIOUR, _VISITS, _FEEDS = 5, 0, 1


@dataclass(frozen=True, slots=True)
class Shopping:
    """Makes the behaviour of any block, from what is in the shop and how shoppers are."""

    seed: int
    config: WorldConfig
    book: QueryBook
    policy: Policy
    response: Response
    goods: Choice
    """Products of each aisle, by how well they sell."""
    demand: Choice
    """Aisles, all under key 0, by how much they are wanted."""

    def run(self, shoppers: Shoppers) -> Behaviour:
        rng = stream(self.seed, _BEHAVIOUR, shoppers.first, _VISITS)
        searches = self._searches(shoppers, rng)
        later = self._buy_later(searches, rng)
        rng = stream(self.seed, _BEHAVIOUR, shoppers.first, _FEEDS)
        return Behaviour(shoppers, searches, self._feeds(shoppers, rng), later)

    def _searches(self, shoppers: Shoppers, rng: np.random.Generator) -> Requests:
        """All visits, step by step: those who go on ask again."""
        who, time_ms = self._begin(shoppers, shoppers.rate.astype(np.float64), rng)
        query = self._first_query(shoppers, who, time_ms, rng)
        asks, steps = Asks(who, np.arange(len(who)), time_ms, query), []
        for _ in range(MOST_SEARCHES):
            step = self._search(shoppers, asks, rng)
            steps.append(step)
            is_undecided = ~step.acts.bought.any(axis=1)
            again = rng.random(len(asks)) < self.config.behaviour.again
            asks = self._ask_again(shoppers, take(asks, is_undecided & again), rng)
        requests = lay(steps)
        return take(requests, np.argsort(requests.asks.visit, kind="stable"))

    def _begin(
        self, shoppers: Shoppers, rate: NDArray[np.float64], rng: np.random.Generator
    ) -> tuple[Ints, Ints]:
        """Who comes, and when: more in the evening than at night."""
        who = np.repeat(np.arange(len(shoppers)), poissons(rng, rate, MOST_VISITS))
        days = np.floor(rng.random(len(who)) * self.config.shoppers.days)
        hours = (rng.random(len(who)) + rng.random(len(who)) + 0.7) / 2.7
        return who, ((days + hours) * DAY_MS).astype(np.int64)

    def _first_query(
        self, shoppers: Shoppers, who: Ints, time_ms: Ints, rng: np.random.Generator
    ) -> NDArray[np.int32]:
        """A query of a category they care for; now and then of any."""
        aisle, _ = self._aisles(shoppers, who, time_ms, rng, 1)
        return self._pick(shoppers, who, aisle[:, 0], rng)

    def _ask_again(self, shoppers: Shoppers, asks: Asks, rng: np.random.Generator) -> Asks:
        """The same in other words, something else of the kind, or something quite different."""
        dials, book, size = self.config.behaviour, self.book, len(asks)
        time_ms = asks.time_ms + (120_000 + 240_000 * rng.random(size)).astype(np.int64)
        need = shoppers.is_chinese[asks.who] * book.needs + book.need[asks.query]
        refined = self._pick(shoppers, asks.who, book.aisle[asks.query].astype(np.int64), rng)
        same = book.by_need.pick(need, rng.random(size), asks.query)
        same = np.where(same == asks.query, refined, same)  # whoever knows no other word moves on
        other = self._first_query(shoppers, asks.who, time_ms, rng)
        kind = rng.random(size)
        query = np.where(kind < dials.same_need + dials.refine, refined, other)
        query = np.where(kind < dials.same_need, same, query)
        return Asks(asks.who, asks.visit, time_ms, query.astype(np.int32))

    def _pick(
        self, shoppers: Shoppers, who: Ints, aisle: Ints, rng: np.random.Generator
    ) -> NDArray[np.int32]:
        """A query of the aisle in the shopper's language; of any aisle, where there is none."""
        tongue = shoppers.is_chinese[who].astype(np.int64)
        chance = rng.random(len(who))
        anything = self.book.by_tongue.pick(tongue, chance, np.zeros(len(who), dtype=np.int32))
        return self.book.by_aisle.pick(tongue * len(self.goods) + aisle, chance, anything)

    def _aisles(
        self, shoppers: Shoppers, who: Ints, time_ms: Ints, rng: np.random.Generator, width: int
    ) -> tuple[Ints, NDArray[np.bool_]]:
        """[len(who), width] Aisles that they turn to, and whether each is one of their own."""
        shape = len(who), width
        interests = shoppers.interests_at(who, time_ms / DAY_MS)
        place = (rng.random(shape) * interests.shape[1]).astype(np.int64)
        stray = self.demand.pick(np.zeros(shape, dtype=np.int64), rng.random(shape), place)
        is_own = rng.random(shape) < self.config.shoppers.focus
        aisle = np.where(is_own, np.take_along_axis(interests, place, axis=1), stray)
        return aisle.astype(np.int64), is_own

    def _search(self, shoppers: Shoppers, asks: Asks, rng: np.random.Generator) -> Requests:
        shown = self.policy.show(asks, shoppers, rng)
        odds = self.response.odds(shoppers, asks.who, shown.rows, shown.told, shown.true)
        return Requests(asks, shown, odds, self._act(shown.rows, odds, rng))

    def _feeds(self, shoppers: Shoppers, rng: np.random.Generator) -> Requests:
        """Products of the shopper's interests and of others, mixed; nobody asked for them."""
        dials = self.config.shoppers
        share = dials.feeds / dials.sessions if dials.sessions else 0.0
        who, time_ms = self._begin(shoppers, shoppers.rate.astype(np.float64) * share, rng)
        asks = Asks(who, np.arange(len(who)), time_ms, np.full(len(who), NONE, dtype=np.int32))
        aisle, is_own = self._aisles(shoppers, who, time_ms, rng, FEED)
        nothing = np.full(aisle.shape, NONE, dtype=np.int32)
        rows = self.goods.pick(aisle, rng.random(aisle.shape), nothing)
        rows = np.where(_is_repeated(rows), NONE, rows)
        order = np.argsort(rows == NONE, axis=1, kind="stable")
        rows = np.take_along_axis(rows, order, axis=1)
        is_own = np.take_along_axis(is_own, order, axis=1)
        grade = np.where(rows == NONE, 0, np.where(is_own, 4, 2)).astype(np.int8)
        odds = self.response.odds(shoppers, who, rows, grade, grade, shift=FEED_SHIFT)
        marks = np.where(rows == NONE, NONE, np.arange(FEED)).astype(np.int32)
        shown = Shown(marks, (rows != NONE).astype(np.float64), rows, grade, grade)
        return Requests(asks, shown, odds, self._act(rows, odds, rng))

    def _act(self, rows: NDArray[np.int32], odds: Odds, rng: np.random.Generator) -> Acts:
        """Look, click, put into the cart, buy one at most: at once or later."""
        dials = self.config.behaviour
        looks = examination(dials, rows.shape[1])
        examined = (rng.random(rows.shape) < looks) & (rows != NONE)
        clicked = examined & (rng.random(rows.shape) < odds.click)
        wish = rng.random(rows.shape)
        buys = clicked & (wish < odds.buy)
        buys &= np.cumsum(buys, axis=1) == 1
        is_later = (rng.random(len(rows)) < dials.later)[:, None]
        pause_s = PAUSE_S * np.exp(normals(rng, (len(rows),)))
        return Acts(
            examined=examined,
            clicked=clicked,
            carted=clicked & (wish < odds.cart),
            bought=buys & ~is_later,
            later=buys & is_later,
            pause_ms=np.minimum(pause_s, LONGEST_PAUSE_S).astype(np.int64) * 1_000,
        )

    def _buy_later(self, searches: Requests, rng: np.random.Generator) -> LaterPurchases:
        """What was put off, and what is bought once more. What falls behind the log's end is not
        in it."""
        request, position = np.nonzero(searches.acts.later)
        hours = _waiting(rng, len(request), LATER_H)
        door = (rng.random(len(request)) * REORDER).astype(np.int8)
        bought = np.stack(np.nonzero(searches.acts.bought))
        repeated = bought[:, rng.random(bought.shape[1]) < self.config.behaviour.repeat]
        request = np.concatenate([request, repeated[0]])
        hours = np.concatenate([hours, _waiting(rng, repeated.shape[1], AGAIN_H)])
        time_ms = searches.asks.time_ms[request] + (hours * 3_600_000).astype(np.int64)
        later = LaterPurchases(
            request=request,
            position=np.concatenate([position, repeated[1]]),
            time_ms=time_ms,
            door=np.concatenate([door, np.full(repeated.shape[1], REORDER, dtype=np.int8)]),
        )
        return take(later, time_ms < self.config.shoppers.days * DAY_MS)


def _is_repeated(rows: NDArray[np.int32]) -> NDArray[np.bool_]:
    """[r, k] Whether the same stands at an earlier position of the row."""
    is_same = rows[:, :, None] == rows[:, None, :]
    return np.asarray(np.tril(is_same, -1).any(axis=2), dtype=np.bool_)


def _waiting(rng: np.random.Generator, count: int, mean_h: float) -> NDArray[np.float64]:
    """Exponential hours."""
    return -mean_h * np.log1p(-rng.random(count))
