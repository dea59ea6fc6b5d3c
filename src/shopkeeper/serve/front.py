"""What does the API need from a shop?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from shopkeeper.records import (
    Deadline,
    Event,
    Forgotten,
    SearchRequest,
    SearchResponse,
    SuggestRequest,
    SuggestResponse,
)
from shopkeeper.records.ports import Catalogue
from shopkeeper.records.rerank import RerankRequest, RerankResponse
from shopkeeper.records.trace import StageState


@dataclass(frozen=True, slots=True)
class Job:
    """Work in the background: embedding the catalogue, compacting the index."""

    name: str
    done: int
    total: int | None = None
    """None: not known yet."""
    message: str = ""


@dataclass(frozen=True, slots=True)
class ShopStatus:
    """The shop at this moment, as operators and the storefront want to know it."""

    shop_id: str
    name: str
    ready: bool
    """The index is open and answers."""
    products: int
    generation: str
    currency: str
    locales: tuple[str, ...]
    notice: str = ""
    """What every shopper is told, as in "Simulated goods."."""
    message: str = ""
    """For operators: why the shop is not ready, or what it does without; empty when all is well."""
    facet_fields: tuple[str, ...] = ()
    """Fields that can be counted and filtered."""
    sort_fields: tuple[str, ...] = ()
    artefacts: Mapping[str, str] = field(default_factory=dict)
    """Version of every artefact that serves, by name."""
    stages: Mapping[str, StageState] = field(default_factory=dict)
    jobs: tuple[Job, ...] = ()
    simulated: bool = False
    """A simulated marketplace is open behind the shop: GET /v1/simulation."""


@runtime_checkable
class Shop(Protocol):
    """One shop, ready to be asked. Its methods block, and are called from several threads.

    `search`, `suggest` and `rerank` keep to the deadline, which began when the request came; where
    none is given it begins now. `status` answers at once, from memory.
    """

    @property
    def shop_id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def locale(self) -> str:
        """BCP 47; of requests and of products that name none."""

    @property
    def market(self) -> str:
        """ISO 3166; of requests that name none."""

    @property
    def currency(self) -> str:
        """ISO 4217; of prices that name none."""

    @property
    def timeout_ms(self) -> float:
        """Milliseconds, 1 … 60,000; of searches that name none, and of suggestions."""

    @property
    def pictures(self) -> Path | None:
        """Folder of the shop's own pictures, served under /pictures/; None: it has none."""

    @property
    def catalogue(self) -> Catalogue: ...

    def search(
        self, request: SearchRequest, deadline: Deadline | None = None
    ) -> SearchResponse: ...

    def suggest(
        self, request: SuggestRequest, deadline: Deadline | None = None
    ) -> SuggestResponse: ...

    def rerank(
        self, request: RerankRequest, deadline: Deadline | None = None
    ) -> RerankResponse: ...

    def record(self, events: Sequence[Event]) -> int:
        """Write the events down; how many were new."""

    def forget(self, shopper_id: str) -> Forgotten:
        """Remove all that is known of a shopper; may take as long as reading all of the logs."""

    def status(self) -> ShopStatus: ...
