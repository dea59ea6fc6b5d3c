"""In what first order do the matches stand, and which addends make each score?

The head (the best by words up to a depth, everything that the meaning found, the pins) carries
fused scores. The tail behind it matched by words only, and stands in that order, one tier below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.columns import UNKNOWN, Mask
from shopkeeper.index.filters import rows_passing
from shopkeeper.index.fit import first_similarity
from shopkeeper.index.fusion import Fusion, WeightedSum
from shopkeeper.index.matching import Matching
from shopkeeper.index.snapshot import Ordinals, Snapshot, View
from shopkeeper.records import Boost, Clause, Constraint, InvalidRequest, Range, SortKey

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
        ordinals: [n] global ordinals, the best first.
        head: how many of them have a fused score.
        names: the addends' names.
        addends: [len(names), n]; column i are the addends of ordinals[i], zeros where none.
        first_similarity: mean cosine of the first products; NaN without the dense leg.
    """

    ordinals: Ordinals
    head: int
    names: tuple[str, ...]
    addends: NDArray[np.float64]
    first_similarity: float


def order(
    matching: Matching,
    members: NDArray[np.bool_],
    near: Ordinals,
    constraints: Sequence[Constraint],
    boosts: Sequence[Boost],
    config: OrderConfig,
) -> Ordered:
    """Put the members in fused order."""
    ordinals = members.nonzero()[0]
    lexical = matching.lexical[ordinals]
    by_words = ordinals[np.argsort(-np.nan_to_num(lexical, nan=-np.inf), kind="stable")]
    leads = np.zeros(len(members), np.bool_)
    leads[by_words[: config.depth]] = True
    leads[near] = True
    leads[matching.pinned] = True
    if matching.is_everything:
        leads[:] = True
    head, tail = ordinals[leads[ordinals]], by_words[~leads[by_words]]

    similarity = matching.similarity(head)
    by_leg = config.fusion.addends(matching.lexical[head], similarity, matching.best_lexical)
    parts = dict(zip(("lexical", "dense"), by_leg, strict=True))
    parts |= _extras(matching, head, constraints, boosts, config)
    kept = {name: values for name, values in parts.items() if values.any()}
    score = np.zeros(len(head))
    for values in kept.values():
        score += values
    best_first = np.argsort(-score, kind="stable")

    names = tuple(kept) or ("lexical",)
    addends = np.zeros((len(names), len(ordinals)))
    for row, name in enumerate(kept):
        addends[row, : len(head)] = kept[name][best_first]
    if len(tail) and "lexical" in kept and matching.best_lexical > 0:
        addends[names.index("lexical"), len(head) :] = _tail_scores(matching, tail, config)
    return Ordered(
        np.concatenate([head[best_first], tail]),
        len(head),
        names,
        addends,
        first_similarity(score, similarity),
    )


def _tail_scores(matching: Matching, tail: Ordinals, config: OrderConfig) -> NDArray[np.float64]:
    nothing = np.full(len(tail), np.nan)
    lexical, _ = config.fusion.addends(matching.lexical[tail], nothing, matching.best_lexical)
    return lexical


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
        extras["popularity"] = weight * popularity_share(snapshot, head)
    return extras


def fulfils(snapshot: Snapshot, ordinals: Ordinals, clause: Clause) -> NDArray[np.float64]:
    """1.0 where a variant of the product satisfies the clause, else 0.0."""
    result = np.zeros(len(ordinals))
    for view, at, own in snapshot.split(ordinals):
        rows = rows_passing(view.columns, view.volatile, (clause,), snapshot.currency)
        result[at] = view.columns.any_row(rows)[own]
    return result


def popularity_share(snapshot: Snapshot, ordinals: Ordinals) -> NDArray[np.float64]:
    """ln(1 + p) / ln(1 + p_max), so 0 … 1; a product of unknown popularity gets 0."""
    wanted = np.zeros(len(ordinals))
    for view, at, own in snapshot.split(ordinals):
        wanted[at] = np.nan_to_num(view.volatile.popularity[own])
    most = max((np.nanmax(v.volatile.popularity, initial=0.0) for v in snapshot.views), default=0.0)
    share: NDArray[np.float64] = np.log1p(wanted) / np.log1p(most) if most > 0 else wanted
    return share


def sorted_by(
    snapshot: Snapshot,
    ordinals: Ordinals,
    rows: Sequence[Mask],
    keys: Sequence[SortKey],
) -> NDArray[np.int64]:
    """The permutation that sorts the products by columns; unknown values last, ties as they were.

    A product's value is the lowest (ascending) or highest (descending) of its rows that pass.
    """
    permutation = np.arange(len(ordinals))
    for key in reversed(keys):
        values = sort_values(snapshot, ordinals, rows, key)[permutation]
        ranks = -values if key.descending else values
        permutation = permutation[np.argsort(ranks, kind="stable")]  # NaN sorts last
    return permutation


def sort_values(
    snapshot: Snapshot, ordinals: Ordinals, rows: Sequence[Mask], key: SortKey
) -> NDArray[np.float64]:
    """The column value that each product is sorted by; NaN when it has none."""
    result = np.full(len(ordinals), np.nan)
    passing = {id(view): mask for view, mask in zip(snapshot.views, rows, strict=True)}
    for view, at, own in snapshot.split(ordinals):
        by_row = _row_values(view, passing[id(view)], key.field)
        result[at] = _by_product(view, by_row, key)[own]
    return result


def deciding_rows(snapshot: Snapshot, rows: Sequence[Mask], key: SortKey) -> list[Mask]:
    """Per view, the passing rows that hold the value which their product is sorted by."""
    result = []
    for view, passing in zip(snapshot.views, rows, strict=True):
        by_row = _row_values(view, passing, key.field)
        result.append(by_row == _by_product(view, by_row, key)[view.columns.product_of])
    return result


def _row_values(view: View, passing: Mask, field: str) -> NDArray[np.float64]:
    """[rows]; NaN where the row does not pass, or has no value."""
    by_row = np.full(len(passing), np.nan)
    if field == "price":
        known = view.volatile.price != UNKNOWN
        by_row[known] = view.volatile.price[known]
    elif field == "popularity":
        by_row = view.volatile.popularity[view.columns.product_of]
    elif field == "stock":
        known = view.volatile.stock != UNKNOWN
        by_row[known] = view.volatile.stock[known]
    elif field == "in_stock":
        by_row = (view.volatile.stock != 0).astype(np.float64)
    elif numbers := view.columns.numbers.get(field):
        by_row[numbers.rows] = numbers.values
    by_row[~passing] = np.nan
    return by_row


def _by_product(view: View, by_row: NDArray[np.float64], key: SortKey) -> NDArray[np.float64]:
    """[rows] → [products]: the value to sort by, of those that are known; NaN when none is."""
    pick = np.fmax if key.descending else np.fmin
    best: NDArray[np.float64] = pick.reduceat(by_row, view.columns.first_row[:-1])
    return best
