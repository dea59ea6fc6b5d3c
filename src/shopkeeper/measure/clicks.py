"""Was it not wanted, or not seen? The position-based click model.

    P(click on item i at position k | query q) = examination_k · attraction_qi

Richardson, Dominowska and Ragno 2007 (WWW); Craswell et al. 2008 (WSDM). Only the product is
seen, so examination is told relative to position 0, and attraction as clicked at position 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from shopkeeper.measure.columns import (
    Codes,
    Flags,
    Floats,
    codes,
    flags,
    groups,
    numbers,
    sums_by,
    within,
)
from shopkeeper.measure.delta import clustered_mean, linearised_ratio
from shopkeeper.measure.intervals import Interval
from shopkeeper.records import InvalidRequest


@dataclass(frozen=True, slots=True, eq=False)
class ClickModel:
    """A fitted position-based model. NaN is what the log cannot tell."""

    examination: Floats
    """[positions] relative to position 0, whose own is 1; NaN where no chain of clicked pairs
    leads to position 0."""
    attraction: Floats
    """[pairs] clicks over clicks expected at attraction 1: the click probability at position 0,
    above 1 by chance in few impressions; NaN for a pair without an impression at a position of
    known examination above 0."""
    iterations: int
    has_converged: bool
    """False: too few iterations, or position 0 has no click on a pair that other positions show
    too, so that the others grow without bound."""


def fit_clicks(
    pair: ArrayLike,
    position: ArrayLike,
    impressions: ArrayLike,
    clicks: ArrayLike,
    *,
    iterations: int = 5_000,
    tolerance: float = 1e-8,
) -> ClickModel:
    """Tell examination from attraction where the same pairs stood at several positions.

        a_i ← Σ_k clicks_ik / Σ_k impressions_ik·e_k,   e_k ← Σ_i clicks_ik / Σ_i impressions_ik·a_i

    until nothing moves: the maximum of the Poisson likelihood, which has each attraction as a free
    number. It is the likelihood conditional on each pair's number of clicks (Hausman, Hall and
    Griliches 1984), so pairs with a handful of impressions bring noise, but no bias that more
    pairs would not take away, whatever law the clicks follow (Wooldridge 1999). The expectation
    maximisation of the Bernoulli model has the same limit with many impressions per pair; with two
    or three, its attractions, held below 1, leave an excess of 20 to 40 % in the examination.

    Args:
        pair: [rows] code ≥ 0 of the (query, item); a pair and position may come in several rows.
        position: [rows] from 0.
        impressions: [rows] ≥ 0.
        clicks: [rows] 0 … impressions.
        iterations: at most; each is O(rows).
        tolerance: largest change of a relative examination that ends the fit.
    """
    pairs = codes("pair", pair)
    places = codes("position", position, rows=len(pairs))
    shown = numbers("impressions", impressions, rows=len(pairs))
    clicked = numbers("clicks", clicks, rows=len(pairs))
    within("impressions", shown, shown >= 0, expected="0 or more")
    within("clicks", clicked, (clicked >= 0) & (clicked <= shown), expected="0 … impressions")
    if not clicked[places == 0].any():
        raise InvalidRequest("no click at position 0", hint="examination is relative to it")
    count, positions = int(pairs.max()) + 1, int(places.max()) + 1
    tells = (sums_by(pairs, clicked, count) > 0)[pairs] & (shown > 0)
    tells &= _linked(pairs[tells], places[tells], positions)[places]
    i, k, n, c = pairs[tells], places[tells], shown[tells], clicked[tells]
    examination = np.ones(positions)
    change, used = np.inf, 0
    while change >= tolerance and used < iterations:
        attraction = _over_expected(i, c, n * examination[k], count)
        updated = _over_expected(k, c, n * attraction[i], positions)
        updated /= updated[0]
        change = float(np.nanmax(np.abs(updated - examination)))
        examination, used = updated, used + 1
    expected = np.nan_to_num(shown * examination[places])
    counted = np.where(np.isnan(examination)[places], 0.0, clicked)
    attraction = _over_expected(pairs, counted, expected, count)
    return ClickModel(examination, attraction, used, change < tolerance)


def randomised_examination(
    position: ArrayLike,
    clicked: ArrayLike,
    *,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> tuple[Interval, ...]:
    """Examination by position, where chance alone put the items where they stood.

        e_k = click rate at k / click rate at 0

    since every position then shows the same items on average (Joachims, Swaminathan and Schnabel
    2017, WSDM). Intervals by the delta method, both rates moving.

    Args:
        position: [n] from 0, one row per impression; every position up to the last is shown.
        clicked: [n] flags.
        cluster: [n] ids of what is independent (requests, shoppers); None: each impression is.
        level: of the intervals.

    Returns:
        One interval per position, the first 1 … 1; `n` counts clusters.
    """
    places = codes("position", position)
    is_clicked = flags("clicked", clicked, rows=len(places))
    cluster_of, count = groups("cluster", cluster, rows=len(places))
    impressions = np.bincount(places)
    if not impressions.all():
        raise InvalidRequest(f"position {int(np.argmin(impressions))} was never shown")
    if not is_clicked[places == 0].any():
        raise InvalidRequest("no click at position 0", hint="examination is relative to it")

    def rate(at: int) -> Floats:
        """[clusters] values whose mean is the click rate at the position."""
        shown = sums_by(cluster_of, places == at, count)
        return linearised_ratio(sums_by(cluster_of, (places == at) & is_clicked, count), shown)

    first = rate(0)
    return tuple(
        clustered_mean(linearised_ratio(rate(at), first), level=level)
        for at in range(len(impressions))
    )


def _linked(pairs: Codes, places: Codes, positions: int) -> Flags:
    """[positions] those that a chain of pairs, shown at two positions each, links with 0."""
    is_linked: Flags = np.arange(positions) == 0
    while True:
        is_seen = np.zeros(int(pairs.max()) + 1, dtype=np.bool_)
        is_seen[pairs[is_linked[places]]] = True
        reached = np.bincount(places[is_seen[pairs]], minlength=positions) > 0
        if (reached == is_linked).all():
            return is_linked
        is_linked = reached


def _over_expected(of: Codes, clicks: Floats, expected: Floats, count: int) -> Floats:
    """[count] clicks over expected clicks, summed over the rows of each code; NaN where 0 is."""
    whole = sums_by(of, expected, count)
    return sums_by(of, clicks, count) / np.where(whole > 0, whole, np.nan)
