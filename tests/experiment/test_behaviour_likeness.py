from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.data.behaviour_sets import Display, Purchase, Search, Session
from shopkeeper.experiment.behaviour_likeness import (
    Behaviour,
    as_published,
    behaviour_halves,
    behaviour_profile,
)
from shopkeeper.experiment.log_behaviour import behaviour_of_log
from shopkeeper.experiment.repurchase import histories, repeat_shares, same_shares, thinned
from shopkeeper.records import (
    CART,
    CLICK,
    PURCHASE,
    Event,
    InvalidRequest,
    LoggedCandidate,
    ServeLogRow,
)

DAY = 86_400_000


def search(shopper_id: str, text: str, at: int, *clicked: str) -> Search:
    return Search(shopper_id, text, at, clicked, 1_500 if clicked else None)


def buy(shopper_id: str, day: int, *products: str) -> list[Purchase]:
    """An order; a product's category is its first letter, that of "?" unknown."""
    return [
        Purchase(shopper_id, f"{shopper_id}-{day}", day * DAY, p, None if p == "?" else p[0])
        for p in products
    ]


def test_searches_with_a_click_are_counted() -> None:
    profile = behaviour_profile(
        Behaviour(
            searches=(
                search("a", "Tent", 1, "p", "q"),
                search("a", "tent ", 3, "p"),  # the same again
                search("a", "stove", 2, "p"),
                search("b", "tent", 4, "r"),
                search("b", "chair", 5),  # without a click: as if it had not been
            )
        )
    )
    np.testing.assert_array_equal(profile.clicks_per_search, [2, 1, 1, 1])
    np.testing.assert_array_equal(profile.seconds_to_click, [1.5] * 4)
    np.testing.assert_array_equal(sorted(profile.searches_per_shopper), [1, 3])
    np.testing.assert_array_equal(profile.repeated_query, [0, 1])  # stove, then tent again
    assert (profile.clicked_zipf.tokens, profile.clicked_zipf.types) == (5, 3)
    assert profile.session_length is None


def test_sessions_of_one_look_are_left_out() -> None:
    sessions = (Session("1", ("a", "b", "a", "a")), Session("2", ("c",)), Session("3", ("b", "c")))
    profile = behaviour_profile(Behaviour(sessions=sessions))
    np.testing.assert_array_equal(profile.session_length, [4, 2])
    np.testing.assert_array_equal(profile.session_revisits, [0.5, 0])
    assert (profile.session_zipf.tokens, profile.session_zipf.types) == (6, 3)


def test_sessions_are_cut_as_the_public_ones_were() -> None:
    sessions = [
        Session("1", ("a", "b", "rare")),
        Session("2", ("a", "rare")),  # one look is left of it
        Session("3", ("b", "a")),
        Session("4", ("rare",)),  # too short from the start, and not counted
    ]
    cut = as_published(sessions, fewest=2, shortest=2)
    assert cut == (Session("1", ("a", "b", "rare")), Session("2", ("a", "rare")), sessions[2])
    cut = as_published(sessions, fewest=3, shortest=2)
    assert cut == ()  # a stands three times, b and rare twice


def test_clicks_by_position_look_at_the_first_positions_only() -> None:
    displays = [(0, True), (0, False), (1, False), (2, True), (2, True), (3, True)]
    behaviour = Behaviour(
        displays=tuple(Display(str(i), "p", at, hit, 0.5) for i, (at, hit) in enumerate(displays))
    )
    profile = behaviour_profile(behaviour, positions=3)
    assert profile.click_positions.counts == {"0": 1, "1": 0, "2": 2}
    np.testing.assert_array_equal(profile.click_rate, [1, 0, 0, 1, 1])
    assert behaviour_profile(behaviour, positions=2).click_positions.counts == {"0": 1, "1": 0}


def test_golden_repurchases() -> None:
    lines = [
        *buy("a", 10, "x1", "?"),
        *buy("a", 1, "x1", "x2", "x1"),
        *buy("a", 14, "x2", "y1"),
        *buy("b", 3, "x1", "x1"),  # one order: says nothing of repeats
    ]
    profile = behaviour_profile(Behaviour(purchases=tuple(lines)))
    # by product: day 10 repeats x1, day 14 repeats x2; by category (? unknown): x1, then x2
    np.testing.assert_allclose(profile.repeat_product, [2 / 7])
    np.testing.assert_allclose(profile.repeat_category, [2 / 6])
    np.testing.assert_array_equal(sorted(profile.product_gap_days), [9, 13])
    np.testing.assert_array_equal(profile.category_gap_days, [9, 4])
    # 3·2 + 3·2 + 2·2 = 16 pairs across orders; x1: 2·1, x2: 1·1
    np.testing.assert_allclose(profile.same_product, [3 / 16])
    # 3·1 + 3·2 + 1·2 = 11 pairs; x: 3·1 + 3·1 + 1·1
    np.testing.assert_allclose(profile.same_category, [7 / 11])


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("pqr")), min_size=1, max_size=13))
def test_same_shares_equal_counting_every_pair(bought: list[tuple[int, str]]) -> None:
    lines = [line for day, product in bought for line in buy("a", day, product)]
    pairs = [(a, b) for a, b in combinations(lines, 2) if a.order_id != b.order_id]
    expected = [np.mean([a.product_id == b.product_id for a, b in pairs])] if pairs else []
    found = list(same_shares(histories((line, line.product_id) for line in lines)))
    assert found == pytest.approx(expected)


def test_losing_lines_lowers_repeats_but_not_the_same_share() -> None:
    rng = np.random.default_rng(5)
    lines = [
        line
        for shopper in range(149)
        for day in range(40)
        for line in buy(str(shopper), day, f"p{rng.zipf(1.3) % 53}")
    ]
    left = thinned(lines, keep=0.2, seed=1)
    assert len(left) == pytest.approx(0.2 * len(lines), rel=0.1)
    assert left == thinned(lines, keep=0.2, seed=1) != thinned(lines, keep=0.2, seed=2)
    whole, less = (histories((line, line.product_id) for line in some) for some in (lines, left))
    repeats = [np.mean(list(repeat_shares(some))) for some in (whole, less)]
    same = [np.mean(list(same_shares(some))) for some in (whole, less)]
    assert repeats[1] < 0.8 * repeats[0]
    assert same[1] == pytest.approx(same[0], rel=0.1)
    with pytest.raises(InvalidRequest, match="keep 0"):
        thinned(lines, keep=0, seed=1)


def test_halves_share_no_shopper() -> None:
    names = [f"shopper {i}" for i in range(41)]
    behaviour = Behaviour(
        searches=tuple(search(name, "tent", i, "p", "q") for i, name in enumerate(names * 2)),
        sessions=tuple(Session(name, ("p", "q")) for name in names),
        purchases=tuple(line for name in names for day in (1, 2) for line in buy(name, day, "p")),
    )
    first, second = behaviour.halves()
    assert {s.shopper_id for s in first.searches} == {p.shopper_id for p in first.purchases}
    assert {s.id for s in first.sessions} == {s.shopper_id for s in first.searches}
    assert not {s.shopper_id for s in first.searches} & {s.shopper_id for s in second.searches}
    assert len(first.searches) + len(second.searches) == 82
    halves = behaviour_halves(behaviour)
    assert len(halves.tune.repeat_product) == len(first.sessions)
    assert halves.report.click_positions is None


def test_a_serve_log_and_its_events_become_behaviour() -> None:
    def row(query_id: str, shopper_id: str | None, text: str, *shown: str) -> ServeLogRow:
        candidates = [LoggedCandidate(id_, id_, True, i, 0.5) for i, id_ in enumerate(shown)]
        unseen = LoggedCandidate("deep", "deep", False, None, 0.01)
        return ServeLogRow(
            query_id,
            "shop",
            1_000,
            text,
            "en",
            "US",
            (),
            shopper_id,
            "s1",
            9,
            "g",
            (*candidates, unseen),
        )

    def event(action: str, ms: int, product_id: str, query_id: str | None = None) -> Event:
        return Event(action, ms, "ann", "s1", query_id, product_id)

    rows = [
        row("q1", "ann", "tent", "p", "q", "r"),
        row("q2", None, "tent", "p"),
        row("q3", "ann", " "),
    ]
    events = [
        event(CLICK, 4_000, "r", "q1"),
        event(CLICK, 3_000, "p", "q1"),
        event(CLICK, 5_000, "z"),  # reached another way
        event(CART, 6_000, "r", "q1"),
        event(PURCHASE, 7_000, "r", "q1"),
        Event(PURCHASE, 8_000, "bob", None, None, "z"),
        Event(CLICK, 9_000, "bob", "s2", None, None),  # on no product
    ]
    behaviour = behaviour_of_log(rows, events, {"r": "tents"})
    assert behaviour == Behaviour(
        searches=(Search("ann", "tent", 1_000, ("p", "r"), 2_000),),
        sessions=(Session("s1", ("p", "r", "z")),),
        displays=(
            Display("q1:0", "p", 0, True, 0.5),
            Display("q1:1", "q", 1, False, 0.5),
            Display("q1:2", "r", 2, True, 0.5),
            Display("q2:0", "p", 0, False, 0.5),
        ),
        purchases=(
            Purchase("ann", "s1", 7_000, "r", "tents"),
            Purchase("bob", "8000", 8_000, "z", None),
        ),
    )
