"""From a request to its result set: page, count, facets, on one snapshot.

Everything here is a pure function of (snapshot, request, configuration).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.columns import Chosen
from shopkeeper.index.facets import facet, suitable_fields, tally, without
from shopkeeper.index.filters import NEVER_COUNTED, Passing, check_fields, rows_satisfying
from shopkeeper.index.fit import FitConfig
from shopkeeper.index.matching import MatchConfig, Matching, Reading
from shopkeeper.index.ordering import TAIL_TIER, OrderConfig, Ordered, order
from shopkeeper.index.snapshot import Ordinals, Snapshot
from shopkeeper.index.sorting import shown_rows, sorted_by
from shopkeeper.index.words import WordWeights
from shopkeeper.records import (
    Candidate,
    Facet,
    InvalidRequest,
    Part,
    Retrieved,
    RetrieveRequest,
)

Parts: TypeAlias = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class RetrievalConfig:
    """How the shop matches, orders and counts; the defaults are the shipped ones."""

    match: MatchConfig = field(default_factory=lambda: MatchConfig(WordWeights()))
    order: OrderConfig = field(default_factory=OrderConfig)
    fit: FitConfig = field(default_factory=FitConfig)
    facets: tuple[str, ...] = ("category", "brand", "price", "rating", "in_stock")
    """Facets of every page; attribute facets that suit the result set follow."""
    attribute_facets: int = 6
    """How many attribute facets are chosen per page."""

    def __post_init__(self) -> None:
        if self.attribute_facets < 0:
            raise InvalidRequest("attribute_facets below 0", expected="0 or more")


def retrieve(
    snapshot: Snapshot,
    request: RetrieveRequest,
    readings: Sequence[Reading],
    vectors: Callable[[], Sequence[NDArray[np.float32]]],
    config: RetrievalConfig,
) -> Retrieved:
    """Define the result set and give its window, its asked page and its facets.

    Args:
        vectors: gives the readings' unit vectors, or none; called when all is done that needs none.

    Raises InvalidRequest for a filter, facet or sort by a field that the shop does not have.
    """
    check_fields(snapshot.fields, (clause.field for clause in request.filters), "filter")
    check_fields(snapshot.fields, request.facets or (), "count")
    check_fields(snapshot.sort_fields, (key.field for key in request.sort), "sort")
    matching = Matching(snapshot, readings, request.pinned, config.match)
    passing = matching.passing((*request.filters, *request.fixed_filters))
    matching.join(vectors())
    members, near = matching.members(passing)
    chosen = matching.chosen(members, passing)
    wishes, boosts = request.understanding.constraints, request.boosts
    last = request.offset + request.size
    reach = None if request.sort else max(last, request.window)
    ordered = order(matching, members, near, wishes, boosts, config.order, reach)
    places = np.arange(len(members))
    if request.sort:
        volatiles = [view.volatile for view in snapshot.views]
        by_column = sorted_by(chosen, volatiles, ordered.places, request.sort)
        of_order = np.empty_like(places)
        of_order[ordered.places] = places
        places = of_order[by_column]
    else:
        head = members[ordered.places[: ordered.head]]
        places[: ordered.head] = _pinned_first(head, matching.pinned)
    in_page = slice(max(request.offset, request.window), last)
    shown = [places[: request.window], places[in_page]]
    page = _Page(matching, members, passing, ordered, request)
    sample = members[ordered.places[shown[0]]]
    return Retrieved(
        generation=snapshot.generation,
        total=len(members),
        head=page.candidates(shown[0]),
        tail=page.candidates(shown[1]),
        facets=_facets(matching, chosen, sample, request, config),
        fit=config.fit.fit(ordered.first_similarity),
    )


def _pinned_first(ordinals: Ordinals, pinned: Ordinals) -> NDArray[np.int64]:
    """The permutation that puts the pinned products on top; the others follow as they were."""
    if not len(pinned):
        return np.arange(len(ordinals))
    turns = np.full(len(ordinals), len(pinned))
    for turn, ordinal in enumerate(pinned):
        turns[ordinals == ordinal] = turn
    return np.argsort(turns, kind="stable")


@dataclass(frozen=True, slots=True)
class _Page:
    """Makes candidates of places in the order."""

    matching: Matching
    members: Ordinals
    passing: Sequence[Passing]
    ordered: Ordered
    request: RetrieveRequest

    def candidates(self, places: NDArray[np.int64]) -> tuple[Candidate, ...]:
        snapshot, request = self.matching.snapshot, self.request
        ordinals = self.members[self.ordered.places[places]]
        pins = {product_id: len(request.pinned) - i for i, product_id in enumerate(request.pinned)}
        matched = _matched(snapshot, ordinals, request) if request.explain else {}
        is_head = places < self.ordered.head
        tiers = np.where(is_head, 0, TAIL_TIER).tolist()
        told = zip(*self._named(ordinals), self._parts(places, is_head), tiers, strict=True)
        return tuple(
            [
                Candidate(id_, sku, parts, tier, pins.get(id_, 0), matched.get(id_, ()))
                for id_, sku, parts, tier in told
            ]
        )

    def _parts(self, places: NDArray[np.int64], is_head: NDArray[np.bool_]) -> list[Parts]:
        """The addends of each that are not 0."""
        ordered = self.ordered
        of_tail = ordered.tail_addends[places[~is_head] - ordered.head]
        heads = _nonzero(ordered.names, ordered.addends[:, places[is_head]])
        tails = _nonzero((ordered.tail_name,), of_tail[None])
        return [next(heads if of_head else tails) for of_head in is_head.tolist()]

    def _named(self, ordinals: Ordinals) -> tuple[list[str], list[str]]:
        """The id of each product, and the sku of the variant that stands for it."""
        snapshot, request = self.matching.snapshot, self.request
        wishes = tuple(wish.clause for wish in request.understanding.constraints)
        passing_of = {id(v): p for v, p in zip(snapshot.views, self.passing, strict=True)}
        ids, skus = [""] * len(ordinals), [""] * len(ordinals)
        for view, at, own in snapshot.split(ordinals):
            columns, volatile = view.columns, view.volatile
            rows = columns.rows_of(own)
            wished = volatile.stock[rows] != 0
            wished &= rows_satisfying(columns, volatile, wishes, snapshot.currency, rows)
            by_sort = (volatile, request.sort[0]) if request.sort else None
            best = shown_rows(columns, own, passing_of[id(view)].rows, wished, by_sort)
            named = zip(at.tolist(), columns.ids.take(own), columns.skus.take(best), strict=True)
            for place, product_id, sku in named:
                ids[place], skus[place] = product_id, sku
        return ids, skus


def _nonzero(names: Sequence[str], addends: NDArray[np.float64]) -> Iterator[Parts]:
    """[names, n] → n times the parts whose value is not 0, column by column."""
    by_name = [
        [Part(name, value) if value else None for value in values]
        for name, values in zip(names, addends.tolist(), strict=True)
    ]
    return (tuple(filter(None, parts)) for parts in zip(*by_name, strict=True))


def _matched(
    snapshot: Snapshot, ordinals: Ordinals, request: RetrieveRequest
) -> dict[str, tuple[str, ...]]:
    """Per product id, the fields and words that matched."""
    found = {}
    for view, _, own in snapshot.split(ordinals):
        notes = view.segment.words.matched(request.understanding.concepts, own.tolist())
        found.update({view.columns.ids[ordinal]: said for ordinal, said in notes.items()})
    return found


def _facets(
    matching: Matching,
    chosen: Sequence[Chosen],
    sample: Ordinals,
    request: RetrieveRequest,
    config: RetrievalConfig,
) -> tuple[Facet, ...]:
    fields = request.facets
    if fields is None:
        fields = _default_facets(matching.snapshot, sample, request, config)
    snapshot, filtered = matching.snapshot, {clause.field for clause in request.filters}
    result = []
    for name in fields:
        counted = chosen
        if name in filtered:
            others = (*without(request.filters, name), *request.fixed_filters)
            passing = matching.passing(others)
            counted = matching.chosen(matching.members(passing)[0], passing)
        tallies = [
            tally(own, view.volatile, name, snapshot.currency)
            for view, own in zip(snapshot.views, counted, strict=True)
        ]
        shown = facet(name, tallies, request.filters)
        if shown.values or shown.low is not None:
            result.append(shown)
    return tuple(result)


def _default_facets(
    snapshot: Snapshot, sample: Ordinals, request: RetrieveRequest, config: RetrievalConfig
) -> tuple[str, ...]:
    fixed = [name for name in config.facets if name in snapshot.fields]
    fixed += [c.field for c in request.filters if c.field not in NEVER_COUNTED]
    parts = [Chosen(view.columns, np.sort(own), None) for view, _, own in snapshot.split(sample)]
    chosen = suitable_fields(parts, config.attribute_facets)
    return tuple(dict.fromkeys((*fixed, *chosen)))
