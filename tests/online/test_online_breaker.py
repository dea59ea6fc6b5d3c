from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.online import Breaker, BreakerConfig
from shopkeeper.records import InvalidRequest

CONFIG = BreakerConfig(window=5, failure_rate=0.6, minimum_calls=3, cooldown_s=7)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock) -> Breaker:
    return Breaker(CONFIG, clock)


def call(breaker: Breaker, ok: bool | None) -> bool:
    """Whether the call went at all."""
    permit = breaker.enter()
    if permit is not None:
        breaker.leave(permit, ok)
    return permit is not None


def test_opens_when_the_rate_is_reached_and_not_before_enough_calls(breaker):
    call(breaker, False)
    call(breaker, False)
    assert breaker.state == "closed"  # 2 of 2 failed, but 3 calls are needed
    call(breaker, True)
    assert breaker.state == "open"  # 2 of 3 ≥ 0.6


def test_old_calls_leave_the_window(breaker):
    for ok in (True, True, True, False, False):
        call(breaker, ok)
    assert breaker.state == "closed"  # 2 of 5 < 0.6
    call(breaker, False)
    assert breaker.state == "open"  # True True False False False: 3 of 5


def opened(breaker: Breaker) -> None:
    for _ in range(3):
        assert call(breaker, False)
    assert breaker.state == "open"


def test_open_lets_nothing_through_until_it_has_cooled_then_one_probe(breaker, clock):
    opened(breaker)
    clock.now = 6.99
    assert breaker.enter() is None
    clock.now = 7.0
    assert breaker.state == "half-open"
    probe = breaker.enter()
    assert probe is not None
    assert breaker.enter() is None  # one probe at a time
    breaker.leave(probe, True)
    assert breaker.state == "closed"
    call(breaker, False)
    assert breaker.state == "closed"  # it starts afresh: the old failures are forgotten


def test_a_failed_probe_opens_again_for_a_whole_cooldown(breaker, clock):
    opened(breaker)
    clock.now = 7.0
    assert call(breaker, False)
    clock.now = 13.99
    assert breaker.enter() is None
    clock.now = 14.0
    assert call(breaker, True)
    assert breaker.state == "closed"


def test_a_probe_that_says_nothing_makes_room_for_the_next(breaker, clock):
    opened(breaker)
    clock.now = 7.0
    assert call(breaker, None)
    assert breaker.state == "half-open"
    assert call(breaker, True)
    assert breaker.state == "closed"


def test_an_outcome_from_before_the_change_says_nothing(breaker, clock):
    early = breaker.enter()
    opened(breaker)
    breaker.leave(early, True)
    assert breaker.state == "open"
    clock.now = 7.0
    probe = breaker.enter()
    breaker.leave(early, True)
    assert breaker.enter() is None  # the probe is still out
    breaker.leave(probe, True)
    assert breaker.state == "closed"


class Twin:
    """The same rules over the whole history, kept and recounted each time."""

    def __init__(self) -> None:
        self.history: list[bool] = []
        self.opened_at: float | None = None
        self.era = 0
        self.probe: object | None = None

    def enter(self, now: float) -> tuple[int, object] | None:
        if self.opened_at is None:
            return self.era, object()
        if self.probe is not None or now - self.opened_at < CONFIG.cooldown_s:
            return None
        self.probe = object()
        return self.era, self.probe

    def leave(self, permit: tuple[int, object], ok: bool | None, now: float) -> None:
        era, token = permit
        if era != self.era or (self.opened_at is not None and token is not self.probe):
            return
        self.probe = None
        if ok is None:
            return
        if self.opened_at is not None:
            self.opened_at = None if ok else now
            self.history, self.era = [], self.era + 1
            return
        self.history.append(ok)
        recent = self.history[-CONFIG.window :]
        if len(recent) >= CONFIG.minimum_calls and (
            recent.count(False) / len(recent) >= CONFIG.failure_rate
        ):
            self.opened_at, self.history, self.era = now, [], self.era + 1


OUTCOMES = st.sampled_from([True, False, False, None])


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("pass"), st.sampled_from([0.5, 3.0, 7.0])),
            st.tuples(st.just("enter"), st.none()),
            st.tuples(
                st.just("leave"),
                st.tuples(st.integers(0, 3), st.sampled_from([True, False, False, None])),
            ),
        ),
        max_size=60,
    )
)
def test_agrees_with_its_slow_twin_on_any_course_of_events(events):
    clock = Clock()
    breaker, twin = Breaker(CONFIG, clock), Twin()
    out: list[tuple[int, tuple[int, object]]] = []
    for kind, detail in events:
        if kind == "pass":
            clock.now += detail
        elif kind == "enter":
            permit, expected = breaker.enter(), twin.enter(clock.now)
            assert (permit is None) == (expected is None)
            if permit is not None and expected is not None:
                out.append((permit, expected))
        elif out:
            place, ok = detail
            permit, expected = out.pop(place % len(out))
            breaker.leave(permit, ok)
            twin.leave(expected, ok, clock.now)
        assert (breaker.state == "closed") == (twin.opened_at is None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"window": 0},
        {"failure_rate": 0.0},
        {"failure_rate": 1.1},
        {"failure_rate": float("nan")},
        {"minimum_calls": 0},
        {"window": 5, "minimum_calls": 6},
        {"cooldown_s": -1.0},
        {"cooldown_s": float("nan")},
    ],
)
def test_refuses_impossible_settings(wrong):
    with pytest.raises(InvalidRequest):
        BreakerConfig(**wrong)
