"""How many shoppers asked each query?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from shopkeeper.records import CART, CLICK, PURCHASE, Event, ServeLogRow
from shopkeeper.stages.suggest.config import SuggestionConfig
from shopkeeper.text import normalise

_DAY_MS = 86_400_000
_TAKEN_UP = frozenset((CLICK, CART, PURCHASE))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the log says of queries."""

    shoppers: dict[str, int]
    """Distinct shoppers of each query, by its casefolded text."""
    latest_ms: int | None
    """Time of the latest row that was read, counted or not; None: there was none."""


def shoppers_by_query(
    rows: Iterable[ServeLogRow], events: Iterable[Event], config: SuggestionConfig | None = None
) -> Asked:
    """Count the shoppers who asked a query and took up something that it found.

    A search is open to whoever reaches the shop, under any id, as often as he likes. So an asking
    counts when an event of the same shopper on the same page says that something was opened or
    bought, which takes a key where events do; and a query counts when that was on `config.days`
    days or more, by the server's clock.

    Nobody counts without an id: who did not consent, or is a session alone. The log cannot tell
    whether two of them are one.
    """
    days = (config or SuggestionConfig()).days
    taken_up = {
        (event.query_id, event.shopper_id)
        for event in events
        if event.action in _TAKEN_UP and event.shopper_id is not None
    }
    shoppers: dict[str, set[str]] = defaultdict(set)
    on_days: dict[str, set[int]] = defaultdict(set)
    latest_ms = None
    for row in rows:
        latest_ms = max(latest_ms or 0, row.timestamp_ms)
        text = normalise(row.query_text).casefold()
        who = row.shopper_id if row.shopper_id != row.session_id else None
        if text and who is not None and (row.query_id, who) in taken_up:
            shoppers[text].add(who)
            on_days[text].add(row.timestamp_ms // _DAY_MS)
    counted = {
        text: len(ids) for text, ids in sorted(shoppers.items()) if len(on_days[text]) >= days
    }
    return Asked(counted, latest_ms)
