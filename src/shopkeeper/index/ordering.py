"""In what first order do the matches stand, and which addends make each score?

The head (the best by words up to a depth, everything that the meaning found, the pins) carries
fused scores. The tail behind it matched by words only, and stands in that order, one tier below;
where nothing was asked, popularity takes the words' place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.columns import Mask
from shopkeeper.index.filters import rows_satisfying
from shopkeeper.index.fit import FIRST, first_similarity
from shopkeeper.index.fusion import Fusion, WeightedSum
from shopkeeper.index.matching import Matching
from shopkeeper.index.snapshot import Ordinals, Snapshot
from shopkeeper.records import Boost, Clause, Constraint, InvalidRequest, Range

TAIL_TIER = -1


@dataclass(frozen=True, slots=True)
class OrderConfig:
    """How scores are made."""

    fusion: Fusion = field(default_factory=WeightedSum)
    depth: int = 1000
    """How many products, best by words first, get a fused score."""
    constraint_weight: float = 0.1
    """Added, times its confidence, where a wish read from the query is fulfilled."""
    limit_weight: float = 0.5
    """The same where the wish is a limit, as in "under 150": half of the best score there is."""
    popularity_weight: float = 0.0
    """Added for the most popular product of the shop; less popular ones get a logarithmic share."""

    def __post_init__(self) -> None:
        if self.depth < 1:
            raise InvalidRequest(f"depth {self.depth}", expected="1 or more")


@dataclass(frozen=True, slots=True)
class Ordered:
    """The result set in its order.

    Attributes:
        places: [n] where each product of the order stands among the members, the best first.
        head: how many of them have a fused score.
        names: the addends' names.
        addends: [len(names), head]; column i are those of the product at place i of the order.
        tail_name: the name of the only addend that the tail has.
        tail_addends: [n − head] that addend; empty when the tail is not reached.
        first_similarity: mean cosine of the first products; NaN without the dense leg.
    """

    places: NDArray[np.int64]
    head: int
    names: tuple[str, ...]
    addends: NDArray[np.float64]
    tail_name: str
    tail_addends: NDArray[np.float64]
    first_similarity: float


def order(
    matching: Matching,
    members: Ordinals,
    near: Ordinals,
    constraints: Sequence[Constraint],
    boosts: Sequence[Boost],
    config: OrderConfig,
    reach: int | None = None,
) -> Ordered:
    """Put the members, ascending, in fused order.

    Args:
        reach: how many places will be looked at; behind them, and behind the head, the order is
            not to be relied on. None: all of it is.
    """
    of_all = matching.snapshot.popularity if matching.is_everything else matching.lexical
    first = of_all[members].astype(np.float32)
    leads = leading(first, config.depth)
    leads[np.searchsorted(members, near)] = True
    if len(matching.pinned):
        leads[_places_of(matching.pinned, members)] = True
    head, tail = np.flatnonzero(leads), np.flatnonzero(~leads)

    ordinals = members[head]
    lexical = known_or_nan(matching, ordinals)
    similarity = matching.similarity(ordinals)
    by_leg = config.fusion.addends(lexical, similarity, matching.best_lexical)
    parts = dict(zip(("lexical", "dense"), by_leg, strict=True))
    parts |= _extras(matching, ordinals, constraints, boosts, config)
    kept = {name: values for name, values in parts.items() if values.any()}
    score = np.zeros(len(head))
    for values in kept.values():
        score += values
    best_first = np.argsort(-score, kind="stable")
    leaders = best_first[:FIRST]
    tail_addends = np.empty(0)
    if len(tail) and (reach is None or reach > len(head)):
        tail = tail[_descending(first[tail])]
        tail_addends = _tail_addends(matching, members[tail], config)
    names = tuple(kept) or ("lexical",)
    addends = np.zeros((len(names), len(head)))
    for row, name in enumerate(kept):
        addends[row] = kept[name][best_first]
    return Ordered(
        np.concatenate([head[best_first], tail]),
        len(head),
        names,
        addends,
        "popularity" if matching.is_everything else "lexical",
        tail_addends,
        first_similarity(score[leaders], similarity[leaders]),
    )


def _tail_addends(matching: Matching, tail: Ordinals, config: OrderConfig) -> NDArray[np.float64]:
    if matching.is_everything:
        return matching.snapshot.popularity[tail]
    nothing = np.full(len(tail), np.nan)
    words, _ = config.fusion.addends(known_or_nan(matching, tail), nothing, matching.best_lexical)
    return words


def known_or_nan(matching: Matching, ordinals: Ordinals) -> NDArray[np.float64]:
    """The lexical scores; NaN where the words do not match."""
    lexical = matching.lexical[ordinals].astype(np.float64)
    lexical[~matching.by_words[ordinals]] = np.nan
    return lexical


def leading(first: NDArray[np.float32], depth: int) -> Mask:
    """The `depth` highest, of equal ones the first."""
    if len(first) <= depth:
        return np.ones(len(first), np.bool_)
    least = np.partition(first, -depth)[-depth]
    leads = np.asarray(first > least)
    leads[np.flatnonzero(first == least)[: depth - np.count_nonzero(leads)]] = True
    return leads


def _places_of(wanted: Ordinals, members: Ordinals) -> NDArray[np.int64]:
    """Where those of the wanted stand that are members."""
    places = np.searchsorted(members, wanted)
    places = places[places < len(members)]
    return places[np.isin(members[places], wanted)]


def _descending(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """The permutation that puts the highest first, of equal ones the earlier; none is below 0.

    The bits of such floats ascend as they do, and whole numbers sort ten times as fast.
    """
    places = np.arange(len(values), dtype=np.uint64)
    keys = (~values.view(np.uint32)).astype(np.uint64) << np.uint64(32) | places
    keys.sort()
    return (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)


def _extras(
    matching: Matching,
    head: Ordinals,
    constraints: Sequence[Constraint],
    boosts: Sequence[Boost],
    config: OrderConfig,
) -> dict[str, NDArray[np.float64]]:
    snapshot = matching.snapshot
    extras: dict[str, NDArray[np.float64]] = {}
    for wish in constraints:
        is_limit = isinstance(wish.clause, Range)
        worth = (config.limit_weight if is_limit else config.constraint_weight) * wish.confidence
        extras[f"wish {wish.clause}"] = worth * fulfils(snapshot, head, wish.clause)
    for boost in boosts:
        extras[f"rule {boost.rule}"] = boost.weight * fulfils(snapshot, head, boost.clause)
    weight = 1.0 if matching.is_everything else config.popularity_weight
    if weight:
        extras["popularity"] = weight * snapshot.popularity[head]
    return extras


def fulfils(snapshot: Snapshot, ordinals: Ordinals, clause: Clause) -> NDArray[np.float64]:
    """1.0 where a variant of the product satisfies the clause, else 0.0."""
    result = np.zeros(len(ordinals))
    for view, at, own in snapshot.split(ordinals):
        rows = view.columns.rows_of(own)
        satisfied = rows_satisfying(view.columns, view.volatile, (clause,), snapshot.currency, rows)
        result[at] = np.logical_or.reduceat(satisfied, view.columns.bounds_of(own)[:-1])
    return result
