"""Did it help? Two systems before the same simulated shoppers, and the true effect beside it.

What is observed (A/B, interleaving, off-policy) uses what a shop can see. The true effect uses what
only a world can give: everybody shops twice, once with each system, with the same chances.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.experiment.outcomes import OBSERVED, Outcomes, Totals, Trial, observe
from shopkeeper.experiment.policies import FixedPolicy, InterleavedPolicy, SplitPolicy
from shopkeeper.measure import (
    Comparison,
    Interval,
    PolicyValue,
    Preference,
    ShownRows,
    clustered_mean,
    compare,
    direct_method,
    doubly_robust,
    ips,
    linearised_ratio,
    preference,
    snips,
    team_credit,
)
from shopkeeper.work import LocalEngine
from shopkeeper.world import Behaviour, LoggedPolicy, Market, Policy, Requests
from shopkeeper.world.arrays import lay
from shopkeeper.world.behaviour import DAY_MS
from shopkeeper.world.choice import NONE
from shopkeeper.world.shoppers import shopper_blocks
from shopkeeper.world.work import Tell, be_quiet, in_parts

PAST = ("searches", "clicks", "carts", "purchases")
"""What CUPED knows of a shopper from before the experiment."""


@dataclass(frozen=True, slots=True)
class Versus:
    """Two systems, and when the experiment begins; the days before it are the past."""

    market: Market
    control: Policy
    treatment: Policy
    begin_day: int
    salt: int = 0

    @property
    def begin_ms(self) -> int:
        return self.begin_day * DAY_MS

    @property
    def split(self) -> Trial:
        policy = SplitPolicy(self.control, self.treatment, self.begin_ms, self.salt)
        return Trial(self.market, policy, self.begin_ms, self.salt)


def ab(outcomes: Outcomes) -> Mapping[str, Comparison]:
    """By metric, the arms of a split population compared, adjusted for the past by CUPED."""
    known = past(outcomes.before)
    return {
        name: compare(getattr(outcomes.during, name), outcomes.is_treated, covariates=known)
        for name in OBSERVED
    }


def past(before: Totals) -> NDArray[np.float64]:
    """[n, PAST] CUPED's covariates."""
    return np.stack([getattr(before, name) for name in PAST], axis=1)


def true_effect(
    versus: Versus, shoppers: int, *, processes: int = 1, tell: Tell = be_quiet
) -> Mapping[str, Interval]:
    """By metric, the relative lift when everybody is treated against when nobody is.

    The interval is that of the simulation: over shoppers, each paired with herself.
    """
    with_control, with_treatment = (
        observe(
            Trial(versus.market, policy, versus.begin_ms, versus.salt),
            shoppers,
            processes=processes,
            tell=tell,
        ).during
        for policy in (versus.control, versus.treatment)
    )
    return lifts(with_control, with_treatment)


def lifts(control: Totals, treatment: Totals) -> Mapping[str, Interval]:
    """By metric, treatment / control − 1 over the same shoppers."""
    paired = {}
    for name in (*OBSERVED, "expected_clicks", "expected_purchases"):
        before, after = getattr(control, name), getattr(treatment, name)
        paired[name] = clustered_mean(linearised_ratio(after - before, before))
    return paired


def interleave(
    market: Market,
    left: FixedPolicy,
    right: FixedPolicy,
    shoppers: int,
    *,
    processes: int = 1,
    tell: Tell = be_quiet,
) -> Mapping[str, Preference]:
    """Team-draft interleaving: whose products were clicked, and whose were bought."""
    trial = Trial(market, InterleavedPolicy(left, right), begin_ms=0)
    parts = shopper_blocks(shoppers)
    drafts = list(
        in_parts(_draft, parts, trial, engine=LocalEngine(processes), stage="shoppers", tell=tell)
    )
    return {name: preferred([draft[name] for draft in drafts]) for name in CREDITED}


CREDITED = ("clicks", "purchases")
"""What interleaving credits to the team whose product it was."""


@dataclass(frozen=True, slots=True)
class Credit:
    """Of r drafted pages; arrays are [r]."""

    left: NDArray[np.float64]
    right: NDArray[np.float64]
    who: NDArray[np.int64]
    """Number of the shopper."""


def credit(behaviour: Behaviour, name: str, begin_ms: int = 0, end_ms: float = math.inf) -> Credit:
    """Credit, by one of `CREDITED`, on the pages drafted in begin ≤ time < end."""
    asks, acts = behaviour.searches.asks, behaviour.searches.acts
    inside = (asks.time_ms >= begin_ms) & (asks.time_ms < end_ms)
    worth = acts.clicked if name == "clicks" else acts.bought | acts.later
    left, right = team_credit(behaviour.searches.shown.marks[inside], worth[inside])
    return Credit(left, right, behaviour.shoppers.first + asks.who[inside])


def preferred(credits: Sequence[Credit]) -> Preference:
    """What the shoppers of these blocks preferred."""
    whole = lay(credits)
    return preference(whole.left, whole.right, shopper=whole.who)


def _draft(trial: Trial, part: tuple[int, int]) -> Mapping[str, Credit]:
    behaviour = trial.run(part)
    return {name: credit(behaviour, name) for name in CREDITED}


@dataclass(frozen=True, slots=True)
class OffPolicy:
    """A target system's clicks per search, judged from the logged policy's log."""

    estimates: Mapping[str, PolicyValue]
    """By method: IPS, SNIPS, DR, and the direct method alone."""
    truth: float
    """What the same searches would give with the target, on average."""
    logged: float
    """Clicks per search of the logged policy."""
    support: float
    """Share of the target's places that the logged policy could have filled so; below 1, no
    estimate from this log is without bias."""


def off_policy(market: Market, target: FixedPolicy, blocks: Iterable[tuple[int, int]]) -> OffPolicy:
    """Estimate the target from a log, as a shop would: from pages, clicks and propensities.

    Args:
        blocks: (block, its shoppers) that make the log.
    """
    logged = market.shopping.policy
    assert isinstance(logged, LoggedPolicy), "the market's own policy writes its log"
    searches, who, truth = [], [], []
    looks = np.array(market.config.behaviour.examined)
    for block, count in blocks:
        people = market.shoppers(block, count)
        made = market.shopping.run(people).searches
        searches.append(made)
        who.append(people.first + made.asks.who)
        rows = target.rows[made.asks.query]
        told, true = target.told[made.asks.query], target.true[made.asks.query]
        odds = market.response.odds(people, made.asks.who, rows, told, true)
        truth.append((looks * odds.click).sum(axis=1))
    log = lay(searches)
    request, position = np.nonzero(log.shown.rows != NONE)
    shown = log.shown.rows[request, position]
    evidence = ShownRows(
        request=request,
        reward=log.acts.clicked[request, position].astype(np.float64),
        logged_propensity=log.shown.propensity[request, position],
        target_propensity=(target.rows[log.asks.query[request], position] == shown).astype(float),
        requests=len(log.asks),
    )
    predicted, expected = _predict(log, target, request, position)
    cluster = np.concatenate(who)
    return OffPolicy(
        estimates={
            "IPS": ips(evidence, cluster=cluster),
            "SNIPS": snips(evidence, cluster=cluster),
            "DR": doubly_robust(evidence, predicted, expected, cluster=cluster),
            "direct": direct_method(expected, cluster=cluster),
        },
        truth=float(np.concatenate(truth).mean()),
        logged=float(log.acts.clicked.sum(axis=1).mean()),
        support=_support(market, target, log.asks.query),
    )


def _support(market: Market, target: FixedPolicy, query: NDArray[np.int32]) -> float:
    windows, pages = market.book.windows.rows, target.rows
    is_possible = (pages[:, :, None] == windows[:, None, :]).any(axis=2)
    is_filled = pages != NONE
    return float((is_possible & is_filled)[query].sum() / is_filled[query].sum())


def _predict(
    log: Requests, target: FixedPolicy, request: NDArray[np.int64], position: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A plain reward model: click rate of the position times the product's own pull.

    Fitted on the other half of the shoppers, so that no row predicts itself.

    Returns:
        [rows shown] their predicted clicks; [requests] those of the target's whole page.
    """
    half = log.asks.who % 2
    shown, clicked = log.shown.rows, log.acts.clicked
    predicted = np.empty(len(request))
    expected = np.empty(len(log.asks))
    pages = target.rows[log.asks.query]
    products = int(max(shown.max(), pages.max())) + 1
    for fold in (0, 1):
        there = (shown != NONE) & (half != fold)[:, None]
        by_position = (clicked & there).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
        usual = np.broadcast_to(by_position, shown.shape)[there]
        clicks = np.bincount(shown[there], weights=clicked[there], minlength=products)
        foreseen = np.bincount(shown[there], weights=usual, minlength=products)
        pull = (clicks + 1.0) / (foreseen + 1.0)
        rows = half[request] == fold
        predicted[rows] = by_position[position[rows]] * pull[shown[request[rows], position[rows]]]
        mine = half == fold
        page = np.where(pages[mine] == NONE, 0.0, by_position * pull[pages[mine]])
        expected[mine] = page.sum(axis=1)
    return predicted, expected
