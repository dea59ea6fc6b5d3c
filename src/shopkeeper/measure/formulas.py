"""The metrics as arithmetic: the last axis is the rank, axes before it are queries.

Rows of unequal length are padded at the end with 0 gain (or False), which changes nothing. Where a
metric says nothing about a query (no positive gain, no relevant product) the value is NaN, which
a mean must leave out and count; trec_eval prints 0 there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shopkeeper.records import InvalidRequest

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def dcg(gains: ArrayLike, k: int | None = None) -> Floats:
    """Discounted cumulative gain, Σ_{i ≤ k} gainᵢ / log₂(i + 1), ranks i from 1.

    Järvelin and Kekäläinen 2002, with trec_eval's discount. `k` None: the whole ranking.
    """
    leading = _leading(np.asarray(gains, dtype=np.float64), k)
    discounts = np.log2(np.arange(2.0, leading.shape[-1] + 2.0))
    return np.asarray((leading / discounts).sum(axis=-1))


def ndcg(gains: ArrayLike, judged_gains: ArrayLike, k: int | None = None) -> Floats:
    """DCG over that of the best order of everything judged; NaN when no judged gain is above 0.

    Args:
        gains: [..., n] in ranked order, 0 for an unjudged product.
        judged_gains: [..., m] of all judged products, in any order.
        k: leading ranks that count; None for all.
    """
    best_first = -np.sort(-np.asarray(judged_gains, dtype=np.float64), axis=-1)
    return _ratio(dcg(gains, k), dcg(best_first, k))


def reciprocal_rank(relevant: ArrayLike, total: ArrayLike) -> Floats:
    """1 / rank of the first relevant product, 0 when none is ranked; NaN when `total` is 0."""
    flags = np.asarray(relevant, dtype=np.bool_)
    ranks = np.arange(1.0, flags.shape[-1] + 1.0)
    first = np.max(flags / ranks, axis=-1, initial=0.0)
    return np.where(np.asarray(total) > 0, first, np.nan)


def precision(relevant: ArrayLike, k: int) -> Floats:
    """Relevant products within rank k, over k: ranks left empty count as misses."""
    flags = np.asarray(relevant, dtype=np.bool_)
    return np.asarray(_leading(flags, k).sum(axis=-1) / float(k))


def recall(relevant: ArrayLike, total: ArrayLike, k: int | None = None) -> Floats:
    """Relevant products within rank k, over the `total` there are; NaN when that is 0."""
    flags = np.asarray(relevant, dtype=np.bool_)
    return _ratio(_leading(flags, k).sum(axis=-1), total)


def average_precision(relevant: ArrayLike, total: ArrayLike) -> Floats:
    """Mean over the relevant products of the precision at their rank; 0 for those not ranked.

    NaN when `total` is 0. Its mean over queries is MAP.
    """
    flags = np.asarray(relevant, dtype=np.bool_)
    ranks = np.arange(1.0, flags.shape[-1] + 1.0)
    precisions = np.cumsum(flags, axis=-1) / ranks
    return _ratio((precisions * flags).sum(axis=-1), total)


def _leading(rows: NDArray[np.generic], k: int | None) -> NDArray[np.generic]:
    if k is not None and k < 1:
        raise InvalidRequest(f"cut-off k = {k}", expected="1 or more")
    return rows[..., :k]


def _ratio(part: ArrayLike, whole: ArrayLike) -> Floats:
    """part / whole, NaN where the whole is 0."""
    whole = np.asarray(whole, dtype=np.float64)
    return np.asarray(part, dtype=np.float64) / np.where(whole > 0, whole, np.nan)
