"""What is written down of a response, so that it can be trained on, replayed and audited?

Every response becomes one row, off the hot path: the request's thread hands it over and goes on,
one other thread builds the row and appends it to the log.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Full, Queue
from random import Random
from typing import Protocol

from shopkeeper.records import (
    Candidate,
    InvalidRequest,
    LoggedCandidate,
    Part,
    SearchResponse,
    ServeLogRow,
)

_log = logging.getLogger(__name__)


class RowLog(Protocol):
    """Where rows go. `append` may take its time: no request waits for it."""

    def append(self, row: ServeLogRow) -> object: ...


@dataclass(frozen=True, slots=True)
class ServeLogConfig:
    unexposed: int = 20
    """Candidates of the window, not on the page, that are sampled into a row; 0 or more."""
    backlog: int = 1_000
    """Responses that may wait to be written; one more is dropped and counted. 1 or more."""

    def __post_init__(self) -> None:
        if self.unexposed < 0:
            raise InvalidRequest(f"unexposed {self.unexposed}", expected="0 or more")
        if self.backlog < 1:
            raise InvalidRequest(f"backlog {self.backlog}", expected="1 or more")


def serve_log_row(
    response: SearchResponse,
    window: Sequence[Candidate],
    *,
    shop_id: str,
    timestamp_ms: int,
    unexposed: int,
) -> ServeLogRow:
    """The row of one response.

    Hits on the page are exposed, with propensity 1: the policy is deterministic. Of the n other
    candidates of the window, k = min(`unexposed`, n) are drawn without replacement, each with
    probability k / n; the draw is seeded by the query id, so a replay draws the same.
    """
    exposed = [
        LoggedCandidate(hit.product.id, hit.sku, True, position, 1.0, _scores(hit.parts))
        for position, hit in enumerate(response.hits)
    ]
    on_page = {candidate.product_id for candidate in exposed}
    others = [candidate for candidate in window if candidate.product_id not in on_page]
    sample = Random(response.request.query_id).sample(others, min(unexposed, len(others)))
    drawn = [
        LoggedCandidate(
            c.product_id, c.sku, False, None, len(sample) / len(others), _scores(c.parts)
        )
        for c in sample
    ]
    request = response.request
    shopper = request.shopper if request.shopper and request.shopper.consent else None
    return ServeLogRow(
        query_id=request.query_id,
        shop_id=shop_id,
        timestamp_ms=timestamp_ms,
        query_text=request.query.text,
        locale=request.query.locale,
        market=request.query.market,
        filters=tuple(str(clause) for clause in request.filters),
        shopper_id=shopper.id if shopper else None,
        session_id=shopper.session_id if shopper else None,
        total=response.total,
        generation=response.generation,
        candidates=(*exposed, *drawn),
        artefacts=response.artefacts,
        degraded=response.degraded,
        latency_ms=response.latency_ms,
    )


def _scores(parts: Sequence[Part]) -> dict[str, float]:
    """Value by name; parts of one name are added, so that the values still sum to the score."""
    scores: dict[str, float] = {}
    for part in parts:
        scores[part.name] = scores.get(part.name, 0.0) + part.value
    return scores


class ServeLog:
    """Writes responses to a row log from a thread of its own; never blocks, never raises."""

    def __init__(self, log: RowLog, shop_id: str, config: ServeLogConfig) -> None:
        self.dropped = 0
        """Responses that are not in the log, because it was behind or refused the row."""
        self._log = log
        self._shop_id = shop_id
        self._config = config
        self._waiting: Queue[Callable[[], ServeLogRow] | None] = Queue(config.backlog)
        self._thread = threading.Thread(target=self._work, name="shopkeeper-serve-log", daemon=True)
        self._thread.start()

    def write(self, response: SearchResponse, window: Sequence[Candidate]) -> None:
        """Take note of a response; it is in the log a moment later."""
        timestamp_ms = time.time_ns() // 1_000_000

        def row() -> ServeLogRow:
            return serve_log_row(
                response,
                window,
                shop_id=self._shop_id,
                timestamp_ms=timestamp_ms,
                unexposed=self._config.unexposed,
            )

        try:
            self._waiting.put_nowait(row)
        except Full:
            self.dropped += 1

    def flush(self) -> None:
        """Return when what was written before has been handed to the log."""
        self._waiting.join()

    def close(self, timeout_s: float = 5.0) -> None:
        """Write what waits, for at most `timeout_s`, and end the thread."""
        try:
            self._waiting.put(None, timeout=timeout_s)
        except Full:
            return  # the log itself hangs; its daemon thread ends with the process
        self._thread.join(timeout_s)

    def _work(self) -> None:
        while (row := self._waiting.get()) is not None:
            try:
                self._log.append(row())
            except Exception:
                self.dropped += 1
                _log.exception("a response could not be written to the serve log")
            self._waiting.task_done()
        self._waiting.task_done()
