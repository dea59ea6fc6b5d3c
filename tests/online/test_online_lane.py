from __future__ import annotations

import dataclasses
import threading
import time

import pytest

from online.full_shop import AMPLE
from shopkeeper.online import BreakerConfig, Budget, Lane, PipelineConfig, Shares
from shopkeeper.online.checks import WrongAnswer
from shopkeeper.records import Deadline, InvalidRequest

BREAKER = BreakerConfig(window=4, minimum_calls=4, cooldown_s=1_000.0)


def budget(scale: float = 1.0) -> Budget:
    return Budget(Deadline.after(60_000), scale)


def anything(answer: object) -> None:
    """Every answer will do."""


@pytest.fixture
def lane():
    made = Lane("rank", 5_000.0, 2, BREAKER)
    yield made
    made.close()


def fail(deadline: Deadline) -> int:
    raise ValueError("no model")


def test_an_answer_in_time_is_reported_with_its_time(lane):
    def nap(deadline: Deadline) -> int:
        time.sleep(0.01)
        return 7

    outcome = lane.call(nap, anything, budget())
    assert (outcome.value, outcome.error) == (7, None)
    assert (outcome.report.stage, outcome.report.state) == ("rank", "ok")
    assert outcome.report.latency_ms >= 10


def test_the_stage_is_given_its_share_and_never_more_than_is_left(lane):
    def time_left(deadline: Deadline) -> float:
        return deadline.remaining_ms

    assert 4_000 < lane.call(time_left, anything, budget()).value <= 5_000
    assert 40_000 < lane.call(time_left, anything, budget(10.0)).value <= 50_000
    short = Budget(Deadline.after(2_000), 1.0)
    assert 0 < lane.call(time_left, anything, short).value <= 2_000


def test_a_wrong_answer_is_none_at_all(lane):
    def refuse(answer: int) -> None:
        raise WrongAnswer("7 of 9 scores")

    outcome = lane.call(lambda deadline: 7, refuse, budget())
    assert (outcome.value, outcome.report.state, outcome.report.reason) == (
        None,
        "degraded",
        "7 of 9 scores",
    )


def test_after_enough_failures_the_stage_is_not_asked(lane):
    reasons = [lane.call(fail, anything, budget()).report.reason for _ in range(6)]
    assert reasons == ["ValueError: no model"] * 4 + ["paused after repeated failures"] * 2
    assert lane.breaker.state == "open"


def test_a_wrong_request_does_not_open_the_breaker(lane):
    def refuse(deadline: Deadline) -> int:
        raise InvalidRequest("no such field")

    for _ in range(20):
        outcome = lane.call(refuse, anything, budget())
        assert outcome.report.reason == "refused: no such field"
    assert lane.breaker.state == "closed"


def test_a_hurried_caller_does_not_open_the_breaker():
    lane, release = Lane("rank", 5_000.0, 20, BREAKER), threading.Event()
    for _ in range(20):
        outcome = lane.call(lambda deadline: release.wait(), anything, budget(scale=1e-4))
        assert outcome.report.reason == "no answer in time"
    assert lane.breaker.state == "closed"
    release.set()
    lane.close()


def test_a_stage_that_a_crowd_left_too_little_time_is_not_to_blame():
    lane, release = Lane("rank", 5_000.0, 20, BREAKER), threading.Event()
    for _ in range(20):  # of the default timeout, most of which went by in line
        outcome = lane.call(lambda deadline: release.wait(), anything, Budget(Deadline.after(1)))
        assert outcome.report.reason in ("no answer in time", "no time left")
    assert lane.breaker.state == "closed"
    release.set()
    lane.close()


def test_a_late_stage_opens_the_breaker():
    lane, release = Lane("rank", 5.0, 9, BREAKER), threading.Event()
    for _ in range(4):
        outcome = lane.call(lambda deadline: release.wait(), anything, budget())
        assert outcome.report.reason == "no answer in time"
    assert lane.breaker.state == "open"
    release.set()
    lane.close()


def test_a_request_out_of_time_asks_nobody_and_blames_nobody(lane):
    asked = []
    for _ in range(20):
        outcome = lane.call(asked.append, anything, Budget(Deadline.after(0)))
        assert outcome.report.reason == "no time left"
    assert (asked, lane.breaker.state) == ([], "closed")


# --- config ------------------------------------------------------------------------------------


def test_the_shares_of_every_stage_fit_into_the_timeout():
    config = PipelineConfig()
    each = dataclasses.asdict(config.shares)
    of_a_search = sum(each.values()) - each["static_guard"] - each["rerank"]
    assert config.shares.total_ms == of_a_search + each["guard"]
    assert config.shares.total_ms <= config.timeout_ms == 800
    with pytest.raises(InvalidRequest, match=r"at most timeout_ms \(800\)"):
        PipelineConfig(shares=Shares(retrieve=700.0))


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout_ms": 0.0},
        {"timeout_ms": 60_001.0},
        {"timeout_ms": float("nan")},
        {"workers_per_stage": 0},
        {"window": 0},
    ],
)
def test_refuses_impossible_settings(wrong):
    with pytest.raises(InvalidRequest):
        dataclasses.replace(AMPLE, **wrong)


@pytest.mark.parametrize("share", [0.0, -1.0, float("nan"), float("inf")])
def test_refuses_impossible_shares(share):
    with pytest.raises(InvalidRequest):
        Shares(rank=share)
