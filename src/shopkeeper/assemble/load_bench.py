"""How many searches a second, how long do they take, and what if there are three times as many?"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import orjson

from shopkeeper.assemble.load_generator import Answer, Target, closed_loop, open_loop
from shopkeeper.records import InvalidRequest

SHARES = (0.5, 1.0, 3.0)
"""Of the capacity, at which it is measured; ascending, as the fullest queue is since the start."""

WARM_UP_S = 2.0
SETTLES_WITHIN_S = 120.0
"""A shop that is being fed all the time is loaded all the same."""
_MOST_TITLES = 2_000
_PAGE = 200


@dataclass(frozen=True, slots=True)
class LoadConfig:
    """How a server is loaded."""

    seconds: float = 10.0
    """Of each level, and of the search for the capacity; above 0."""
    callers: int = 16
    """Of the closed loop that finds the capacity, ≥ 1: more than the server works at, fewer than
    would fill its queue."""
    seed: int = 7

    def __post_init__(self) -> None:
        if not self.seconds > 0:
            raise InvalidRequest(f"seconds {self.seconds:g}", expected="above 0")
        if self.callers < 1:
            raise InvalidRequest(f"callers {self.callers}", expected="1 or more")


@dataclass(frozen=True, slots=True)
class LoadLevel:
    """An open loop at one share of the capacity. Times count from when a request was due."""

    share: float
    offered_per_s: float
    asked: int
    pages_per_s: float
    """Answered with 200."""
    p50_ms: float | None
    """Of the pages, as those below; None: there was none."""
    p99_ms: float | None
    p999_ms: float | None
    refused_share: float
    """503, of all asked."""
    refused_p99_ms: float | None
    refused_without_retry: int
    """503 without Retry-After."""
    failed: int
    """Neither 200 nor 503, or no answer."""
    degraded_share: float
    """Of the pages."""
    late_p99_ms: float
    """Of the generator itself; where it is large, its own core was taken."""
    queue_most: int | None
    """The most searches inside one process at once, at work or waiting, since it began."""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What one server did."""

    products: int
    notice: str
    """What the shop tells every shopper, as in "Simulated goods."."""
    capacity_per_s: float
    queries: int
    """Different ones that were asked in turn."""
    levels: tuple[LoadLevel, ...]
    memory_before_mb: float | None
    """Of all its processes, shared pages once; None: it is not a process of this machine's."""
    memory_after_mb: float | None


def measure_load(
    url: str,
    config: LoadConfig,
    queries: Sequence[str] = (),
    *,
    process: int | None = None,
    tell: Callable[[str], None] = lambda what: None,
) -> LoadReport:
    """Find the capacity, then offer shares of it.

    Args:
        url: of a server that is up.
        queries: to ask, in turn; none: two words that stand together in a title of the shop.
        process: the server's id, whose memory and whose workers' is weighed.
        tell: hears what is being done.

    Raises NotFound when no shop answers there.
    """
    return asyncio.run(_measure(Target(url), config, queries, process, tell))


async def _measure(
    target: Target,
    config: LoadConfig,
    queries: Sequence[str],
    process: int | None,
    tell: Callable[[str], None],
) -> LoadReport:
    tell("waiting until the shop has nothing to do beside")
    status = await _settled(target)
    asked = list(dict.fromkeys(queries)) or await _queries(target, config.seed)
    if not asked:
        raise InvalidRequest("nothing to ask: the shop is empty", hint="give queries of your own")
    # One round through all turns: a query that a later turn repeats is remembered by the encoder.
    paths = cycle([f"/v1/search?q={quote(query, safe='')}" for query in asked])
    tell("warming up")
    await closed_loop(target, paths, config.callers, min(WARM_UP_S, config.seconds))
    before = memory_mb(process)
    tell(f"finding the capacity with {config.callers} callers")
    answers, took = await closed_loop(target, paths, config.callers, config.seconds)
    capacity = sum(answer.status == 200 for answer in answers) / took
    if capacity == 0:
        raise InvalidRequest("not one search was answered", hint="look at the server's messages")
    levels = []
    for share in SHARES:
        tell(f"{share:g} × {capacity:.0f} searches a second")
        rate = share * capacity
        answers = await open_loop(target, paths, rate, config.seconds, config.seed)
        levels.append(level(share, rate, answers, await _queue(target)))
    target.close()
    return LoadReport(
        products=status["products"],
        notice=status["notice"],
        capacity_per_s=capacity,
        queries=len(asked),
        levels=tuple(levels),
        memory_before_mb=before,
        memory_after_mb=memory_mb(process),
    )


def level(
    share: float, rate: float, answers: Sequence[Answer], queue_most: int | None
) -> LoadLevel:
    """The figures of one open loop."""
    pages = [answer for answer in answers if answer.status == 200]
    refused = [answer for answer in answers if answer.status == 503]
    seconds = len(answers) / rate
    p50, p99, p999 = (_quantile([a.latency_ms for a in pages], q) for q in (0.5, 0.99, 0.999))
    late = _quantile([answer.late_ms for answer in answers], 0.99)
    assert late is not None, "at least one request is asked"
    return LoadLevel(
        share=share,
        offered_per_s=rate,
        asked=len(answers),
        pages_per_s=len(pages) / seconds,
        p50_ms=p50,
        p99_ms=p99,
        p999_ms=p999,
        refused_share=len(refused) / len(answers),
        refused_p99_ms=_quantile([answer.latency_ms for answer in refused], 0.99),
        refused_without_retry=sum(not answer.names_retry for answer in refused),
        failed=len(answers) - len(pages) - len(refused),
        degraded_share=sum(page.is_degraded for page in pages) / max(1, len(pages)),
        late_p99_ms=late,
        queue_most=queue_most,
    )


def _quantile(values: Sequence[float], q: float) -> float | None:
    """A time that was measured, not one between two."""
    return float(np.quantile(values, q, method="inverted_cdf")) if values else None


async def _settled(target: Target) -> Any:
    """The shop's status once it encodes, builds and opens nothing any more, or soon enough."""
    give_up_at = time.monotonic() + SETTLES_WITHIN_S
    while True:
        status = orjson.loads(await target.get("/v1/status"))
        if not status["jobs"] or time.monotonic() > give_up_at:
            return status
        await asyncio.sleep(0.2)


async def _queries(target: Target, seed: int) -> list[str]:
    """All two words that stand together in a title, in an order of the seed."""
    found: dict[str, None] = {}
    for page in range(1, 1 + _MOST_TITLES // _PAGE):
        answer = orjson.loads(
            await target.get(f"/v1/search?q=&facet=&size={_PAGE}&page={page}&timeout_ms=60000")
        )
        for hit in answer["hits"]:
            words = hit["title"].split()
            ends = range(2, 1 + max(2, len(words)))
            found |= dict.fromkeys(" ".join(words[end - 2 : end]) for end in ends)
        if page * _PAGE >= answer["total"]:
            break
    queries = list(found)
    random.Random(seed).shuffle(queries)
    return queries


async def _queue(target: Target) -> int | None:
    text = (await target.get("/metrics")).decode()
    found = re.search(r'^shopkeeper_pool_requests_most\{.*pool="read".*\} (\S+)', text, re.M)
    return int(float(found[1])) if found else None


def memory_mb(process: int | None) -> float | None:
    """What the process and its descendants hold, pages that they share counted once (PSS)."""
    if process is None or not Path("/proc/self/smaps_rollup").exists():
        return None
    kilobytes, waiting = 0, [process]
    while waiting:
        folder = Path(f"/proc/{waiting.pop()}")
        found = re.search(r"^Pss:\s+(\d+)", (folder / "smaps_rollup").read_text(), re.M)
        kilobytes += int(found[1]) if found else 0
        for children in folder.glob("task/*/children"):
            waiting += map(int, children.read_text().split())
    return kilobytes / 1024
