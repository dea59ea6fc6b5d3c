"""What is bought again, and when? Three readings of shoppers' orders."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from shopkeeper.data.behaviour_sets import Purchase
from shopkeeper.records import InvalidRequest

_DAY_MS = 86_400_000


@dataclass(slots=True)
class Order:
    """What was bought at once: how many lines of each product, or of each category."""

    timestamp_ms: int
    lines: Counter[str] = field(default_factory=Counter)


History: TypeAlias = Sequence[Order]
"""One shopper's orders by time."""


def histories(lines: Iterable[tuple[Purchase, str]]) -> list[History]:
    """The orders of each shopper, of lines with the product or category they are read as."""
    shoppers: dict[str, dict[str, Order]] = defaultdict(dict)
    for line, name in lines:
        orders = shoppers[line.shopper_id]
        order = orders.setdefault(line.order_id, Order(line.timestamp_ms))
        order.timestamp_ms = min(order.timestamp_ms, line.timestamp_ms)
        order.lines[name] += 1
    return [sorted(orders.values(), key=lambda o: o.timestamp_ms) for orders in shoppers.values()]


def repeat_shares(shoppers: Iterable[History]) -> Iterator[float]:
    """Of each shopper with two orders or more: share of all lines that an earlier order held."""
    for orders in shoppers:
        if len(orders) > 1:
            seen: set[str] = set()
            repeated = 0
            for order in orders:
                repeated += sum(count for name, count in order.lines.items() if name in seen)
                seen |= order.lines.keys()
            yield repeated / sum(order.lines.total() for order in orders)


def gap_days(shoppers: Iterable[History]) -> Iterator[float]:
    """Days from an order that holds something to the shopper's next order that does."""
    for orders in shoppers:
        last: dict[str, int] = {}
        for order in orders:
            for name in order.lines:
                if name in last:
                    yield (order.timestamp_ms - last[name]) / _DAY_MS
                last[name] = order.timestamp_ms


def same_shares(shoppers: Iterable[History]) -> Iterator[float]:
    """Of each shopper with two orders or more: P(two lines of different orders are the same).

    Pairs of all lines less those within an order, equal ones over all. Losing lines at random
    leaves its expectation where it was, unlike that of `repeat_shares`.
    """
    for orders in shoppers:
        if len(orders) > 1:
            together: Counter[str] = Counter()
            for order in orders:
                together.update(order.lines)
            within = sum(math.comb(order.lines.total(), 2) for order in orders)
            same_within = sum(math.comb(n, 2) for order in orders for n in order.lines.values())
            same = sum(math.comb(n, 2) for n in together.values()) - same_within
            yield same / (math.comb(together.total(), 2) - within)


def thinned(purchases: Iterable[Purchase], *, keep: float, seed: int) -> tuple[Purchase, ...]:
    """The lines that are left when each stays with probability `keep`, by chance of its own.

    Complete Journey's lines are such a sample; a simulated log is compared with it after losing
    as many.
    """
    if not 0 < keep <= 1:
        raise InvalidRequest(f"keep {keep}", expected="0 < keep ≤ 1")
    lines = tuple(purchases)
    stays = np.random.default_rng(seed).random(len(lines)) < keep
    return tuple(line for line, stay in zip(lines, stays, strict=True) if stay)
