"""What is put to the test? Systems that answer the world's queries, and ways to pit two of them.

Each is a ``world.Policy``: it fills a page for every request of the simulated shoppers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.measure import team_drafts
from shopkeeper.records import InvalidRequest
from shopkeeper.world import Asks, Market, Policy, Shoppers, Shown
from shopkeeper.world.choice import NONE
from shopkeeper.world.policy import at_places


@dataclass(frozen=True, slots=True)
class FixedPolicy:
    """One page for each query of the book, whoever asks; arrays are [queries, page]."""

    rows: NDArray[np.int32]
    """Products, `NONE` behind the last."""
    told: NDArray[np.int8]
    true: NDArray[np.int8]

    def show(self, asks: Asks, shoppers: Shoppers, rng: np.random.Generator) -> Shown:
        rows = self.rows[asks.query]
        places = np.where(rows == NONE, NONE, np.arange(rows.shape[1])).astype(np.int32)
        is_there = (rows != NONE).astype(np.float64)
        return Shown(places, is_there, rows, self.told[asks.query], self.true[asks.query])


def fixed_policy(market: Market, rows: NDArray[np.int32]) -> FixedPolicy:
    """The pages `rows` [queries, ≥ page] of a system, cut to the world's page, and graded."""
    page = len(market.config.behaviour.examined)
    if rows.ndim != 2 or len(rows) != len(market.book):
        raise InvalidRequest(
            f"pages of shape {rows.shape}", expected=f"one for each of {len(market.book)} queries"
        )
    rows = rows[:, :page].astype(np.int32)
    if rows.shape[1] < page:
        rows = np.pad(rows, ((0, 0), (0, page - rows.shape[1])), constant_values=NONE)
    told, true = np.zeros(rows.shape, dtype=np.int8), np.zeros(rows.shape, dtype=np.int8)
    for at, query in enumerate(market.book.queries):
        shown = rows[at][rows[at] != NONE]
        told[at, : len(shown)] = market.truth.judge(query.asked.intent, shown).grades
        true[at, : len(shown)] = market.truth.judge(query.asked.intent, shown, true=True).grades
    return FixedPolicy(rows, told, true)


@dataclass(frozen=True, slots=True)
class MixedPolicy:
    """The second policy with probability `share`, request by request: a fraction of its effect."""

    first: Policy
    second: Policy
    share: float

    def show(self, asks: Asks, shoppers: Shoppers, rng: np.random.Generator) -> Shown:
        is_second = rng.random(len(asks)) < self.share
        return _either(
            is_second, self.first.show(asks, shoppers, rng), self.second.show(asks, shoppers, rng)
        )


@dataclass(frozen=True, slots=True)
class SplitPolicy:
    """An A/B test: from `begin_ms` on, half of the shoppers see the treatment."""

    control: Policy
    treatment: Policy
    begin_ms: int
    salt: int
    """Another one splits the shoppers otherwise."""

    def show(self, asks: Asks, shoppers: Shoppers, rng: np.random.Generator) -> Shown:
        is_treated = treated(shoppers, self.salt)[asks.who] & (asks.time_ms >= self.begin_ms)
        return _either(
            is_treated,
            self.control.show(asks, shoppers, rng),
            self.treatment.show(asks, shoppers, rng),
        )


@dataclass(frozen=True, slots=True)
class InterleavedPolicy:
    """Both systems' pages, drafted into one; `marks` are the teams."""

    left: FixedPolicy
    right: FixedPolicy

    def show(self, asks: Asks, shoppers: Shoppers, rng: np.random.Generator) -> Shown:
        left, right = self.left.rows[asks.query], self.right.rows[asks.query]
        drafted = team_drafts(left, right, rng.random(left.shape) < 0.5)
        rows = drafted.items.astype(np.int32)
        both = np.concatenate([left, right], axis=1)
        where = (both[:, None, :] == rows[..., None]).argmax(axis=2).astype(np.int32)
        told, true = (
            np.where(
                rows == NONE,
                0,
                at_places(np.concatenate([of_left, of_right], axis=1)[asks.query], where),
            ).astype(np.int8)
            for of_left, of_right in (
                (self.left.told, self.right.told),
                (self.left.true, self.right.true),
            )
        )
        teams = drafted.teams.astype(np.int32)
        return Shown(teams, (rows != NONE).astype(np.float64), rows, told, true)


def treated(shoppers: Shoppers, salt: int) -> NDArray[np.bool_]:
    """[n] Which shoppers are treated: a hash of shopper and salt, whatever the block."""
    number = np.arange(shoppers.first, shoppers.first + len(shoppers), dtype=np.uint64)
    # The finaliser of splitmix64 (Steele, Lea and Flood 2014).
    mixed = number + np.uint64(salt * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(63) == 1)


def _either(is_second: NDArray[np.bool_], first: Shown, second: Shown) -> Shown:
    """Page by page, one or the other."""
    which = is_second[:, None]
    return Shown(
        np.where(which, second.marks, first.marks),
        np.where(which, second.propensity, first.propensity),
        np.where(which, second.rows, first.rows),
        np.where(which, second.told, first.told),
        np.where(which, second.true, first.true),
    )
