from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.measure import preference, team_credit, team_draft, team_drafts
from shopkeeper.measure.interleaving import EMPTY, LEFT, NOBODY, RIGHT
from shopkeeper.records import InvalidRecord, InvalidRequest

rankings = st.lists(st.permutations(range(7)).map(tuple), min_size=1, max_size=5).flatmap(
    lambda rows: st.tuples(
        st.just(rows), st.lists(st.integers(0, 7), min_size=len(rows), max_size=len(rows))
    )
)


def test_golden_team_draft() -> None:
    # the coin says left: a; right is behind: b; equal, the coin says right: d; left is behind: c
    coins = [True, True, False, True]
    page = [("a", LEFT), ("b", RIGHT), ("d", RIGHT), ("c", LEFT)]
    assert team_draft(["a", "b", "c"], ["b", "d", "a"], coins) == page


def test_where_one_ranking_ends_the_other_fills_the_page() -> None:
    page = team_draft([1], [1, 2, 3], [False] * 5)
    assert page == [(1, RIGHT), (2, RIGHT), (3, RIGHT)]
    assert team_draft([1, 2], [], [False]) == [(1, LEFT)]
    assert team_draft([], [], [True]) == []


@given(rankings, rankings, st.integers(1, 11), st.integers(0, 2**31))
def test_pages_of_many_requests_equal_one_at_a_time(left, right, k, seed) -> None:
    requests = min(len(left[0]), len(right[0]))
    tables = []
    for rows, lengths in (left, right):
        table = np.array(rows[:requests])
        table[np.arange(7) >= np.array(lengths[:requests])[:, None]] = EMPTY
        tables.append(table)
    coins = np.random.default_rng(seed).random((requests, k)) < 0.5
    pages = team_drafts(*tables, coins)
    for request in range(requests):
        one, other = ([i for i in table[request].tolist() if i != EMPTY] for table in tables)
        slow = team_draft(one, other, coins[request].tolist())
        slow += [(EMPTY, NOBODY)] * (k - len(slow))
        fast = zip(pages.items[request].tolist(), pages.teams[request].tolist(), strict=True)
        assert list(fast) == slow


@given(st.permutations(range(11)), st.permutations(range(11)), st.integers(0, 2**31))
def test_teams_stay_even_and_pick_in_their_own_order(left, right, seed) -> None:
    coins = np.random.default_rng(seed).random(11) < 0.5
    page = team_draft(left, right, coins.tolist())
    assert sorted(item for item, _ in page) == list(range(11))
    leads = np.cumsum([team for _, team in page])
    assert np.abs(leads).max() == 1
    for team, ranking in ((LEFT, left), (RIGHT, right)):
        places = [ranking.index(item) for item, of in page if of == team]
        assert places == sorted(places)


def test_over_all_coins_each_team_has_each_place_as_often() -> None:
    left, right = [0, 1, 2, 3, 4], [4, 2, 0, 1, 3]
    leads = sum(
        np.array([team for _, team in team_draft(left, right, coins)])
        for coins in itertools.product([True, False], repeat=5)
    )
    assert leads.tolist() == [0, 0, 0, 0, 0]


def test_golden_credit_and_preference() -> None:
    teams = [[LEFT, RIGHT, LEFT], [RIGHT, LEFT, NOBODY]]
    left, right = team_credit(teams, [[1, 0, 2], [1, 1, 0]])
    assert (left.tolist(), right.tolist()) == ([3, 1], [0, 1])
    # leads 2 −1 | 0 0 | −3: by request one to two, by shopper +1, 0, −3 one to one
    result = preference([2, 0, 1, 0, 0], [0, 1, 1, 0, 3], shopper=["a", "a", "b", "b", "c"])
    requests, shoppers = result.requests, result.shoppers
    assert (requests.left, requests.right, requests.ties) == (1, 2, 2)
    assert (shoppers.left, shoppers.right, shoppers.ties) == (1, 1, 1)
    assert requests.share is not None
    assert shoppers.share is not None
    assert (requests.share.mean, shoppers.share.mean) == (pytest.approx(1 / 3), 0.5)
    # mean −2/5; residual sums 1 + 2·0.4, 0.8, −3 + 0.4 → 1.8 0.8 −2.6, √(3/2 · 10.64)/5 = 0.798999
    assert result.lead.mean == pytest.approx(-0.4)
    assert result.lead.high == pytest.approx(-0.4 + 4.302653 * 0.798999, rel=1e-5)
    assert result.lead.n == 3


def test_a_tie_everywhere_decides_nothing() -> None:
    result = preference([1, 0, 2], [1, 0, 2])
    assert (result.requests.ties, result.requests.share) == (3, None)
    assert (result.lead.mean, result.lead.p) == (0, 1)


def _experiment(rng: np.random.Generator, better: float) -> tuple[np.ndarray, np.ndarray]:
    """Credits of 401 requests: shoppers see down to a random place and click what is relevant."""
    relevance = rng.random((401, 13))
    noisy = [relevance * weight + rng.random((401, 13)) for weight in (better, 0.5)]
    left, right = (np.argsort(-scores, axis=1) for scores in noisy)
    pages = team_drafts(left, right, rng.random((401, 7)) < 0.5)
    is_seen = np.arange(7) < rng.integers(1, 8, size=401)[:, None]
    wanted = rng.random((401, 7)) < 0.5 * np.take_along_axis(relevance, pages.items, axis=1)
    return team_credit(pages.teams, is_seen & wanted)


def test_the_better_ranking_wins_and_equal_ones_do_not() -> None:
    rng = np.random.default_rng(29)
    told = preference(*_experiment(rng, better=3.0))
    assert told.lead.low > 0
    assert told.requests.share is not None
    assert told.requests.share.low > 0.5
    covered = []
    for _ in range(300):  # equal systems, other rankings: the binomial error of 0.95 is 0.013
        lead = preference(*_experiment(rng, better=0.5)).lead
        covered.append(lead.low <= 0 <= lead.high)
    assert 0.91 < np.mean(covered) < 0.985


def test_what_cannot_be_interleaved_is_told() -> None:
    coins = np.ones((2, 3), dtype=bool)
    with pytest.raises(InvalidRecord, match="a product is ranked twice"):
        team_draft(["a", "a"], ["b"], [True])
    with pytest.raises(InvalidRecord, match="right, request 1: a product is ranked twice"):
        team_drafts([[0, 1], [0, 1]], [[0, 1], [1, 1]], coins)
    with pytest.raises(InvalidRecord, match="left, request 0: an empty place before a product"):
        team_drafts([[EMPTY, 1], [0, 1]], [[0, 1], [0, 1]], coins)
    with pytest.raises(InvalidRecord, match="left, request 1: a product code below -1"):
        team_drafts([[0, 1], [0, -2]], [[0, 1], [0, 1]], coins)
    with pytest.raises(InvalidRequest, match=r"expected \[requests, …\] three times"):
        team_drafts([[0, 1]], [[0, 1], [0, 1]], coins)
    with pytest.raises(InvalidRequest, match="whole numbers"):
        team_drafts([[0.5, 1]], [[0, 1]], coins[:1])
    with pytest.raises(InvalidRecord, match="a click on an empty place"):
        team_credit([[LEFT, NOBODY]], [[0, 1]])
    with pytest.raises(InvalidRequest, match="twice"):
        team_credit([[LEFT, RIGHT]], [[0, 1, 0]])
