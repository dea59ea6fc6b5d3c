"""From a request to its result set: page, count, facets, on one snapshot.

Everything here is a pure function of (snapshot, request, configuration).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.columns import Mask
from shopkeeper.index.facets import facet, suitable_fields, tally, without
from shopkeeper.index.filters import NEVER_COUNTED, check_fields, rows_passing
from shopkeeper.index.fit import FitConfig
from shopkeeper.index.matching import MatchConfig, Matching, Reading
from shopkeeper.index.ordering import (
    TAIL_TIER,
    OrderConfig,
    Ordered,
    deciding_rows,
    order,
    sorted_by,
)
from shopkeeper.index.snapshot import Ordinals, Snapshot
from shopkeeper.index.words import WordWeights
from shopkeeper.records import (
    Candidate,
    Facet,
    InvalidRequest,
    Part,
    Retrieved,
    RetrieveRequest,
)


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
    config: RetrievalConfig,
) -> Retrieved:
    """Define the result set and give its window, its asked page and its facets.

    Raises InvalidRequest for a filter, facet or sort by a field that the shop does not have.
    """
    check_fields(snapshot.fields, (clause.field for clause in request.filters), "filter")
    check_fields(snapshot.fields, request.facets or (), "count")
    check_fields(snapshot.sort_fields, (key.field for key in request.sort), "sort")
    matching = Matching(snapshot, readings, request.pinned, config.match)
    rows = matching.rows((*request.filters, *request.fixed_filters))
    members, near = matching.members(rows)
    wishes, boosts = request.understanding.constraints, request.boosts
    ordered = order(matching, members, near, wishes, boosts, config.order)
    if request.sort:
        places = sorted_by(snapshot, ordered.ordinals, rows, request.sort)
    else:
        places = _pinned_first(ordered.ordinals, matching.pinned)
    in_page = slice(max(request.offset, request.window), request.offset + request.size)
    shown = [places[: request.window], places[in_page]]
    masks = _rows_to_show(snapshot, rows, request)
    head, tail = (_candidates(matching, ordered, masks, chosen, request) for chosen in shown)
    return Retrieved(
        generation=snapshot.generation,
        total=len(places),
        head=head,
        tail=tail,
        facets=_facets(matching, members, rows, ordered.ordinals[places], request, config),
        fit=config.fit.fit(ordered.first_similarity),
    )


def _pinned_first(ordinals: Ordinals, pinned: Ordinals) -> NDArray[np.int64]:
    """The permutation that puts the pinned products on top; the others follow as they were."""
    turns = np.full(len(ordinals), len(pinned))
    for turn, ordinal in enumerate(pinned):
        turns[ordinals == ordinal] = turn
    return np.argsort(turns, kind="stable")


def _candidates(
    matching: Matching,
    ordered: Ordered,
    masks: Sequence[Sequence[Mask]],
    places: NDArray[np.int64],
    request: RetrieveRequest,
) -> tuple[Candidate, ...]:
    snapshot = matching.snapshot
    pins = {product_id: len(request.pinned) - i for i, product_id in enumerate(request.pinned)}
    matched = _matched(snapshot, ordered.ordinals[places], request) if request.explain else {}
    masks_of = {id(view): own for view, own in zip(snapshot.views, masks, strict=True)}
    found = []
    for place in places.tolist():
        view, ordinal = snapshot.place(ordered.ordinals[place])
        columns = view.columns
        choices = ((columns.first_match(mask, ordinal), mask) for mask in masks_of[id(view)])
        row = next(row for row, mask in choices if mask[row])
        addends = ordered.addends[:, place].tolist()
        product_id = columns.ids[ordinal]
        found.append(
            Candidate(
                product_id,
                columns.skus[row],
                tuple(Part(n, v) for n, v in zip(ordered.names, addends, strict=True) if v),
                tier=0 if place < ordered.head else TAIL_TIER,
                pin=pins.get(product_id, 0),
                matched=matched.get(product_id, ()),
            )
        )
    return tuple(found)


def _matched(
    snapshot: Snapshot, ordinals: Ordinals, request: RetrieveRequest
) -> dict[str, tuple[str, ...]]:
    """Per product id, the fields and words that matched."""
    found = {}
    for view, _, own in snapshot.split(ordinals):
        notes = view.segment.words.matched(request.understanding.concepts, own.tolist())
        found.update({view.columns.ids[ordinal]: said for ordinal, said in notes.items()})
    return found


def _rows_to_show(
    snapshot: Snapshot, rows: Sequence[Mask], request: RetrieveRequest
) -> list[list[Mask]]:
    """Per view, masks of passing rows, the best first: the first that has one names the variant.

    "red shoe" shows the red one, if it is in stock; a page sorted by price shows the variant with
    that price.
    """
    wishes = tuple(wish.clause for wish in request.understanding.constraints)
    result = []
    for view, passing in zip(snapshot.views, rows, strict=True):
        wished = passing & (view.volatile.stock != 0)
        if wishes:
            wished &= rows_passing(view.columns, view.volatile, wishes, snapshot.currency)
        result.append([wished, passing])
    if request.sort:
        decided = deciding_rows(snapshot, rows, request.sort[0])
        for masks, deciding in zip(result, decided, strict=True):
            masks[:0] = [masks[0] & deciding, deciding]
    return result


def _facets(
    matching: Matching,
    members: Mask,
    rows: Sequence[Mask],
    ordinals: Ordinals,
    request: RetrieveRequest,
    config: RetrievalConfig,
) -> tuple[Facet, ...]:
    fields = request.facets
    if fields is None:
        fields = _default_facets(matching.snapshot, ordinals, request, config)
    snapshot, filtered = matching.snapshot, {clause.field for clause in request.filters}
    in_set = _in_set(snapshot, rows, members)
    result = []
    for name in fields:
        counted = in_set
        if name in filtered:
            others = (*without(request.filters, name), *request.fixed_filters)
            rows_then = matching.rows(others)
            counted = _in_set(snapshot, rows_then, matching.members(rows_then)[0])
        tallies = [
            tally(view.columns, view.volatile, own, name, snapshot.currency)
            for view, own in zip(snapshot.views, counted, strict=True)
        ]
        shown = facet(name, tallies, request.filters)
        if shown.values or shown.low is not None:
            result.append(shown)
    return tuple(result)


def _in_set(snapshot: Snapshot, rows: Sequence[Mask], members: Mask) -> list[Mask]:
    """Per view, the passing rows of the result set."""
    result = []
    for number, view in enumerate(snapshot.views):
        own = members[snapshot.offsets[number] : snapshot.offsets[number + 1]]
        result.append(rows[number] & own[view.columns.product_of])
    return result


def _default_facets(
    snapshot: Snapshot, ordinals: Ordinals, request: RetrieveRequest, config: RetrievalConfig
) -> tuple[str, ...]:
    fixed = [name for name in config.facets if name in snapshot.fields]
    fixed += [c.field for c in request.filters if c.field not in NEVER_COUNTED]
    sample = ordinals[: request.window]
    columns, rows = [], []
    for view, _, own in snapshot.split(sample):
        columns.append(view.columns)
        rows.append(view.columns.first_row[own])
    chosen = suitable_fields(columns, rows, config.attribute_facets)
    return tuple(dict.fromkeys((*fixed, *chosen)))
