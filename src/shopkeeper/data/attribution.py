"""Which search led to a purchase that came through another door?

    1. a search that showed the product and saw it clicked
    2. a search that showed it
    3. a search that had it among its candidates, without showing it

The first level that fits any search of the shopper within the window wins, and in it the most
recent search: levels go before recency. Zhang et al. 2025 (UniScale) *state* the order of the
levels for conversions; the window and the tie-break are *reconstructed*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shopkeeper.records import CLICK, PURCHASE, Event, ServeLogRow

Level: TypeAlias = Literal["clicked", "exposed", "unexposed"]
LEVELS: tuple[Level, ...] = ("clicked", "exposed", "unexposed")
WINDOW_MS = 72 * 3_600_000
"""How long after a search a purchase may still be its doing."""


@dataclass(frozen=True, slots=True)
class Attributed:
    """A purchase with the search it is credited to."""

    purchase: Event
    query_id: str
    level: Level


def attribute(
    rows: Iterable[ServeLogRow], events: Iterable[Event], *, window_ms: int = WINDOW_MS
) -> Iterator[Attributed]:
    """Credit each purchase that names no search; one that fits no search is left out.

    Args:
        rows: the serve log; searches of unknown shoppers, and feeds, credit nothing.
        events: clicks and purchases.
        window_ms: a search must lie less than this before the purchase.
    """
    kept = list(events)
    clicked = {(event.query_id, event.product_id) for event in kept if event.action == CLICK}
    seen = _searches_by_product(rows, clicked)
    for purchase in kept:
        if purchase.action != PURCHASE or purchase.query_id or purchase.shopper_id is None:
            continue
        candidates = [
            (LEVELS.index(level), purchase.timestamp_ms - time_ms, query_id, level)
            for time_ms, query_id, level in seen.get(
                (purchase.shopper_id, purchase.product_id or ""), ()
            )
            if 0 < purchase.timestamp_ms - time_ms < window_ms
        ]
        if candidates:
            _, _, query_id, level = min(candidates)
            yield Attributed(purchase, query_id, level)


def _searches_by_product(
    rows: Iterable[ServeLogRow], clicked: set[tuple[str | None, str | None]]
) -> Mapping[tuple[str, str], list[tuple[int, str, Level]]]:
    """By (shopper, product): time, query id and level of each search that had the product."""
    seen: dict[tuple[str, str], list[tuple[int, str, Level]]] = {}
    for row in rows:
        if row.shopper_id is None or row.domain != "search":
            continue
        for candidate in row.candidates:
            level: Level = "exposed" if candidate.exposed else "unexposed"
            if (row.query_id, candidate.product_id) in clicked:
                level = "clicked"
            key = row.shopper_id, candidate.product_id
            seen.setdefault(key, []).append((row.timestamp_ms, row.query_id, level))
    return seen
