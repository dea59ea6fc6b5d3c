"""How fast, how large, how dear is a shop of so many products? `shopkeeper bench speed`.

One process, one question after the other; each leg beside the raw library in the same run, so that
the ratios do not depend on what else the machine does.
"""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shopkeeper.assemble.shop import Shop
from shopkeeper.assemble.speed_shop import Told, seconds_of
from shopkeeper.assemble.speed_yardsticks import BEST, RawFaiss, RawTantivy, recall_of
from shopkeeper.index.dense import DenseIndex
from shopkeeper.index.matching import Matching, Reading
from shopkeeper.index.ordering import leading
from shopkeeper.index.retrieval import RetrievalConfig
from shopkeeper.records import (
    Concept,
    Deadline,
    Money,
    Query,
    SearchRequest,
    ShopkeeperError,
    Understanding,
    parse_clause,
)
from shopkeeper.records.ports import Patch
from shopkeeper.store import ShopFolder

FACETS = ("category", "brand", "price", "rating", "in_stock")
_AMPLE_MS = 60_000.0
_QUERY_ID = "bench"
_DENSE_QUERIES = 50
"""Those whose exact answer is computed."""
_SELECTIVITIES = (0.001, 0.01, 0.1, 1.0)
_CHURN = 0.3
_PATCHES_AT_ONCE = 1000
_READ_AT_ONCE = 1 << 24
"""Bytes."""
_LOOKED_AFTER = 4
"""Of so many batches one is looked for by a search, which takes its time too."""


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of many calls."""

    mean: float
    p50: float
    p90: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Times:
        given = np.array(seconds) * 1000
        return cls(float(given.mean()), *(float(np.quantile(given, q)) for q in (0.5, 0.9, 0.99)))


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg beside the raw library."""

    ours: Times
    raw: Times
    ratio: float
    """Of the means."""
    recall: float | None = None
    raw_recall: float | None = None


@dataclass(frozen=True, slots=True)
class Patched:
    """Writes of prices and stocks while searches run."""

    per_s: float
    visible_s: float
    """From before the write until a search finds it; the worst of all batches."""
    searches: Times


@dataclass(frozen=True, slots=True)
class Measured:
    """What the open shop does."""

    open_s: float
    """Until the first page, of files that were read lately."""
    memory_gb: float
    """Of the serving process, files that it maps included as far as they were touched."""
    lexical: Leg
    dense: Leg
    hybrid: Times
    hybrid_stages: Mapping[str, float]
    """Mean milliseconds by stage."""
    encoding: Times
    """Of a query; in `hybrid` too."""
    first_pages: Times
    """With the facets that the storefront shows."""
    filtered: Times
    """The hybrid query under one or two filters."""
    browsing: Times
    """Nothing asked, everything counted."""
    recall_at_10: Mapping[str, float]
    """By the share of products that pass a filter, and after churn."""
    patched: Patched
    matches: float
    """Mean size of a result set."""


def measure(root: Path, queries: Sequence[str], scratch: Path, told: Told) -> Measured:
    """Open the shop and ask it everything; its files are in the system's memory."""
    told("reading the files once")
    _warm(root)
    started = time.perf_counter()
    with Shop(root, is_serving=False) as shop:
        shop.search(_request(queries[0]))
        open_s = time.perf_counter() - started
        told("hybrid")
        _searches(shop, queries[:100])  # pages come off the disk once
        hybrid, stages, matches = _searches(shop, queries)
        plain = [SearchRequest(Query(text), _QUERY_ID, timeout_ms=_AMPLE_MS) for text in queries]
        first_pages = Times.of([seconds_of(shop.search, r) for r in plain])
        asked = [_request(text, *_filters(at)) for at, text in enumerate(queries)]
        filtered = Times.of([seconds_of(shop.search, r) for r in asked])
        browsing = Times.of([seconds_of(shop.search, _request("")) for _ in range(20)])
        memory_gb = _memory_gb()
        told("legs")
        readings = [_read(shop, text) for text in queries]
        encoder = shop.serving.encoder
        assert encoder is not None, "the bench's shop has one"
        vectors = [encoder.queries.encode([reading.text])[0] for reading in readings]
        fresh = [f"{text} {at}" for at, text in enumerate(queries)]
        encoding = Times.of([seconds_of(encoder.queries.encode, [t]) for t in fresh])
        lexical = _lexical(shop, readings, scratch)
        dense = shop.serving.live.snapshot.views[0].dense
        assert dense is not None, "published by make_shop"
        told("recall")
        recall = _recall(dense, np.array(vectors[:_DENSE_QUERIES]))
        told("raw faiss")
        dense_leg = _dense(dense, vectors, recall["100 %"])
        told("patches")
        patched = _patch(shop, queries)
    return Measured(
        open_s=open_s,
        memory_gb=memory_gb,
        lexical=lexical,
        dense=dense_leg,
        hybrid=hybrid,
        hybrid_stages=stages,
        encoding=encoding,
        first_pages=first_pages,
        filtered=filtered,
        browsing=browsing,
        recall_at_10=recall,
        patched=patched,
        matches=matches,
    )


def _warm(root: Path) -> None:
    """Read what the shop serves from, so that no query waits for a disk that others use too."""
    folder = ShopFolder(root)
    for path in (folder.products, *sorted(folder.artefacts.rglob("*"))):
        if path.is_file():
            with path.open("rb", buffering=0) as file:
                while file.read(_READ_AT_ONCE):
                    pass


# --- the parts ---------------------------------------------------------------------------------


def _request(text: str, *filters: str) -> SearchRequest:
    clauses = tuple(parse_clause(clause) for clause in filters)
    return SearchRequest(
        Query(text), _QUERY_ID, filters=clauses, facets=FACETS, timeout_ms=_AMPLE_MS
    )


def _filters(at: int) -> tuple[str, ...]:
    """Filters as shoppers set them, one or two, in turn."""
    turns = (
        ("in_stock:true",),
        ("price:20..80",),
        ("rating:4..", "in_stock:true"),
        ("price:..50",),
    )
    return turns[at % len(turns)]


def _searches(shop: Shop, queries: Sequence[str]) -> tuple[Times, dict[str, float], float]:
    seconds, matches = [], []
    stages: dict[str, list[float]] = {}
    for text in queries:
        started = time.perf_counter()
        response = shop.search(_request(text))
        seconds.append(time.perf_counter() - started)
        matches.append(response.total)
        for report in response.stages:
            stages.setdefault(report.stage, []).append(report.latency_ms)
    means = {name: float(np.mean(taken)) for name, taken in stages.items()}
    return Times.of(seconds), means, float(np.mean(matches))


def _read(shop: Shop, text: str) -> Understanding:
    return shop.stages.understand.understand(Query(text), Deadline.after(_AMPLE_MS))


def _lexical(shop: Shop, readings: Sequence[Understanding], scratch: Path) -> Leg:
    """What matches by words, with its best thousand; tantivy is asked with as many concepts."""
    snapshot = shop.serving.live.snapshot
    config = RetrievalConfig().match
    asked = [reading.concepts for reading in readings if reading.concepts]
    words = snapshot.views[0].segment.words
    raw = RawTantivy(scratch / "tantivy", words.postings, config.words)

    def ours(concepts: tuple[Concept, ...]) -> None:
        found = Matching(snapshot, [Reading(concepts)], (), config)
        matching = np.flatnonzero(found.by_words)
        leading(found.lexical[matching], BEST)

    theirs = [raw.query(concepts, config.words.least(len(concepts))) for concepts in asked]
    for concepts, query in zip(asked[:50], theirs[:50], strict=True):
        ours(concepts)
        raw.search(query)
    own, other = [], []
    for concepts, query in zip(asked, theirs, strict=True):
        own.append(seconds_of(ours, concepts))
        other.append(seconds_of(raw.search, query))
    return _leg(own, other)


def _dense(dense: DenseIndex, vectors: Sequence[NDArray[np.float32]], recall: float) -> Leg:
    """The nearest thousand, unfiltered, beside faiss at a recall@10 that is no higher."""
    raw = RawFaiss(np.asarray(dense.vectors), seed=0)
    some = np.array(vectors[:_DENSE_QUERIES])
    exact = [_exact(dense, query, None) for query in some]
    reached = raw.probe_until(some, exact, recall)
    own, other = [], []
    for query in vectors:
        own.append(seconds_of(dense.search, query, BEST, None))
        other.append(seconds_of(raw.search, query, BEST))
    return _leg(own, other, recall, reached)


def _leg(
    own: Sequence[float],
    other: Sequence[float],
    recall: float | None = None,
    raw_recall: float | None = None,
) -> Leg:
    ours, raw = Times.of(own), Times.of(other)
    return Leg(ours, raw, ours.mean / raw.mean, recall, raw_recall)


def _exact(
    dense: DenseIndex, query: NDArray[np.float32], mask: NDArray[np.bool_] | None, k: int = 10
) -> NDArray[np.int64]:
    cosines = np.asarray(dense.vectors) @ query
    if mask is not None:
        cosines[~mask] = -2
        k = min(k, int(np.count_nonzero(mask)))
    best: NDArray[np.int64] = np.argsort(-cosines)[:k]
    return best


def _recall(dense: DenseIndex, queries: NDArray[np.float32]) -> dict[str, float]:
    """recall@10 of the nearest thousand under filters of every width, and after churn."""
    rng = np.random.default_rng(0)
    recall = {}
    for share in _SELECTIVITIES:
        mask = rng.random(len(dense)) < share
        found = [dense.search(query, BEST, mask)[0][:10] for query in queries]
        exact = [_exact(dense, query, mask) for query in queries]
        recall[f"{share * 100:g} %"] = recall_of(found, exact)
    # A third of the goods are gone, and as many new ones lie in a segment of their own.
    gone = rng.random(len(dense)) < _CHURN
    fresh = np.flatnonzero(gone)
    newer = DenseIndex.build(np.asarray(dense.vectors)[fresh], np.arange(len(fresh)), dense.config)
    found = []
    for query in queries:
        (old, old_scores), (new, new_scores) = (
            dense.search(query, BEST, ~gone),
            newer.search(query, BEST, None),
        )
        both = np.concatenate([old, fresh[new]])
        found.append(both[np.argsort(-np.concatenate([old_scores, new_scores]))[:10]])
    recall["after 30 % churn"] = recall_of(found, [_exact(dense, q, None) for q in queries])
    return recall


def _patch(shop: Shop, queries: Sequence[str], seconds: float = 5.0) -> Patched:
    """Patch prices and stocks in batches while another thread searches."""
    ids = shop.serving.base.columns.ids
    rng = np.random.default_rng(1)
    done = threading.Event()
    taken: list[float] = []

    def search_on() -> None:
        while not done.is_set():
            text = queries[len(taken) % len(queries)]
            taken.append(seconds_of(shop.search, _request(text)))

    searching = threading.Thread(target=search_on)
    searching.start()
    first_price = 1_000_000 + shop.products.seq  # which no earlier run has set
    written, batches, visible_s, started = 0, 0, 0.0, time.perf_counter()
    while time.perf_counter() < started + seconds:
        places = rng.integers(0, len(ids), _PATCHES_AT_ONCE).tolist()
        price = Money(first_price + written, shop.currency)
        batch = [Patch(ids[place], price=price, stock=7) for place in places]
        begun = time.perf_counter()
        written += shop.catalogue.bulk(batch).accepted
        took = time.perf_counter() - begun
        batches += 1
        if batches % _LOOKED_AFTER:
            continue
        last = f"price:{price.major}..{price.major}"
        if not shop.search(_request("", f"id:{ids[places[-1]]}", last)).total:
            raise ShopkeeperError("an acknowledged patch was not seen", where=ids[places[-1]])
        visible_s = max(visible_s, took)
    per_s = written / (time.perf_counter() - started)
    done.set()
    searching.join()
    return Patched(per_s, visible_s, Times.of(taken or [0.0]))


def _memory_gb() -> float:
    """What this process holds now, in memory of its own and in mapped files."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e9
