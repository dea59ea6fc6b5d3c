"""A block of the log as the records that a shop writes, and as a learner reads them."""

from __future__ import annotations

from shopkeeper.data import event_row, serve_row
from shopkeeper.records import Event, ServeLogRow
from shopkeeper.world.behaviour import Behaviour
from shopkeeper.world.candidates import Candidates, feed_candidates, search_candidates
from shopkeeper.world.chance import stream
from shopkeeper.world.logs import event_table, serve_table
from shopkeeper.world.market import Market

_UNEXPOSED = 6
"""The stream of chance that samples unexposed candidates."""


def kept_candidates(market: Market, behaviour: Behaviour) -> tuple[Candidates, Candidates]:
    """What the log keeps of the block's searches, and of its feeds."""
    rng = stream(market.seed, _UNEXPOSED, behaviour.shoppers.first)
    unexposed = market.config.policy.unexposed
    searches = search_candidates(behaviour.searches, market.book, unexposed, rng)
    return searches, feed_candidates(behaviour.feeds)


def log_records(market: Market, behaviour: Behaviour) -> tuple[list[ServeLogRow], list[Event]]:
    """A block's searches and feeds, and its events."""
    names = market.names
    pairs = zip(
        (behaviour.searches, behaviour.feeds), kept_candidates(market, behaviour), strict=True
    )
    rows = [
        serve_row(row)
        for requests, kept in pairs
        for row in serve_table(names, market, behaviour.shoppers, requests, kept).to_pylist()
    ]
    return rows, [event_row(row) for row in event_table(names, behaviour).to_pylist()]
