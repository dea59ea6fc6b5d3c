"""The reranker when time is short and when the encoder is at a loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contracts.real_stages import reranker
from shopkeeper.online.nothing import plain_reading
from shopkeeper.records import Deadline, Query, StageReport
from shopkeeper.records.rerank import Reranked
from shopkeeper.stages.retrieve import Encoder

READING = plain_reading(Query("red tent"))
TEXTS = tuple(f"red tent number {n}" for n in range(7))


@dataclass
class Watch:
    """Ticks only when it is told to."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class SlowEncode:
    """Takes a second for each text, which all lie where the query lies."""

    watch: Watch
    seconds: float
    fault: bool = False
    asked: list[str] = field(default_factory=list)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.watch.now += self.seconds * len(texts)
        self.asked += texts
        if self.fault:
            raise RuntimeError("out of memory")
        return np.tile(np.float32([0.6, 0.8]), (len(texts), 1))


def rerank(documents: SlowEncode, milliseconds: float = 10_000) -> tuple[Reranked, StageReport]:
    watch = documents.watch
    encoder = Encoder("slow", 2, "slow", documents, SlowEncode(watch, 0.0), documents)
    answer = reranker(encoder).rerank(READING, TEXTS, Deadline.after(milliseconds, watch))
    return answer, answer.legs[1]


def names(answer: Reranked) -> set[str]:
    return {part.name for parts in answer.parts for part in parts}


def test_with_time_every_document_has_its_meaning() -> None:
    answer, dense = rerank(SlowEncode(Watch(), 1.0))
    assert dense.state == "ok"
    assert names(answer) == {"lexical", "dense"}
    assert {round(parts[1].value, 6) for parts in answer.parts} == {0.5}


def test_without_time_for_all_none_has_it_and_the_words_answer_in_time() -> None:
    encode = SlowEncode(Watch(), 1.0)
    answer, dense = rerank(encode, 5_000)
    assert (dense.state, dense.reason) == (
        "degraded",
        "5 of 7 documents encoded in time; by words",
    )
    assert names(answer) == {"lexical"}
    assert all(parts[0].value > 0 for parts in answer.parts)
    assert len(encode.asked) == 5


def test_an_encoder_that_fails_leaves_the_words() -> None:
    answer, dense = rerank(SlowEncode(Watch(), 0.0, fault=True))
    assert (dense.state, dense.reason) == ("degraded", "RuntimeError: out of memory")
    assert names(answer) == {"lexical"}
