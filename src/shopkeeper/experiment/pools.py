"""How are many parameter settings tried cheaply? Score the legs once, fuse them many times.

A leg (lexical, dense, a field of its own) scores a query's products once, which is what costs.
A `Pool` keeps the few hundred products that matter; every setting then is one pass of the shop's
own fusion function over arrays that are already there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shopkeeper.experiment.arms import Answer, Arm
from shopkeeper.records import InvalidRecord, NotFound

Scores: TypeAlias = NDArray[np.float64]
Fuse: TypeAlias = Callable[[Mapping[str, Scores]], Scores]
"""Leg → scores [n], NaN where the leg has none; gives the fused scores [n], NaN for a product that
the setting does not return."""
Fit: TypeAlias = Callable[[Mapping[str, Scores]], float]


@dataclass(frozen=True, slots=True)
class Pool:
    """One query's candidates, with what each leg says of them."""

    product_ids: tuple[str, ...]
    """[n] returned by some leg, or judged."""
    returned: NDArray[np.bool_]
    """[n] False for a judged product that no leg returned: it is scored for the judged-only order
    and stays out of the ranking, as it would in the shop."""
    legs: Mapping[str, Scores]
    """Leg → [n], NaN where the leg has no score."""


def pool(
    product_ids: Sequence[str],
    legs: Mapping[str, Scores],
    judged: Sequence[str],
    *,
    positions: Mapping[str, int],
    depth: int = 200,
) -> Pool:
    """Keep each leg's best `depth` products and the judged ones.

    Args:
        product_ids: [catalogue].
        legs: leg → [catalogue] scores of one query, higher is better, NaN: not matched.
        judged: ids to keep whatever their score; one that the catalogue lacks is passed over.
        positions: product id → its index in `product_ids`, made once for all queries.
        depth: products a leg returns. At least the window of later stages, or the ranking is cut
            shorter than the shop's.
    """
    returned = np.zeros(len(product_ids), dtype=np.bool_)
    for name, scores in legs.items():
        if scores.shape != (len(product_ids),):
            raise InvalidRecord(
                f"{scores.shape} scores", where=f"leg {name}", expected=f"({len(product_ids)},)"
            )
        matched = np.flatnonzero(~np.isnan(scores))
        best = np.argsort(-scores[matched], kind="stable")[:depth]
        returned[matched[best]] = True
    kept = returned.copy()
    kept[[positions[id_] for id_ in judged if id_ in positions]] = True
    where = np.flatnonzero(kept)
    return Pool(
        product_ids=tuple(product_ids[int(at)] for at in where),
        returned=returned[where],
        legs={name: scores[where].astype(np.float64) for name, scores in legs.items()},
    )


def fused_arm(pools: Mapping[str, Pool], fuse: Fuse, fit: Fit | None = None) -> Arm:
    """The arm that orders each query's pool by the fused score, equal scores by the pool's order.

    Judged products that no leg returned are fused apart: a fusion that looks at the whole array
    (ranks, smallest score) must not have the ranking depend on what was judged.

    Args:
        pools: query text → pool.
        fuse: the shop's fusion under one setting, as in ``partial(fuse, setting)``.
        fit: legs of what was returned → how sure it is that something fits; None: not told.
    """

    def answer(text: str, judged: Sequence[str]) -> Answer:
        if text not in pools:
            raise NotFound(f"no pool of query {text!r}", hint="pool every query of the set first")
        everything = pools[text]
        inside = np.flatnonzero(everything.returned)
        legs = {name: scores[inside] for name, scores in everything.legs.items()}
        ids, wanted = everything.product_ids, set(judged)
        return Answer(
            ranking=[ids[at] for at in inside[_best_first(fuse(legs))]],
            judged=[ids[at] for at in _best_first(fuse(everything.legs)) if ids[at] in wanted],
            fit=fit(legs) if fit else None,
        )

    return answer


def _best_first(scores: Scores) -> NDArray[np.int64]:
    """Indices of the scores that are there, highest first."""
    order = np.argsort(-scores, kind="stable")
    return order[~np.isnan(scores[order])]
