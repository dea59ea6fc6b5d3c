"""How does a shop's own log become behaviour? The serve log and the events, real or simulated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from shopkeeper.data.behaviour_sets import Display, Purchase, Search, Session
from shopkeeper.experiment.behaviour_likeness import Behaviour
from shopkeeper.records import CLICK, PURCHASE, Event, ServeLogRow


def behaviour_of_log(
    rows: Iterable[ServeLogRow], events: Iterable[Event], categories: Mapping[str, str]
) -> Behaviour:
    """The behaviour that a log holds.

    A search is a row with a shopper and a text; its clicks are those that name its query. A session
    is the clicks with one session id, by time. An order is what a shopper purchases in one session
    or, without one, at one moment. A row without a shopper still gives displays.

    Args:
        rows: of the serve log.
        events: in any order; clicks and purchases are read.
        categories: product id → category, for what is bought again.
    """
    clicks_of_query: dict[str, list[tuple[int, str]]] = defaultdict(list)
    looks: dict[str, list[tuple[int, str]]] = defaultdict(list)
    purchases = []
    for event in events:
        if event.product_id is None:
            continue
        if event.action == CLICK:
            click = (event.timestamp_ms, event.product_id)
            if event.query_id is not None:
                clicks_of_query[event.query_id].append(click)
            if event.session_id is not None:
                looks[event.session_id].append(click)
        elif event.action == PURCHASE and event.shopper_id is not None:
            purchases.append(_purchase(event, event.shopper_id, event.product_id, categories))
    searches, displays = [], list[Display]()
    for row in rows:
        clicks = sorted(clicks_of_query.get(row.query_id, ()))
        if row.shopper_id is not None and row.query_text.strip():
            searches.append(_search(row, row.shopper_id, clicks))
        displays += _displays(row, {product_id for _, product_id in clicks})
    return Behaviour(
        searches=tuple(searches),
        sessions=tuple(
            Session(id_, tuple(product_id for _, product_id in sorted(seen)))
            for id_, seen in looks.items()
        ),
        displays=tuple(displays),
        purchases=tuple(purchases),
    )


def _search(row: ServeLogRow, shopper_id: str, clicks: list[tuple[int, str]]) -> Search:
    first = clicks[0][0] - row.timestamp_ms if clicks else None
    clicked = tuple(product_id for _, product_id in clicks)
    return Search(shopper_id, row.query_text, row.timestamp_ms, clicked, first)


def _displays(row: ServeLogRow, clicked: set[str]) -> Iterable[Display]:
    for candidate in row.candidates:
        if candidate.exposed and candidate.position is not None:
            yield Display(
                id=f"{row.query_id}:{candidate.position}",
                product_id=candidate.product_id,
                position=candidate.position,
                clicked=candidate.product_id in clicked,
                propensity=candidate.propensity,
            )


def _purchase(
    event: Event, shopper_id: str, product_id: str, categories: Mapping[str, str]
) -> Purchase:
    order_id = event.session_id or str(event.timestamp_ms)
    return Purchase(
        shopper_id, order_id, event.timestamp_ms, product_id, categories.get(product_id)
    )
