"""How is the server doing? Counters and histograms in the Prometheus text format."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shopkeeper.records import SearchResponse, StageReport, SuggestResponse
from shopkeeper.records.rerank import RerankResponse
from shopkeeper.serve.admission import Why
from shopkeeper.serve.front import ShopStatus
from shopkeeper.serve.workers import SHARED_METRICS

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper edges of the latency buckets."""

METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))


class Metrics:
    """One shop's figures; every series carries its `shop_id`."""

    def __init__(self, shop_id: str) -> None:
        self._shop_id = shop_id
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "shopkeeper_requests", "Answers by route, method and status code.",
            ("shop_id", "route", "method", "code"), registry=registry,
        )  # fmt: skip
        self._latency = Histogram(
            "shopkeeper_request_seconds", "From the request's arrival to its last byte.",
            ("shop_id", "route"), registry=registry, buckets=SECONDS,
        )  # fmt: skip
        self._stages = Histogram(
            "shopkeeper_stage_seconds", "Time of each stage, by its state.",
            ("shop_id", "stage", "state"), registry=registry, buckets=SECONDS,
        )  # fmt: skip
        self._degraded = Counter(
            "shopkeeper_degraded", "Answers in which a stage was late or failed.",
            ("shop_id", "stage"), registry=registry,
        )  # fmt: skip
        self._empty = Counter(
            "shopkeeper_empty_pages", "Searches that found nothing.",
            ("shop_id",), registry=registry,
        ).labels(shop_id)  # fmt: skip
        self._events = Counter(
            "shopkeeper_events", "Events written down.", ("shop_id",), registry=registry
        ).labels(shop_id)
        self._gauges = {
            name: Gauge(
                f"shopkeeper_{name}", text, ("shop_id",),
                registry=registry, multiprocess_mode="mostrecent",
            ).labels(shop_id)
            for name, text in (
                ("ready", "1 when the index answers."),
                ("index_products", "Products in the index."),
            )
        }  # fmt: skip
        self._pools = Gauge(
            "shopkeeper_pool_requests", "Requests at work or waiting, by pool.",
            ("shop_id", "pool"), registry=registry, multiprocess_mode="livesum",
        )  # fmt: skip
        self._fullest = Gauge(
            "shopkeeper_pool_requests_most", "The most there were at once in one process.",
            ("shop_id", "pool"), registry=registry, multiprocess_mode="max",
        )  # fmt: skip
        self._refused = Counter(
            "shopkeeper_pool_refused", "Requests turned away, for want of room or of time.",
            ("shop_id", "pool", "why"), registry=registry,
        )  # fmt: skip

    def answered(self, route: str, method: str, code: int, seconds: float) -> None:
        known = method if method in METHODS else "other"
        self._requests.labels(self._shop_id, route, known, code).inc()
        self._latency.labels(self._shop_id, route).observe(seconds)

    def searched(self, response: SearchResponse) -> None:
        self._staged(response.stages)
        if response.total == 0:
            self._empty.inc()

    def suggested(self, response: SuggestResponse) -> None:
        self._staged(response.stages)

    def reranked(self, response: RerankResponse) -> None:
        self._staged(response.stages)

    def recorded(self, events: int) -> None:
        self._events.inc(events)

    def pool(self, name: str) -> PoolWatch:
        """What a pool tells how many requests are inside, and how many it turns away."""
        return PoolWatch(
            self._pools.labels(self._shop_id, name),
            self._fullest.labels(self._shop_id, name),
            {why: self._refused.labels(self._shop_id, name, why) for why in get_args(Why)},
        )

    def text(self, status: ShopStatus) -> bytes:
        """Everything, in the text format that Prometheus scrapes; of all processes together."""
        self._gauges["ready"].set(status.ready)
        self._gauges["index_products"].set(status.products)
        if SHARED_METRICS not in os.environ:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)

    def _staged(self, reports: tuple[StageReport, ...]) -> None:
        for report in reports:
            series = self._stages.labels(self._shop_id, report.stage, report.state)
            series.observe(report.latency_ms / 1000)
            if report.state == "degraded":
                self._degraded.labels(self._shop_id, report.stage).inc()


@dataclass(slots=True)
class PoolWatch:
    """Writes down what one pool tells of itself."""

    _now: Gauge
    _fullest: Gauge
    _refused: Mapping[Why, Counter]
    _most: int = 0

    def inside(self, requests: int) -> None:
        self._now.set(requests)
        if requests > self._most:
            self._most = requests
            self._fullest.set(requests)

    def refused(self, why: Why) -> None:
        self._refused[why].inc()


class Meter:
    """ASGI middleware: counts and times every answer under its route's template."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        code = 500

        async def send_counted(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_counted)
        finally:
            # The route is there only once something matched; raw paths would be without number.
            route = getattr(scope.get("route"), "path", "other")
            seconds = time.perf_counter() - start
            self._metrics.answered(route, scope["method"], code, seconds)
