"""What did the shopper do? In the words of OpenSearch User Behavior Insights 1.3.0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

IMPRESSION, CLICK, CART, PURCHASE = "impression", "click", "add_to_cart", "purchase"
"""The actions that training reads; a shop may send any other."""


@dataclass(frozen=True, slots=True)
class Event:
    """One action on one object. `position` counts from 0 on the page, None when there was none."""

    action: str
    timestamp_ms: int
    """Since 1970-01-01 UTC."""
    shopper_id: str | None = None
    session_id: str | None = None
    query_id: str | None = None
    """Of the response that showed the object; None when it was reached another way."""
    product_id: str | None = None
    sku: str | None = None
    position: int | None = None
    attributes: Mapping[str, str | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoggedCandidate:
    """One row of the serve log: a candidate as the request's stages saw it."""

    product_id: str
    sku: str
    exposed: bool
    position: int | None
    """On the page, from 0; None when the candidate was not shown."""
    propensity: float
    """Probability that the logging policy shows the candidate where it did; of an unexposed one,
    the probability that it was sampled into the log."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Parts of the score, by name."""
    features: Mapping[str, float] = field(default_factory=dict)
    """Value of each named, versioned feature."""


@dataclass(frozen=True, slots=True)
class ServeLogRow:
    """Everything needed to train on, replay or audit one response. Events join on `query_id`."""

    query_id: str
    shop_id: str
    timestamp_ms: int
    query_text: str
    locale: str
    market: str
    filters: tuple[str, ...]
    shopper_id: str | None
    session_id: str | None
    total: int
    generation: str
    candidates: tuple[LoggedCandidate, ...]
    artefacts: Mapping[str, str] = field(default_factory=dict)
    degraded: tuple[str, ...] = ()
    latency_ms: float = 0.0
    domain: Literal["search", "feed"] = "search"
    """search: a query was asked · feed: nobody asked, and `query_text` is empty."""
