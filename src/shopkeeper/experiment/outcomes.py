"""What did each shopper do? Totals per shopper, the units of an experiment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from shopkeeper.experiment.policies import treated
from shopkeeper.work import LocalEngine
from shopkeeper.world import Behaviour, Market, Policy
from shopkeeper.world.arrays import lay
from shopkeeper.world.behaviour import DAY_MS
from shopkeeper.world.choice import NONE
from shopkeeper.world.response import examination
from shopkeeper.world.shoppers import shopper_blocks
from shopkeeper.world.work import Tell, be_quiet, in_parts

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Totals:
    """Of n shoppers, in one period; arrays are [n]."""

    searches: Floats
    clicks: Floats
    carts: Floats
    purchases: Floats
    """Those that came later, through another door, included."""
    revenue: Floats
    expected_clicks: Floats
    """What chance would give on average, on the pages that were shown."""
    expected_purchases: Floats
    unanswered: Floats
    """Searches that found nothing."""


METRICS = tuple(field.name for field in fields(Totals))
OBSERVED = ("clicks", "carts", "purchases", "revenue")
"""What an experiment can see."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What a population did before an experiment began, and during it."""

    before: Totals
    during: Totals
    is_treated: NDArray[np.bool_]
    """[n] By the experiment's salt, whether or not there was a treatment."""


def totals(market: Market, behaviour: Behaviour, begin_ms: int, end_ms: int) -> Totals:
    """Totals of a block's searches in begin ≤ time < end, with the purchases that came of them."""
    searches, later = behaviour.searches, behaviour.later
    asks, acts, size = searches.asks, searches.acts, len(behaviour.shoppers)
    is_inside = (asks.time_ms >= begin_ms) & (asks.time_ms < end_ms)
    looks = examination(market.config.behaviour, acts.clicked.shape[1])
    prices = np.where(searches.shown.rows == NONE, 0.0, market.shelves.price[searches.shown.rows])

    def add(values: NDArray[np.generic]) -> Floats:
        weights = np.where(is_inside, values, 0).astype(np.float64)
        return _sums(asks.who, weights, size)

    came = is_inside[later.request]
    at = later.request[came], later.position[came]
    later_who = asks.who[at[0]]
    clicks = looks * searches.odds.click
    return Totals(
        searches=add(np.ones(len(asks))),
        clicks=add(acts.clicked.sum(axis=1)),
        carts=add(acts.carted.sum(axis=1)),
        purchases=add(acts.bought.sum(axis=1)) + _sums(later_who, np.ones(len(later_who)), size),
        revenue=add((acts.bought * prices).sum(axis=1)) + _sums(later_who, prices[at], size),
        expected_clicks=add(clicks.sum(axis=1)),
        expected_purchases=add(1 - (1 - clicks * searches.odds.buy).prod(axis=1)),
        unanswered=add((searches.shown.rows == NONE).all(axis=1)),
    )


def _sums(who: NDArray[np.int64], values: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(who, weights=values, minlength=size), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Trial:
    """A population under a policy, watched from `begin_ms` on."""

    market: Market
    policy: Policy
    begin_ms: int
    """Since the log's beginning; what comes before it is the past that CUPED uses."""
    salt: int = 0
    """Of the split into arms."""

    def run(self, part: tuple[int, int]) -> Behaviour:
        """What a block's shoppers do: (block, its shoppers)."""
        shopping = replace(self.market.shopping, policy=self.policy)
        return shopping.run(self.market.shoppers(*part))

    def outcomes(self, behaviour: Behaviour, end_ms: int) -> Outcomes:
        """The block's outcomes up to a moment."""
        return Outcomes(
            before=totals(self.market, behaviour, 0, self.begin_ms),
            during=totals(self.market, behaviour, self.begin_ms, end_ms),
            is_treated=treated(behaviour.shoppers, self.salt),
        )


def observe(trial: Trial, shoppers: int, *, processes: int = 1, tell: Tell = be_quiet) -> Outcomes:
    """Let so many shoppers shop; the same ones, with the same chances, each time."""
    return lay(list(observe_blocks(trial, shoppers, processes=processes, tell=tell)))


def observe_blocks(
    trial: Trial, shoppers: int, *, processes: int = 1, tell: Tell = be_quiet
) -> Iterator[Outcomes]:
    """The same, block by block as they become ready, for those who watch."""
    blocks = shopper_blocks(shoppers)
    return in_parts(
        _observe, blocks, trial, engine=LocalEngine(processes), stage="shoppers", tell=tell
    )


def _observe(trial: Trial, part: tuple[int, int]) -> Outcomes:
    end_ms = trial.market.config.shoppers.days * DAY_MS
    return trial.outcomes(trial.run(part), end_ms)
