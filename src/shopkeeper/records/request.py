"""What is asked of the shop, and what is its answer?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from shopkeeper.records.candidate import Candidate, Part, total
from shopkeeper.records.errors import InvalidRequest
from shopkeeper.records.filters import Clause, SortKey
from shopkeeper.records.product import Product
from shopkeeper.records.query import Query, Rewrite, Shopper, Understanding
from shopkeeper.records.trace import StageReport

LARGEST_PAGE = 200
LONGEST_QUERY = 512
"""Characters; what is longer is no query."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One page of results, please. An empty query text browses the whole shop."""

    query: Query
    query_id: str
    filters: tuple[Clause, ...] = ()
    facets: tuple[str, ...] | None = None
    """Fields to count; None asks for those that suit this result set, () for none."""
    sort: tuple[SortKey, ...] = ()
    """Empty: by relevance."""
    offset: int = 0
    size: int = 24
    shopper: Shopper | None = None
    explain: bool = False
    timeout_ms: float | None = None
    """None: the shop's default."""

    def __post_init__(self) -> None:
        if len(self.query.text) > LONGEST_QUERY:
            raise InvalidRequest(
                f"query of {len(self.query.text):,} characters", expected=f"≤ {LONGEST_QUERY}"
            )
        if self.offset < 0:
            raise InvalidRequest(f"offset {self.offset}", expected="0 or more")
        if not 0 <= self.size <= LARGEST_PAGE:
            raise InvalidRequest(f"size {self.size}", expected=f"0 … {LARGEST_PAGE}")
        if self.timeout_ms is not None and not 1 <= self.timeout_ms <= 60_000:
            raise InvalidRequest(f"timeout_ms {self.timeout_ms:g}", expected="1 … 60,000")


@dataclass(frozen=True, slots=True)
class Why:
    """How the hit came to its place.

    `differs` names the first element of the order (pin, tier, score; or a sort field) on which the
    hit differs from the one below it; None on the last hit.
    """

    matched: tuple[str, ...]
    """Fields and words that matched, as in ``title: tent``."""
    differs: str | None


@dataclass(frozen=True, slots=True)
class Hit:
    """One product on the page, and the variant that matched."""

    product: Product
    sku: str
    rank: int
    """From 1, over the whole result set."""
    parts: tuple[Part, ...]
    tier: int = 0
    pin: int = 0
    """0: not pinned; otherwise higher comes first."""
    why: Why | None = None

    @property
    def score(self) -> float:
        """The float64 sum of the parts, left to right: the definition of the score."""
        return total(self.parts)


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value that a click would filter on; `count` products of the result set have it."""

    value: str
    count: int
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of a field, counted as if the field's own filter were off (multi-select).

    A number field also gives `low` and `high`, the ends of its range in the result set.
    """

    field: str
    values: tuple[FacetValue, ...]
    low: float | None = None
    high: float | None = None
    distinct: int | None = None
    """How many values there are in all, when more than those listed."""


@dataclass(frozen=True, slots=True)
class SearchResponse:
    """A page, and everything that says how it came about."""

    request: SearchRequest
    hits: tuple[Hit, ...]
    total: int
    facets: tuple[Facet, ...]
    stages: tuple[StageReport, ...]
    generation: str
    """The index generation that the result set is defined on."""
    understanding: Understanding | None = None
    fit: float | None = None
    """0 … 1: how sure the shop is that something fits; None when it cannot tell."""
    redirect: str | None = None
    blocked_by: str | None = None
    """The deny rule that emptied the page."""
    rules: tuple[str, ...] = ()
    """Ids of the merchandising rules that fired."""
    suggestions: tuple[str, ...] = ()
    """Queries that would find something, on a page that found nothing."""
    artefacts: Mapping[str, str] = field(default_factory=dict)
    """Version of every artefact that took part, by name."""
    latency_ms: float = 0.0

    @property
    def degraded(self) -> tuple[str, ...]:
        """Names of the stages that should have worked and did not."""
        return tuple(report.stage for report in self.stages if report.state == "degraded")


SuggestionKind: TypeAlias = Literal["query", "category", "brand", "product"]


@dataclass(frozen=True, slots=True)
class SuggestRequest:
    """What could the shopper mean by these first letters? No letters: hints before typing."""

    query: Query
    size: int = 8
    shopper: Shopper | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.size <= 50:
            raise InvalidRequest(f"size {self.size}", expected="1 … 50")
        if len(self.query.text) > LONGEST_QUERY:
            raise InvalidRequest("the query is too long", expected=f"≤ {LONGEST_QUERY} characters")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A line under the search box; `hits` is what it finds now, and it finds something."""

    text: str
    kind: SuggestionKind
    hits: int
    score: float = 0.0
    product_id: str | None = None
    clause: Clause | None = None
    """For a brand or category: the filter that a click sets."""


@dataclass(frozen=True, slots=True)
class SuggestResponse:
    request: SuggestRequest
    suggestions: tuple[Suggestion, ...]
    stages: tuple[StageReport, ...] = ()
    latency_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Boost:
    """A merchant's rule raises what satisfies the clause by `weight`; below 0 it buries."""

    clause: Clause
    weight: float
    rule: str
    """Its id, which names the part of the score."""


@dataclass(frozen=True, slots=True)
class RetrieveRequest:
    """What retrieval needs: the understood query and what defines the result set."""

    understanding: Understanding
    rewrites: tuple[Rewrite, ...] = ()
    filters: tuple[Clause, ...] = ()
    """The shopper's: a facet is counted as if those on its own field were off."""
    fixed_filters: tuple[Clause, ...] = ()
    """The shop's (merchandising, guard): always on."""
    pinned: tuple[str, ...] = ()
    """Product ids that belong to the set whether or not they match, if they pass the filters; they
    stand in the head."""
    boosts: tuple[Boost, ...] = ()
    facets: tuple[str, ...] | None = None
    sort: tuple[SortKey, ...] = ()
    window: int = 200
    """How many leading candidates the later stages may reorder."""
    offset: int = 0
    size: int = 24
    shopper: Shopper | None = None
    explain: bool = False
    """Fill each candidate's `matched`."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The result set, fixed on one generation.

    `head` is its first `window` candidates in fused order; `tail` is the part of the asked page
    that lies behind the window.
    """

    generation: str
    total: int
    head: tuple[Candidate, ...]
    tail: tuple[Candidate, ...]
    facets: tuple[Facet, ...]
    fit: float | None = None
    legs: tuple[StageReport, ...] = ()
    """What each leg (lexical, dense) did, reported like a stage."""


@dataclass(frozen=True, slots=True)
class Merchandising:
    """What the merchants' rules ask for on this query."""

    pins: tuple[str, ...] = ()
    """Product ids, the first on top."""
    boosts: tuple[Boost, ...] = ()
    filters: tuple[Clause, ...] = ()
    redirect: str | None = None
    fired: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """May this be shown? `blocked_by` names the rule when not; `hidden` are product ids."""

    allowed: bool
    blocked_by: str | None = None
    hidden: frozenset[str] = frozenset()
