"""What does the shop write down? A block's behaviour as tables of the serve log and of events.

The columns are those of ``records.ServeLogRow`` and ``records.Event``, so that nothing in them
tells a world from a shop.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from shopkeeper.records import CART, CLICK, PURCHASE
from shopkeeper.world.behaviour import DOORS, Behaviour, Requests
from shopkeeper.world.candidates import Candidates
from shopkeeper.world.choice import NONE
from shopkeeper.world.market import Market
from shopkeeper.world.names import Names
from shopkeeper.world.shoppers import BLOCK, Shoppers
from shopkeeper.world.vocabulary import CHINESE, ENGLISH

BEGIN_MS = 1_767_571_200_000
"""The log begins on 5 January 2026, a Monday, at 0:00 UTC."""
ENGINE = "engine"
"""Name of the score that the old engine gave."""
_ACTS = ((CLICK, "clicked", 0), (CART, "carted", 21), (PURCHASE, "bought", 64))
"""Action, array of ``Acts``, seconds after the page's first click."""

Ints: TypeAlias = NDArray[np.int64]


def request_ids(requests: Requests, shoppers: Shoppers) -> pa.Array:
    """[r] An id for each request: the block, then a number."""
    kind = "f" if (requests.asks.query == NONE).all() else "q"
    return _numbered(f"{kind}{shoppers.first // BLOCK:05d}-", np.arange(len(requests.asks)), 6)


def shopper_ids(shoppers: Shoppers, who: Ints) -> pa.Array:
    return _numbered("s", shoppers.first + who, 8)


def serve_table(
    names: Names, market: Market, shoppers: Shoppers, requests: Requests, kept: Candidates
) -> pa.Table:
    """One row for each search, or each feed, with its candidates as a list."""
    asks, there, size = requests.asks, kept.is_there, len(requests.asks)
    is_search = asks.query != NONE
    rows, columns = kept.rows[there], np.nonzero(there)[1]
    is_exposed = columns < kept.exposed
    candidates = pa.StructArray.from_arrays(
        [
            _take(names.products, rows),
            _take(names.skus, rows),
            pa.array(is_exposed),
            pa.array(columns.astype(np.int32), mask=~is_exposed),
            pa.array(kept.propensity[there]),
            _map_of(ENGINE, kept.scores[there]),
            _no_map(len(rows), pa.float64()),
        ],
        ["product_id", "sku", "exposed", "position", "propensity", "scores", "features"],
    )
    ends = np.concatenate(([0], np.cumsum(there.sum(axis=1)))).astype(np.int32)
    found = np.where(is_search, (market.book.windows.rows[asks.query] != NONE).sum(axis=1), 0)
    nothing = pa.ListArray.from_arrays(
        np.zeros(size + 1, dtype=np.int32), pa.array([], pa.string())
    )
    return pa.table(
        {
            "query_id": request_ids(requests, shoppers),
            "shop_id": pa.repeat("world", size),
            "timestamp_ms": pa.array(BEGIN_MS + asks.time_ms),
            "query_text": _take(names.queries, np.where(is_search, asks.query, -1)),
            "locale": pa.array(np.where(shoppers.is_chinese[asks.who], CHINESE, ENGLISH)),
            "market": pa.repeat("US", size),
            "filters": nothing,
            "shopper_id": shopper_ids(shoppers, asks.who),
            "session_id": _session_ids(shoppers, requests, slice(None)),
            "total": pa.array(found.astype(np.int64)),
            "generation": pa.repeat("", size),
            "candidates": pa.ListArray.from_arrays(ends, candidates),
            "artefacts": _no_map(size, pa.string()),
            "degraded": nothing,
            "latency_ms": pa.array(np.zeros(size)),
            "domain": pa.array(np.where(is_search, "search", "feed")),
        }
    )


def event_table(names: Names, behaviour: Behaviour) -> pa.Table:
    """Clicks, carts and purchases, in the order of their time."""
    tables = [_later_table(names, behaviour)]
    for requests in (behaviour.searches, behaviour.feeds):
        tables += _act_tables(names, behaviour.shoppers, requests)
    table = pa.concat_tables(tables)
    return table.take(pa.array(np.argsort(table["timestamp_ms"].to_numpy(), kind="stable")))


def _act_tables(names: Names, shoppers: Shoppers, requests: Requests) -> list[pa.Table]:
    asks, ids, tables = requests.asks, request_ids(requests, shoppers), []
    for action, name, seconds in _ACTS:
        at, position = np.nonzero(getattr(requests.acts, name))
        rows = requests.shown.rows[at, position]
        after_ms = requests.acts.pause_ms[at] + 1_000 * (seconds + 3 * position)
        tables.append(
            pa.table(
                {
                    "action": pa.repeat(action, len(at)),
                    "timestamp_ms": BEGIN_MS + asks.time_ms[at] + after_ms,
                    "shopper_id": shopper_ids(shoppers, asks.who[at]),
                    "session_id": _session_ids(shoppers, requests, at),
                    "query_id": _take(ids, at),
                    "product_id": _take(names.products, rows),
                    "sku": _take(names.skus, rows),
                    "position": pa.array(position.astype(np.int32)),
                    "attributes": _no_map(len(at), pa.string()),
                }
            )
        )
    return tables


def _later_table(names: Names, behaviour: Behaviour) -> pa.Table:
    """Purchases through another door: nothing in a row names the search that led to it."""
    later, searches = behaviour.later, behaviour.searches
    rows = searches.shown.rows[later.request, later.position]
    size = len(rows)
    offsets = np.arange(size + 1, dtype=np.int32)
    doors = pa.array(DOORS).take(pa.array(later.door))
    return pa.table(
        {
            "action": pa.repeat(PURCHASE, size),
            "timestamp_ms": BEGIN_MS + later.time_ms,
            "shopper_id": shopper_ids(behaviour.shoppers, searches.asks.who[later.request]),
            "session_id": pa.nulls(size, pa.string()),
            "query_id": pa.nulls(size, pa.string()),
            "product_id": _take(names.products, rows),
            "sku": _take(names.skus, rows),
            "position": pa.nulls(size, pa.int32()),
            "attributes": pa.MapArray.from_arrays(offsets, pa.repeat("door", size), doors),
        }
    )


def _session_ids(shoppers: Shoppers, requests: Requests, at: Ints | slice) -> pa.Array:
    kind = "g" if (requests.asks.query == NONE).all() else "v"
    return _numbered(f"{kind}{shoppers.first // BLOCK:05d}-", requests.asks.visit[at], 6)


def _take(names: pa.Array, at: NDArray[np.int32] | Ints) -> pa.Array:
    """Names at those places; -1 is the last."""
    return names.take(pa.array(np.where(at < 0, len(names) - 1, at)))


def _numbered(prefix: str, numbers: Ints, digits: int) -> pa.Array:
    padded = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), digits, "0")
    return pc.binary_join_element_wise(prefix, padded, "")


def _map_of(name: str, values: NDArray[np.float64]) -> pa.Array:
    """One entry, `name`, for each row."""
    offsets = np.arange(len(values) + 1, dtype=np.int32)
    return pa.MapArray.from_arrays(offsets, pa.repeat(name, len(values)), pa.array(values))


def _no_map(size: int, kind: pa.DataType) -> pa.Array:
    offsets = np.zeros(size + 1, dtype=np.int32)
    return pa.MapArray.from_arrays(offsets, pa.array([], pa.string()), pa.array([], kind))
