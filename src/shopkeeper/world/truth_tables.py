"""What caused it? The truth about a block of the log, which no learner may read.

The tables join with the log on ids. Only experiments, checks and a person with the switch on look
at them.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shopkeeper.world.behaviour import DOORS, Behaviour, Requests
from shopkeeper.world.candidates import Candidates
from shopkeeper.world.choice import NONE
from shopkeeper.world.logs import BEGIN_MS, request_ids, shopper_ids
from shopkeeper.world.market import Market
from shopkeeper.world.names import Names
from shopkeeper.world.sessions import FEED_SHIFT
from shopkeeper.world.shoppers import Shoppers


def candidate_table(
    names: Names, market: Market, shoppers: Shoppers, requests: Requests, kept: Candidates
) -> pa.Table:
    """Grades and odds of every logged candidate, in the order of the serve log.

    The odds of a candidate that was not shown are those it would have had.
    """
    there = kept.is_there
    is_feed = bool((requests.asks.query == NONE).all())
    odds = market.response.odds(
        shoppers,
        requests.asks.who,
        kept.rows,
        kept.told,
        kept.true,
        shift=FEED_SHIFT if is_feed else 0.0,
    )
    examined = np.zeros(there.shape, dtype=np.bool_)
    examined[:, : kept.exposed] = requests.acts.examined
    ids = request_ids(requests, shoppers)
    return pa.table(
        {
            "query_id": ids.take(pa.array(np.nonzero(there)[0])),
            "product_id": names.products.take(pa.array(kept.rows[there])),
            "grade": kept.told[there],
            "true_grade": kept.true[there],
            "examined": examined[there],
            "click": odds.click[there].astype(np.float32),
            "cart": odds.cart[there].astype(np.float32),
            "buy": odds.buy[there].astype(np.float32),
        }
    )


def cause_table(names: Names, behaviour: Behaviour) -> pa.Table:
    """The search and position that led to each purchase through another door."""
    later, searches = behaviour.later, behaviour.searches
    rows = searches.shown.rows[later.request, later.position]
    ids = request_ids(searches, behaviour.shoppers)
    return pa.table(
        {
            "timestamp_ms": BEGIN_MS + later.time_ms,
            "shopper_id": shopper_ids(behaviour.shoppers, searches.asks.who[later.request]),
            "product_id": names.products.take(pa.array(rows)),
            "query_id": ids.take(pa.array(later.request)),
            "position": later.position,
            "door": pa.array(DOORS).take(pa.array(later.door)),
        }
    )


def shopper_table(market: Market, shoppers: Shoppers) -> pa.Table:
    """Tastes and interests."""
    size = len(shoppers)
    aisles = pa.array([aisle.category for aisle in market.shelves.aisles])
    brands = pa.array(market.shelves.brands)
    interests = shoppers.interests.reshape(size, -1)
    return pa.table(
        {
            "shopper_id": shopper_ids(shoppers, np.arange(size)),
            "taste": _lists(pa.array(shoppers.taste.ravel()), size),
            "favourites": _lists(brands.take(pa.array(shoppers.favourites.ravel())), size),
            "thrift": shoppers.thrift,
            "interests": _lists(aisles.take(pa.array(interests.ravel())), size),
            "change_day": shoppers.change_day,
            "rate": shoppers.rate,
            "is_chinese": shoppers.is_chinese,
        }
    )


def _lists(values: pa.Array, size: int) -> pa.Array:
    """[size] Lists of equal length."""
    return pa.FixedSizeListArray.from_arrays(values, len(values) // max(size, 1))
