"""Systems put before simulated shoppers: pages, mixtures, splits and drafts."""

from __future__ import annotations

import numpy as np
import pytest

from shopkeeper.experiment.policies import (
    FixedPolicy,
    InterleavedPolicy,
    MixedPolicy,
    SplitPolicy,
    fixed_policy,
    treated,
)
from shopkeeper.experiment.systems import NAMES, ladder
from shopkeeper.measure import team_draft
from shopkeeper.records import InvalidRequest
from shopkeeper.world import Asks, Market
from shopkeeper.world.choice import NONE

COUNT = 211


@pytest.fixture(scope="module")
def systems(market: Market) -> dict[str, FixedPolicy]:
    pages = ladder(market)
    return {name: fixed_policy(market, pages[name]) for name in ("engine", "oracle, shuffled")}


def asks(market: Market, time_ms: int = 0) -> Asks:
    who = np.arange(COUNT) % 97
    query = (np.arange(COUNT) * 7 % len(market.book)).astype(np.int32)
    return Asks(who, np.arange(COUNT), np.full(COUNT, time_ms), query)


def test_a_fixed_policy_shows_its_rows_with_their_grades(market: Market) -> None:
    rows = np.full((len(market.book), 3), NONE, dtype=np.int32)
    rows[:, 0] = np.arange(len(market.book)) % len(market.shelves)
    policy = fixed_policy(market, rows)
    shown = policy.show(asks(market), market.shoppers(0, 97), np.random.default_rng(0))
    assert shown.rows.shape == (COUNT, 10)
    assert (shown.rows[:, 1:] == NONE).all()
    assert (shown.propensity == (shown.rows != NONE)).all()
    for at in range(0, COUNT, 13):
        intent = market.book.queries[asks(market).query[at]].asked.intent
        assert shown.told[at, 0] == market.truth.judge(intent, shown.rows[at, :1]).grades[0]
        assert (shown.told[at, 1:] == 0).all()


def test_pages_for_another_book_are_refused(market: Market) -> None:
    with pytest.raises(InvalidRequest, match=f"one for each of {len(market.book)} queries"):
        fixed_policy(market, np.zeros((3, 10), dtype=np.int32))


def test_a_mixture_shows_each_in_its_share(market: Market, systems: dict[str, FixedPolicy]) -> None:
    first, second = systems.values()
    people, wanted = market.shoppers(0, 97), asks(market)
    shares = []
    for seed in range(40):
        shown = MixedPolicy(first, second, 0.3).show(wanted, people, np.random.default_rng(seed))
        is_first = (shown.rows == first.rows[wanted.query]).all(axis=1)
        is_second = (shown.rows == second.rows[wanted.query]).all(axis=1)
        assert (is_first | is_second).all()
        shares.append((is_second & ~is_first).sum() / (is_first ^ is_second).sum())
    assert np.mean(shares) == pytest.approx(0.3, abs=0.03)


def test_a_split_begins_on_its_day_and_follows_the_shopper(
    market: Market, systems: dict[str, FixedPolicy]
) -> None:
    control, treatment = systems.values()
    people = market.shoppers(0, 97)
    policy = SplitPolicy(control, treatment, begin_ms=1_000, salt=5)
    rng = np.random.default_rng(0)
    before, after = (policy.show(asks(market, ms), people, rng) for ms in (999, 1_000))
    assert (before.rows == control.rows[asks(market).query]).all()
    is_treated = treated(people, 5)[asks(market).who]
    assert 0 < is_treated.sum() < COUNT
    query = asks(market).query
    assert (after.rows[is_treated] == treatment.rows[query[is_treated]]).all()
    assert (after.rows[~is_treated] == control.rows[query[~is_treated]]).all()


def test_arms_are_even_and_another_salt_is_another_split(market: Market) -> None:
    people = market.shoppers(3)
    one, other = treated(people, 1), treated(people, 2)
    assert one.mean() == pytest.approx(0.5, abs=0.04)
    assert (one == other).mean() == pytest.approx(0.5, abs=0.04)
    few = market.shoppers(3, 100)
    assert (treated(few, 1) == one[:100]).all()


def test_a_drafted_page_is_the_scalar_draft(
    market: Market, systems: dict[str, FixedPolicy]
) -> None:
    left, right = systems.values()
    wanted = asks(market)
    shown = InterleavedPolicy(left, right).show(
        wanted, market.shoppers(0, 97), np.random.default_rng(3)
    )
    coins = np.random.default_rng(3).random((COUNT, 10)) < 0.5
    compared = 0
    for at in range(COUNT):
        of_left, of_right = (
            [int(row) for row in of.rows[wanted.query[at]] if row != NONE] for of in (left, right)
        )
        page = team_draft(of_left, of_right, coins[at].tolist())
        assert [(int(r), int(t)) for r, t in zip(shown.rows[at], shown.marks[at], strict=True)][
            : len(page)
        ] == [(item, team) for item, team in page]
        compared += len(page)
    assert compared > COUNT


def test_the_ladder_has_every_name_and_the_oracle_on_top(market: Market) -> None:
    pages = ladder(market)
    assert tuple(pages) == NAMES
    on_top = {
        name: (fixed_policy(market, rows).told[:, 0] >= 3).mean() for name, rows in pages.items()
    }
    assert on_top["random"] < on_top["engine"] < on_top["oracle, shuffled"]
    for name, rows in pages.items():
        for page in rows[::29]:
            kept = page[page != NONE]
            assert len(set(kept.tolist())) == len(kept), name
