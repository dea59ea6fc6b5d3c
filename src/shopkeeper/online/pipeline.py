"""How is a shop asked? `search` gives a page, `suggest` the lines under the search box, `rerank`
scores for what another engine found."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from types import TracebackType
from typing import Self

from shopkeeper.online import path
from shopkeeper.online.config import PipelineConfig
from shopkeeper.online.lane import Budget, Lane
from shopkeeper.online.observer import Observer
from shopkeeper.online.serve_log import RowLog, ServeLog
from shopkeeper.online.walk import Stages, Walk
from shopkeeper.records import (
    Deadline,
    SearchRequest,
    SearchResponse,
    SuggestRequest,
    SuggestResponse,
)
from shopkeeper.records.deadline import Clock
from shopkeeper.records.ports import ReadProducts
from shopkeeper.records.rerank import RerankRequest, RerankResponse


class Pipeline:
    """The stages of one shop, in order, each contained: a page comes whatever a stage does.

    Safe to call from many threads; it makes all of its own when it is built, and `close` ends them.

    Args:
        stages: what is asked; a stage that is None is reported as off.
        products: reads the products of a page.
        config: time and room of each stage.
        log: where each search response is written down; None writes none.
        observer: sees each response, for metrics; None for none.
        shop_id: stands in log rows and goes to the observer.
        artefacts: version of each artefact behind the stages, by name; told in each response.
        clock: monotonic seconds, for deadlines and breakers.
    """

    def __init__(
        self,
        stages: Stages,
        products: ReadProducts,
        config: PipelineConfig | None = None,
        *,
        log: RowLog | None = None,
        observer: Observer | None = None,
        shop_id: str = "shop",
        artefacts: Mapping[str, str] | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self.config = config or PipelineConfig()
        self.shop_id = shop_id
        self._stages = stages
        self._products = products
        self._artefacts = dict(artefacts or {})
        self._observer = observer
        self._clock = clock
        self._lanes = {
            stage: Lane(stage, share_ms, self.config.workers_per_stage, self.config.breaker, clock)
            for stage, share_ms in asdict(self.config.shares).items()
            if stage == "hydrate" or getattr(stages, stage) is not None
        }
        self._serve_log = ServeLog(log, shop_id, self.config.serve_log) if log is not None else None

    def search(self, request: SearchRequest, deadline: Deadline | None = None) -> SearchResponse:
        """The page that is asked for; stages that did not serve stand in `degraded`.

        The `deadline` ends the request's own timeout, else the shop's; without one that begins
        now. Raises `InvalidRequest` when retrieval cannot do what the request asks.
        """
        started = time.perf_counter()
        walk = self._walk(request.timeout_ms or self.config.timeout_ms, deadline)
        found = path.search(walk, request, self.config.window)
        response = replace(
            found.response,
            stages=tuple(walk.reports),
            artefacts=self._artefacts,
            latency_ms=(time.perf_counter() - started) * 1000,
        )
        if self._serve_log is not None:
            self._serve_log.write(response, found.window)
        if self._observer is not None:
            self._observer.observe(self.shop_id, response)
        return response

    def suggest(self, request: SuggestRequest, deadline: Deadline | None = None) -> SuggestResponse:
        """Suggestions, or none when nothing may or can be suggested."""
        started = time.perf_counter()
        walk = self._walk(self.config.timeout_ms, deadline)
        suggestions = path.suggest(walk, request)
        latency_ms = (time.perf_counter() - started) * 1000
        response = SuggestResponse(request, suggestions, tuple(walk.reports), latency_ms)
        if self._observer is not None:
            self._observer.observe(self.shop_id, response)
        return response

    def flush(self) -> None:
        """Return when the responses so far have been handed to the log."""
        if self._serve_log is not None:
            self._serve_log.flush()

    def rerank(self, request: RerankRequest, deadline: Deadline | None = None) -> RerankResponse:
        """Another engine's documents, the best first; what did not serve stands in `degraded`.

        Nothing is logged: what the other engine shows of it, nobody here knows.
        """
        started = time.perf_counter()
        walk = self._walk(request.timeout_ms, deadline)
        response = path.rerank(walk, request)
        return replace(
            response,
            stages=tuple(walk.reports),
            artefacts=self._artefacts,
            latency_ms=(time.perf_counter() - started) * 1000,
        )

    def close(self) -> None:
        """Write what the log still waits for and end the threads; stuck ones end when they can."""
        if self._serve_log is not None:
            self._serve_log.close()
        for lane in self._lanes.values():
            lane.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _walk(self, timeout_ms: float, deadline: Deadline | None) -> Walk:
        deadline = deadline or Deadline.after(timeout_ms, self._clock)
        budget = Budget(deadline, timeout_ms / self.config.timeout_ms)
        return Walk(self._stages, self._products, self._lanes, budget)
