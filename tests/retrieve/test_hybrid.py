"""The retriever while its encoder is at work, and when it raises, answers wrongly or hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.real_stages import retriever
from shopkeeper.index.dense import DenseConfig, DenseIndex
from shopkeeper.index.retrieval import RetrievalConfig
from shopkeeper.index.snapshot import Segment
from shopkeeper.index.words import WordWeights
from shopkeeper.online.nothing import OnePlaceEncode, plain_reading
from shopkeeper.records import Deadline, Query, Retrieved, RetrieveRequest, Rewrite
from shopkeeper.stages.retrieve import HybridRetriever
from shopkeeper.stages.retrieve.hybrid import ENCODING_SHARE

TENTS = RetrieveRequest(plain_reading(Query("tent")))
PLACE = OnePlaceEncode()
AMPLE_MS = 20_000.0


@dataclass(frozen=True)
class Encoder:
    """Does as it is told before it answers."""

    before: Callable[[], object]
    answer: OnePlaceEncode = PLACE

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.before()
        return self.answer.encode(texts)


def dense_of(segment: Segment) -> DenseIndex:
    """All products lie where the query lies, less and less near."""
    count = len(segment.columns.ids)
    angles = np.linspace(0, 1, count, dtype=np.float32)
    vectors = np.zeros((count, PLACE.dimension), np.float32)
    vectors[:, 0], vectors[:, 1] = np.cos(angles), np.sin(angles)
    return DenseIndex.build(vectors, np.arange(count), DenseConfig())


def hybrid(before: Callable[[], object], answer: OnePlaceEncode = PLACE) -> HybridRetriever:
    made: HybridRetriever = retriever(Encoder(before, answer), dense_of)
    return made


def asked(stage: HybridRetriever, milliseconds: float = AMPLE_MS) -> Retrieved:
    return stage.retrieve(TENTS, Deadline.after(milliseconds))


def found(answer: Retrieved) -> list[str]:
    return [candidate.product_id for candidate in answer.head]


def by_words() -> Retrieved:
    answer = asked(retriever(None, dense_of))
    assert len(found(answer)) == 4  # p1, p2, p3 and p7 say it
    assert answer.legs[1].state == "off"
    return answer


def nothing() -> None:
    """At once."""


def fail() -> None:
    raise RuntimeError("out of memory")


def test_with_an_encoder_the_meaning_counts() -> None:
    answer = asked(hybrid(nothing))
    assert [leg.state for leg in answer.legs] == ["ok", "ok"]
    assert set(found(answer)) > set(found(by_words()))
    assert {part.name for c in answer.head for part in c.parts} == {"lexical", "dense"}


def test_every_rewrite_has_a_vector() -> None:
    stage, deadline = hybrid(nothing), Deadline.after(AMPLE_MS)
    rewrites = (Rewrite("stove", 0.5, "test"), Rewrite("mug", 0.25, "test"))
    answer = stage.retrieve(replace(TENTS, rewrites=rewrites), deadline)
    assert answer.legs[1].state == "ok"
    assert set(found(answer)) == set(found(asked(stage)))


def test_the_words_are_looked_up_while_the_query_is_encoded() -> None:
    looked_up = threading.Event()

    class Heard(WordWeights):
        def least(self, concepts: int) -> int:
            looked_up.set()
            return WordWeights.least(self, concepts)

    def wait() -> None:
        assert looked_up.wait(AMPLE_MS / 4 / 1000), "the words wait for the encoder"

    shipped = RetrievalConfig()
    config = replace(shipped, match=replace(shipped.match, words=Heard()))
    answer = asked(replace(hybrid(wait), config=config))
    assert answer.legs[1].state == "ok", answer.legs[1].reason


@pytest.mark.parametrize(
    ("before", "dimension", "reason"),
    [
        (fail, PLACE.dimension, "RuntimeError: out of memory"),
        (nothing, 5, "InvalidRecord: vectors [1, 5] of the query"),
    ],
)
def test_whatever_the_encoder_raises_the_words_answer(
    before: Callable[[], object], dimension: int, reason: str
) -> None:
    answer = asked(hybrid(before, OnePlaceEncode(dimension)))
    assert found(answer) == found(by_words())
    words, dense = answer.legs
    assert (words.state, dense.state) == ("ok", "degraded")
    assert dense.reason.startswith(reason)


def test_however_long_the_encoder_hangs_the_words_answer_in_time() -> None:
    release = threading.Event()
    stage, of_words = hybrid(release.wait), found(by_words())
    deadline = Deadline.after(1_000)
    answer = stage.retrieve(TENTS, deadline)
    assert found(answer) == of_words
    assert (answer.legs[1].state, answer.legs[1].reason) == ("degraded", "no answer in time")
    assert answer.legs[0].latency_ms < 1_000 * ENCODING_SHARE  # the wait is not the words'
    assert not deadline.is_over
    release.set()


def test_when_all_threads_hang_nobody_waits_and_late_answers_free_them() -> None:
    release = threading.Event()
    stage = hybrid(release.wait)
    reasons = [asked(stage, 1.0).legs[1].reason for _ in range(8)]
    assert set(reasons) == {"no answer in time"}
    end = Deadline.after(AMPLE_MS)
    while "stuck" not in (reason := asked(stage, 1.0).legs[1].reason) and not end.is_over:
        pass  # until the threads' patience is over
    assert reason == "busy: all 8 workers are stuck"
    started = Deadline.after(AMPLE_MS * ENCODING_SHARE)
    assert found(asked(stage)) == found(by_words())
    assert not started.is_over
    release.set()
    assert any(asked(stage).legs[1].state == "ok" for _ in range(1_000))


def test_its_threads_end_with_the_retriever() -> None:
    def threads() -> set[threading.Thread]:
        return {t for t in threading.enumerate() if t.name.startswith("shopkeeper-encode-")}

    before, stage = threads(), hybrid(nothing)
    asked(stage)
    own = threads() - before
    assert len(own) == 8
    del stage
    for thread in own:
        thread.join(AMPLE_MS / 1000)
    assert not any(thread.is_alive() for thread in own)
