"""Who counts and times what is served?"""

from __future__ import annotations

from typing import Protocol

from shopkeeper.records import SearchResponse, SuggestResponse


class Observer(Protocol):
    """Sees every response once, in the request's own thread: count, observe, return.

    A response carries its total latency and one report per stage, so nothing else is needed for
    counters by stage and state and for histograms of time.
    """

    def observe(self, shop_id: str, response: SearchResponse | SuggestResponse) -> None: ...
