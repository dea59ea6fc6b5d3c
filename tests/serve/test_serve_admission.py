"""Who is let in when more come than can be answered? By hand, and by a crowd on its own clock."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush

import pytest

from shopkeeper.records import Deadline
from shopkeeper.serve.admission import LATEST, Admission, Overloaded, Why

THREADS, WAITING = 3, 17


@dataclass
class Counted:
    now: int = 0
    refusals: Counter[Why] = field(default_factory=Counter)

    def inside(self, requests: int) -> None:
        self.now = requests

    def refused(self, why: Why) -> None:
        self.refusals[why] += 1


@dataclass
class Door:
    """An admission, what it tells, and the time, which stands still."""

    at: float = 1_000.0
    told: Counted = field(default_factory=Counted)
    waiting: int = WAITING

    def __post_init__(self) -> None:
        self.admission = Admission(THREADS, self.waiting, self.told)

    def left(self, milliseconds: float) -> Deadline:
        return Deadline.after(milliseconds, lambda: self.at)

    def answer(self, took_ms: float) -> None:
        """Somebody who holds a place works for so long."""
        with self.admission.turn(self.left(60_000)):
            self.at += took_ms / 1000


@pytest.fixture
def door() -> Door:
    return Door()


Stay = Callable[[AbstractContextManager[None]], None]


@pytest.fixture
def stay() -> Iterator[Stay]:
    """Holds a place until the end of the test."""
    with ExitStack() as stack:
        yield stack.enter_context


def test_one_more_than_there_is_room_for_is_refused(door: Door, stay: Stay) -> None:
    for _ in range(THREADS + WAITING):
        stay(door.admission.place())
    with pytest.raises(Overloaded, match="20 requests are under way"):
        stay(door.admission.place())
    assert (door.told.now, door.told.refusals) == (20, {"full": 1})


def test_a_place_is_given_back_whatever_happens(door: Door) -> None:
    def fail() -> None:
        with door.admission.place():
            assert door.told.now == 1
            raise ZeroDivisionError

    for _ in range(3 * (THREADS + WAITING)):
        with pytest.raises(ZeroDivisionError):
            fail()
    assert door.told.now == 0


def test_who_cannot_be_answered_in_time_is_refused_by_hand(door: Door, stay: Stay) -> None:
    """Answers take 90 ms; with 3 at work and 4 in line 5 must end before one's turn comes."""
    for _ in range(THREADS + 4):
        stay(door.admission.place())
    door.answer(90)
    expected = (5 / 3 + 1) * 90  # 240 ms
    with pytest.raises(Overloaded, match="240 ms"), door.admission.place(door.left(expected - 1)):
        pass
    with door.admission.place(door.left(expected + 1)):
        assert door.told.now == THREADS + 5
    with door.admission.place():  # of a product, say, which has no deadline
        assert door.told.now == THREADS + 5
    assert door.told.refusals == {"late": 1}


def test_nine_in_ten_answers_of_a_crowd_say_how_long_one_takes(door: Door, stay: Stay) -> None:
    for _ in range(THREADS):
        stay(door.admission.place())
    for took_ms in range(LATEST, 0, -1):
        door.answer(took_ms)
    with pytest.raises(Overloaded, match="120 ms"):  # (1 / 3 + 1) · 90
        stay(door.admission.place(door.left(1)))


def test_calm_answers_say_nothing_about_a_crowd(door: Door, stay: Stay) -> None:
    for _ in range(THREADS - 1):
        stay(door.admission.place())
    for _ in range(LATEST):
        door.answer(7_000)
    stay(door.admission.place())
    stay(door.admission.place(door.left(1)))
    assert not door.told.refusals


def test_who_finds_a_thread_free_is_never_refused(door: Door) -> None:
    with ExitStack() as crowd:
        for _ in range(THREADS):
            crowd.enter_context(door.admission.place())
        door.answer(7_000)  # far more than anybody has
        with pytest.raises(Overloaded), door.admission.place(door.left(800)):
            pass
    with door.admission.place(door.left(1)), door.admission.turn(door.left(1)):
        assert door.told.now == 1


def test_a_turn_that_comes_too_late_is_no_turn_where_others_wait(door: Door, stay: Stay) -> None:
    for _ in range(THREADS):
        stay(door.admission.place())
    door.answer(90)
    with door.admission.turn(door.left(80)):  # nobody waits behind
        pass
    stay(door.admission.place(door.left(800)))
    with pytest.raises(Overloaded), door.admission.turn(door.left(80)):
        raise AssertionError("worked in vain")
    with door.admission.turn(door.left(100)):
        pass


# --- a crowd -----------------------------------------------------------------------------------

TIMEOUT_MS = 800.0
ALONE_MS, STALLED_MS = 60.0, 1_500.0


@dataclass(frozen=True)
class Answer:
    came_ms: float
    took_ms: float
    is_whole: bool
    """It was not cut by its deadline."""


def crowd(door: Door, every_ms: float, count: int, stall: range = range(0)) -> list[Answer]:
    """Searches that come evenly, to threads that take them from the line in its order.

    Those with a number in `stall` would take STALLED_MS, the others ALONE_MS.
    """
    answers: list[Answer] = []

    def search(number: int) -> Iterator[float]:
        deadline, came = door.left(TIMEOUT_MS), door.at
        with door.admission.place(deadline):
            yield 0.0  # for a thread
            with door.admission.turn(deadline):
                whole_ms = STALLED_MS if number in stall else ALONE_MS
                took_ms = min(whole_ms, deadline.remaining_ms)
                yield took_ms
            is_whole = took_ms == whole_ms
            answers.append(Answer(number * every_ms, (door.at - came) * 1000, is_whole))

    events = [(number * every_ms, number, True, search(number)) for number in range(count)]
    line: deque[tuple[int, Iterator[float]]] = deque()
    start, free = door.at, THREADS
    while events:
        now_ms, number, comes, one = heappop(events)
        door.at = start + now_ms / 1000
        if not comes:
            assert next(one, None) is None
            free += 1
        elif waits(one):
            line.append((number, one))
        while free and line:
            number, one = line.popleft()
            with suppress(Overloaded):
                heappush(events, (now_ms + next(one), number, False, one))
                free -= 1
    assert door.told.now == 0
    return answers


def waits(one: Iterator[float]) -> bool:
    """Whether it was let in."""
    with suppress(Overloaded):
        next(one)
        return True
    return False


CAPACITY_PER_MS = THREADS / ALONE_MS


@pytest.mark.parametrize("load", [0.5, 0.9])
def test_below_its_capacity_nobody_is_refused(door: Door, load: float) -> None:
    answers = crowd(door, 1 / (load * CAPACITY_PER_MS), 500)
    assert len(answers) == 500
    assert max(answer.took_ms for answer in answers) == pytest.approx(ALONE_MS)


@pytest.mark.parametrize("waiting", [17, 1_000])
def test_at_three_times_its_capacity_as_many_as_it_can_are_answered_in_time(waiting: int) -> None:
    door = Door(waiting=waiting)
    answers = crowd(door, 1 / (3 * CAPACITY_PER_MS), 3_000)
    assert len(answers) >= 1_000  # of the third that it could: it has not idled for a moment
    assert all(answer.is_whole for answer in answers)
    assert max(answer.took_ms for answer in answers) <= TIMEOUT_MS
    assert len(answers) + door.told.refusals.total() == 3_000
    # With little room it is full before it is late; with much, time is what bounds it.
    assert door.told.refusals["late" if waiting == 1_000 else "full"] > 1_900


def test_a_stall_under_a_crowd_is_got_over(door: Door) -> None:
    """Answers that their deadline cuts do not make the door believe that they are quick."""
    stall = range(1_000, 1_300)
    answers = crowd(door, 1 / (3 * CAPACITY_PER_MS), 6_000, stall)
    assert any(not answer.is_whole for answer in answers)
    assert max(answer.took_ms for answer in answers) <= TIMEOUT_MS + 1e-6
    every_ms = 1 / (3 * CAPACITY_PER_MS)
    later = [answer for answer in answers if answer.came_ms >= 3_000 * every_ms]
    assert len(later) >= 0.95 * 1_000  # of 3,000 that came, a third
    assert all(answer.is_whole for answer in later)
