from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from shopkeeper.online.workers import Late, Occupied, Stuck, Workers
from shopkeeper.records import Deadline

AMPLE_MS = 10_000
PATIENCE_MS = 5


def ample() -> Deadline:
    return Deadline.after(AMPLE_MS)


def threads_of(stage: str) -> set[threading.Thread]:
    return {t for t in threading.enumerate() if t.name.startswith(f"shopkeeper-{stage}-")}


def until(condition, timeout_s: float = 10.0) -> bool:
    """Wait for what another thread is about to do."""
    end = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < end:
        time.sleep(0.001)
    return condition()


@pytest.fixture
def workers():
    made = Workers("patient", 3, AMPLE_MS)
    yield made
    made.close()


@pytest.fixture
def hasty_workers():
    """Counts a thread as stuck very soon."""
    made = Workers("hasty", 3, PATIENCE_MS)
    yield made
    made.close()


def test_gives_back_what_the_call_gives_or_raises(workers):
    assert workers.run(lambda: 7, ample()) == 7
    with pytest.raises(ZeroDivisionError):
        workers.run(lambda: 1 / 0, ample())


def test_even_an_exit_in_a_call_costs_no_thread(workers):
    for _ in range(5):  # of three threads
        with pytest.raises(RuntimeError, match="SystemExit in a stage"):
            workers.run(lambda: sys.exit(2), ample())
    assert workers.run(lambda: 7, ample()) == 7


def test_a_hung_call_costs_its_caller_the_deadline_and_no_more(hasty_workers):
    release = threading.Event()
    started = time.monotonic()
    with pytest.raises(Late):
        hasty_workers.run(release.wait, Deadline.after(20))
    assert 0.02 <= time.monotonic() - started < AMPLE_MS / 1000 / 2
    assert hasty_workers.stuck == 1
    release.set()


def test_when_all_are_stuck_the_next_is_turned_away_at_once_and_late_returns_free(hasty_workers):
    release, threads = threading.Event(), threads_of("hasty")
    returned = []

    def hang() -> None:
        release.wait()
        returned.append("late")

    for _ in range(3):
        with pytest.raises(Late):
            hasty_workers.run(hang, Deadline.after(2 * PATIENCE_MS))
    started = time.monotonic()
    for _ in range(1_000):
        with pytest.raises(Stuck, match="all 3 workers are stuck"):
            hasty_workers.run(lambda: 7, ample())
    assert time.monotonic() - started < AMPLE_MS / 1000 / 2  # none of them waited
    assert threads_of("hasty") <= threads

    release.set()
    assert until(lambda: hasty_workers.stuck == 0)
    assert returned == ["late"] * 3
    assert hasty_workers.run(lambda: 7, ample()) == 7  # not one of the dropped answers


def test_a_caller_waits_its_time_for_a_busy_worker(workers):
    release, begun = threading.Event(), threading.Barrier(4)

    def hold() -> None:
        begun.wait()
        release.wait()

    holders = [threading.Thread(target=workers.run, args=(hold, ample())) for _ in range(3)]
    for holder in holders:
        holder.start()
    begun.wait()
    with pytest.raises(Occupied, match="none of 3 workers became free in time"):
        workers.run(lambda: 7, Deadline.after(20))
    threading.Timer(0.05, release.set).start()
    assert workers.run(lambda: 7, ample()) == 7
    for holder in holders:
        holder.join()


def test_what_a_hurried_caller_leaves_behind_is_not_stuck(workers):
    release = threading.Event()
    for _ in range(3):
        with pytest.raises(Late):
            workers.run(release.wait, Deadline.after(1))
    assert workers.stuck == 0
    threading.Timer(0.05, release.set).start()
    assert workers.run(lambda: 7, ample()) == 7


def test_many_callers_share_a_fixed_number_of_threads(workers):
    threads = threads_of("patient")
    results: list[int] = []

    def caller(number: int) -> None:
        results.extend(workers.run(lambda n=n: n, ample()) for n in range(number, number + 50))

    callers = [threading.Thread(target=caller, args=(number,)) for number in range(0, 1_000, 50)]
    for thread in callers:
        thread.start()
    assert threads_of("patient") <= threads
    for thread in callers:
        thread.join()
    assert sorted(results) == list(range(1_000))


def test_close_ends_idle_threads_now_and_stuck_ones_when_they_return():
    workers, release = Workers("closing", 3, PATIENCE_MS), threading.Event()
    with pytest.raises(Late):
        workers.run(release.wait, Deadline.after(5))
    workers.close()
    assert until(lambda: len(threads_of("closing")) == 1)
    with pytest.raises(Stuck, match="closed"):
        workers.run(lambda: 7, ample())
    release.set()
    assert until(lambda: not threads_of("closing"))


def test_a_call_costs_about_as_much_as_one_of_the_standard_library(workers):
    def median_s(call: Callable[[], object]) -> float:
        times = []
        for _ in range(500):
            started = time.perf_counter()
            call()
            times.append(time.perf_counter() - started)
        return statistics.median(times)

    # Turn by turn, and the best of several: the machine's other work is nobody's cost here.
    with ThreadPoolExecutor(1) as pool:
        rounds = [
            (
                median_s(lambda: workers.run(int, ample())),
                median_s(lambda: pool.submit(int).result()),
            )
            for _ in range(7)
        ]
    ours, theirs = (min(times) for times in zip(*rounds, strict=True))
    assert ours < 3 * theirs
