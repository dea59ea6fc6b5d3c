"""What did real shoppers do? Searches, clicks, sessions, purchases and displays of public sets.

Each source knows only a part, and knows it under conditions that a comparison has to copy; they
stand beside each reader. `experiment.behaviour_likeness` profiles the same records, wherever from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import orjson

from shopkeeper.data.columns import milliseconds, read_columns, read_whole_lines
from shopkeeper.records import InvalidRecord, InvalidRequest

SessionSetName: TypeAlias = Literal["retailrocket", "diginetica"]
SESSION_SETS: tuple[SessionSetName, ...] = get_args(SessionSetName)
DisplayPolicy: TypeAlias = Literal["random", "bts"]
DISPLAY_POLICIES: tuple[DisplayPolicy, ...] = get_args(DisplayPolicy)


@dataclass(frozen=True, slots=True)
class Search:
    """One search, and what was clicked on its results, in the order of the clicks."""

    shopper_id: str
    text: str
    timestamp_ms: int
    clicked: tuple[str, ...]
    """Product ids; one that was clicked twice stands twice."""
    first_click_ms: int | None
    """From the search to its first click; None without a click."""


@dataclass(frozen=True, slots=True)
class Session:
    """The products that were looked at in one visit, in order."""

    id: str
    product_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Purchase:
    """One line of an order."""

    shopper_id: str
    order_id: str
    timestamp_ms: int
    product_id: str
    category: str | None
    """One class of a few hundred; None when the source does not know the product."""


@dataclass(frozen=True, slots=True)
class Display:
    """One product that was shown; `position` counts from 0."""

    id: str
    product_id: str
    position: int
    clicked: bool
    propensity: float
    """Probability that the policy shows this product at this position."""


def load_searches(data_dir: Path) -> tuple[Search, ...]:
    """Best Buy's mobile searches of August to October 2011, Xbox category, by time.

    A search is known by its clicks alone: **every one has a click**, so compare with simulated
    searches that have one. Clicks of a shopper with equal text and query time are one search.
    """
    path = data_dir / "bestbuy-search-clicks" / "clicks.csv.gz"
    clicks: dict[tuple[str, str, int], list[tuple[int, str]]] = {}
    for row, values in read_columns(path, ["user", "query", "sku", "query_time", "click_time"]):
        shopper_id, text, product_id, *times = values
        asked, clicked = (milliseconds(time, where=f"{path}:{row}") for time in times)
        if clicked < asked:
            raise InvalidRecord("a click before its search", where=f"{path}:{row}")
        clicks.setdefault((shopper_id, text, asked), []).append((clicked, product_id))
    searches = []
    for (shopper_id, text, asked), of_search in clicks.items():
        of_search.sort()
        clicked_ids = tuple(product_id for _, product_id in of_search)
        searches.append(Search(shopper_id, text, asked, clicked_ids, of_search[0][0] - asked))
    return tuple(sorted(searches, key=lambda s: (s.timestamp_ms, s.shopper_id)))


def load_sessions(name: str, data_dir: Path) -> Iterator[Session]:
    """Click sessions of RetailRocket or Diginetica; an id is the number of its line.

    **Sessions under three looks (RetailRocket) or two (Diginetica) were left out** when published,
    and products under five: compare with simulated sessions that were cut likewise.
    """
    if name not in SESSION_SETS:
        raise InvalidRequest(f"session set {name!r}", expected=" or ".join(SESSION_SETS))
    path = data_dir / "session-sequences" / f"{name}_train_sessions.jsonl.gz"
    for number, line in read_whole_lines(path):
        try:
            items = orjson.loads(line)
        except orjson.JSONDecodeError:
            items = None
        if not (isinstance(items, list) and items and all(type(item) is int for item in items)):
            raise InvalidRecord(
                f"{line!r:.60}", where=f"{path}:{number}", expected="a list of product numbers"
            )
        yield Session(str(number), tuple(map(str, items)))


def load_purchases(data_dir: Path) -> Iterator[Purchase]:
    """A year of Complete Journey's grocery purchases, in some 300 categories.

    **About one line in twenty** (75,000 of 1,469,307 were drawn at random): what is bought again
    is mostly unseen here. Compare with a simulated year that was thinned to as few lines.
    """
    folder = data_dir / "complete-journey"
    categories = _categories(folder / "products.csv.gz")
    path = folder / "transactions_sample.csv.gz"
    columns = ["household_id", "basket_id", "transaction_timestamp", "product_id"]
    for row, (household, basket, time, product_id) in read_columns(path, columns):
        timestamp_ms = milliseconds(time, where=f"{path}:{row}")
        yield Purchase(household, basket, timestamp_ms, product_id, categories.get(product_id))


def load_displays(policy: str, data_dir: Path) -> Iterator[Display]:
    """Impressions of a fashion shop's three recommendation slots (Open Bandit, small).

    Args:
        policy: "random" shows each product at each position with the same probability, so that
            clicks by position are what position does; "bts" (Thompson sampling) does not.
        data_dir: the folder that holds ``open-bandit-sample``.
    """
    if policy not in DISPLAY_POLICIES:
        raise InvalidRequest(f"display policy {policy!r}", expected=" or ".join(DISPLAY_POLICIES))
    columns = ["row", "item_id", "position", "click", "propensity_score"]
    for campaign in ("men", "women"):
        path = data_dir / "open-bandit-sample" / f"{policy}_{campaign}.csv.gz"
        for row, (id_, item, position, click, propensity) in read_columns(path, columns):
            try:
                place, clicked, probability = int(position), bool(int(click)), float(propensity)
            except ValueError:
                raise InvalidRecord("no numbers", where=f"{path}:{row}") from None
            if place < 1 or not 0 < probability <= 1:
                raise InvalidRecord(
                    f"position {place}, propensity {probability}",
                    where=f"{path}:{row}",
                    expected="1 or more, and 0 < propensity ≤ 1",
                )
            yield Display(
                f"{campaign}-{id_}", f"{campaign}-{item}", place - 1, clicked, probability
            )


def _categories(path: Path) -> Mapping[str, str]:
    rows = read_columns(path, ["product_id", "product_category"], blank=["product_category"])
    return {cells.values[0]: cells.values[1] for cells in rows if cells.values[1]}
