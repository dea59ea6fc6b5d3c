"""Which of two rankings do shoppers prefer, shown both in one? Team-draft interleaving.

Radlinski, Kurup and Joachims 2008 (CIKM). While both rankings have something left, the team
with fewer picks goes next, a coin decides between equals, and each picks the best it has that is
not on the page yet. Deviation: where one ranking ends, the other fills the page and takes the
credit for it, since a shop's page is not cut to the shorter answer.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shopkeeper.measure.columns import Floats, groups, numbers, sums_by
from shopkeeper.measure.delta import clustered_difference, clustered_mean, linearised_ratio
from shopkeeper.measure.intervals import Difference, Interval
from shopkeeper.records import InvalidRecord, InvalidRequest

LEFT, NOBODY, RIGHT = 1, 0, -1
"""Teams. Σ clicks · team is the left team's lead."""
EMPTY = -1
"""What stands on a place without a product."""

Item = TypeVar("Item", bound=Hashable)


def team_draft(
    left: Sequence[Item], right: Sequence[Item], coins: Sequence[bool]
) -> list[tuple[Item, int]]:
    """Interleave the rankings of one request.

    Args:
        left: product ids from the best down, distinct.
        right: the other system's.
        coins: one per place of the page; True lets the left team pick when both have as many.

    Returns:
        (product id, team) from the first place down; shorter than the page where both rankings end.
    """
    for ranking in (left, right):
        if len(set(ranking)) != len(ranking):
            raise InvalidRecord("a product is ranked twice", expected="distinct ids")
    page: list[tuple[Item, int]] = []
    lead = 0
    for coin in coins:
        shown = {item for item, _ in page}
        from_left = next((item for item in left if item not in shown), None)
        from_right = next((item for item in right if item not in shown), None)
        is_left = lead < 0 or (lead == 0 and coin)
        if from_right is not None and (from_left is None or not is_left):
            page.append((from_right, RIGHT))
        elif from_left is not None:
            page.append((from_left, LEFT))
        else:
            break
        lead += page[-1][1]
    return page


@dataclass(frozen=True, slots=True, eq=False)
class Interleaved:
    """The pages of many requests."""

    items: NDArray[np.int64]
    """[requests, k] product codes, EMPTY where the page has ended."""
    teams: NDArray[np.int8]
    """[requests, k] LEFT or RIGHT, who picked it; NOBODY where the page has ended."""


def team_drafts(left: ArrayLike, right: ArrayLike, coins: ArrayLike) -> Interleaved:
    """`team_draft` for many requests at once: equal to it, given the same coins.

    Time is O(requests · k · (a + b)), memory a few arrays of the size of the arguments.

    Args:
        left: [requests, a] product codes ≥ 0 from the best down, EMPTY behind the last.
        right: [requests, b].
        coins: [requests, k] flags, one per place of the page.
    """
    rankings = [_rankings("left", left), _rankings("right", right)]
    flips = np.asarray(coins, dtype=np.bool_)
    requests = len(flips)
    if flips.ndim != 2 or any(len(ranking) != requests for ranking in rankings):
        shapes = [rankings[0].shape, rankings[1].shape, flips.shape]
        raise InvalidRequest(f"shapes {shapes}", expected="[requests, …] three times")
    is_shown = [ranking == EMPTY for ranking in rankings]
    items = np.full(flips.shape, EMPTY, dtype=np.int64)
    teams = np.zeros(flips.shape, dtype=np.int8)
    lead = np.zeros(requests, dtype=np.int64)
    rows = np.arange(requests)
    for place in range(flips.shape[1]):
        left_ended, right_ended = (shown.all(axis=1) for shown in is_shown)
        is_left = ((lead < 0) | ((lead == 0) & flips[:, place]) | right_ended) & ~left_ended
        best = [r[rows, s.argmin(axis=1)] for r, s in zip(rankings, is_shown, strict=True)]
        has_ended = left_ended & right_ended
        pick = np.where(has_ended, EMPTY, np.where(is_left, *best))
        items[:, place] = pick
        teams[:, place] = np.where(has_ended, NOBODY, np.where(is_left, LEFT, RIGHT))
        lead += teams[:, place]
        is_shown = [
            shown | (ranking == pick[:, None])
            for ranking, shown in zip(rankings, is_shown, strict=True)
        ]
    return Interleaved(items, teams)


def team_credit(teams: ArrayLike, clicks: ArrayLike) -> tuple[Floats, Floats]:
    """Clicks [requests] on what the left team picked, and on what the right one did.

    Args:
        teams: [requests, k] as in `Interleaved`.
        clicks: [requests, k] flags, counts, or any worth ≥ 0 of what was done at the place.
    """
    of, worth = np.asarray(teams), np.asarray(clicks, dtype=np.float64)
    if of.shape != worth.shape or of.ndim != 2:
        raise InvalidRequest(f"shapes {of.shape} and {worth.shape}", expected="[requests, k] twice")
    if (worth[of == NOBODY] != 0).any():
        raise InvalidRecord("a click on an empty place", expected="clicks on what was shown")
    return (worth * (of == LEFT)).sum(axis=1), (worth * (of == RIGHT)).sum(axis=1)


@dataclass(frozen=True, slots=True)
class Wins:
    """How often either team had more credit."""

    left: int
    right: int
    ties: int
    share: Interval | None
    """Of the left team in what was decided; None where nothing was."""


@dataclass(frozen=True, slots=True)
class Preference:
    """What the shoppers preferred."""

    requests: Wins
    """Each request decides."""
    shoppers: Wins
    """Each shopper decides, by the credit of all their requests."""
    lead: Difference
    """Left credit − right credit per request, its mean; the p-value is that of "no preference"."""


def preference(
    left_credit: ArrayLike,
    right_credit: ArrayLike,
    *,
    shopper: ArrayLike | None = None,
    level: float = 0.95,
) -> Preference:
    """Sum up an interleaving experiment; all intervals are clustered by shopper.

    Wins and ties as in Chapelle, Joachims, Radlinski and Yue 2012 (TOIS).

    Args:
        left_credit: [requests] see `team_credit`.
        right_credit: [requests].
        shopper: [requests] ids, two shoppers or more; None: each request is another one's.
        level: of the intervals.
    """
    left = numbers("left_credit", left_credit)
    right = numbers("right_credit", right_credit, rows=len(left))
    shoppers, count = groups("shopper", shopper, rows=len(left))
    by_shopper = sums_by(shoppers, left - right, count)
    return Preference(
        requests=_wins(left - right, shoppers, level),
        shoppers=_wins(by_shopper, np.arange(count), level),
        lead=clustered_difference(left, right, shoppers, level=level),
    )


def _wins(lead: Floats, cluster: NDArray[np.int64], level: float) -> Wins:
    won, lost = lead > 0, lead < 0
    decided = won | lost
    share = (
        clustered_mean(linearised_ratio(won, decided), cluster, level=level)
        if decided.any()
        else None
    )
    return Wins(int(won.sum()), int(lost.sum()), int((~decided).sum()), share)


def _rankings(name: str, values: ArrayLike) -> NDArray[np.int64]:
    table = np.asarray(values)
    if table.ndim != 2 or not table.shape[1] or table.dtype.kind not in "iu":
        raise InvalidRequest(
            f"{name} of shape {table.shape}, type {table.dtype}",
            expected="whole numbers [requests, 1 or more]",
        )
    ordered = np.sort(table, axis=1)
    repeats = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != EMPTY)
    gaps = (table[:, :-1] == EMPTY) & (table[:, 1:] != EMPTY)
    for wrong, what in (
        (ordered < EMPTY, f"a product code below {EMPTY}"),
        (repeats, "a product is ranked twice"),
        (gaps, "an empty place before a product"),
    ):
        if wrong.any():
            raise InvalidRecord(what, where=f"{name}, request {int(wrong.any(axis=1).argmax())}")
    return table.astype(np.int64)
