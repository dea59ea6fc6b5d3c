"""Do judged sets put the same systems in the same order? Standings, and Kendall's τ between them.

`measure_case` runs every system on one set, `standing` says how good each is and what is hard for
it, `compare` holds two sets against each other. Queries of each set are resampled, so an interval
says what other queries of the same kind would have given; it says nothing of other shops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data import JudgedSet, load_judged, open_feed
from shopkeeper.data.esci import LANGUAGES
from shopkeeper.data.esci_judged import EsciPart, load_esci
from shopkeeper.data.wands_judged import load_wands
from shopkeeper.experiment.baselines import baseline_arms
from shopkeeper.experiment.relevance import METRICS, RANDOM, Columns, Watch, measure_arms, yardstick
from shopkeeper.measure import Interval, kendall_tau, percentile_interval, resampled_means
from shopkeeper.records import InvalidRequest, Product

ALL = "all"
HEADLINE = "ndcg@10"
RESAMPLES = 2_000
SURE = 0.975
"""Share of resamples from which one system counts as better than another."""

Flags: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]
Shop: TypeAlias = Callable[[JudgedSet, Sequence[Product]], Mapping[str, Columns]]
"""Measures the shop's own arms on a judged set over a catalogue."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A judged set with the catalogue that it judges."""

    judged: JudgedSet
    products: Sequence[Product]
    is_simulated: bool = False
    slices: Mapping[str, Flags] = field(default_factory=dict)
    """Parts of the set, [queries]; without "all" that is every query."""
    easier: Mapping[str, str] = field(default_factory=dict)
    """Part → the part that it is to be harder than."""
    locale: str = "en"


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A case with every system's columns."""

    case: Case
    columns: Mapping[str, Columns]

    def values(self, metric: str, part: str = ALL) -> Floats:
        """[queries of the part that the metric says something of, systems]"""
        table = np.column_stack([columns[metric] for columns in self.columns.values()])
        table = table[self.case.slices.get(part, np.ones(len(table), dtype=np.bool_))]
        return table[~np.isnan(table).any(axis=1)]


@dataclass(frozen=True, slots=True)
class Standing:
    """How good the systems are on one set."""

    dataset: str
    is_simulated: bool
    queries: int
    """That nDCG is over."""
    products: int
    systems: Mapping[str, Mapping[str, Interval]]
    """System → metric → its mean over "all"."""
    slices: Mapping[str, Mapping[str, Interval]]
    """Part → system → nDCG@10. A part of fewer than two queries is left out."""
    harder: Mapping[str, Mapping[str, Interval]]
    """Part → system → nDCG@10 of the easier part minus that of this one; `n` counts this one."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """Two systems that one set orders one way and the other set the other way, both surely."""

    better_left: str
    better_right: str
    gap_left: float
    """By how much the one is better on the left set, and the other on the right set."""
    gap_right: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of two sets' orders of the same systems."""

    left: str
    right: str
    metric: str
    systems: int
    tau: float
    low: float
    """Ends of the 95 % interval, queries of both sets resampled. Noise only ever disorders, so it
    lies low: the interval of a set with itself shows by how much."""
    high: float
    reversals: tuple[Reversal, ...]


def real_case(name: str, data: Path, part: EsciPart | None = None) -> Case:
    """A judged set with its catalogue.

    Args:
        name: one of `JUDGED_NAMES`, esci or wands.
        data: the folder that holds the sets' folders; of esci and wands, their own.
        part: of esci; None: its small version's official test part in the US locale.

    Raises NotFound when the set is not there.
    """
    if name == "esci":
        part = part or EsciPart()
        judged, esci = load_esci(data, part)
        return Case(judged, _latest(esci), locale=LANGUAGES[part.locale])
    if name == "wands":
        judged, wands = load_wands(data)
        return Case(judged, _latest(wands))
    judged = load_judged(name, data)
    return Case(judged, _latest(open_feed(data / f"{name}-relevance", format=name)))


def _latest(products: Iterable[Product]) -> list[Product]:
    """Of products with one id the last."""
    return list({product.id: product for product in products}.values())


def measure_case(case: Case, shop: Shop, *, watch: Watch = iter) -> Measured:
    """Run chance, the baselines and the shop's own arms on a case."""
    yard = yardstick(case.judged)
    ids = [product.id for product in case.products]
    arms = baseline_arms(case.products, locale=case.locale)
    columns = measure_arms(yard, arms, ids, watch=watch)
    own = shop(case.judged, case.products)
    return Measured(case, columns | {name: of for name, of in own.items() if name != RANDOM})


def standing(measured: Measured) -> Standing:
    """Means with intervals, over all queries and by part."""
    case, names = measured.case, list(measured.columns)
    by_metric = {metric: _intervals(measured, metric, ALL) for metric in METRICS}
    parts = [p for p in case.slices if p != ALL and len(measured.values(HEADLINE, p)) > 1]
    return Standing(
        dataset=case.judged.name,
        is_simulated=case.is_simulated,
        queries=len(measured.values(HEADLINE)),
        products=len(case.products),
        systems={name: {metric: by_metric[metric][name] for metric in METRICS} for name in names},
        slices={part: _intervals(measured, HEADLINE, part) for part in parts},
        harder={
            part: _gaps(measured, easy, part)
            for part, easy in case.easier.items()
            if part in parts and easy in parts
        },
    )


def compare(left: Measured, right: Measured, metric: str = HEADLINE) -> Agreement:
    """Kendall's τ between the orders by mean of the systems that both sets have."""
    names = [name for name in left.columns if name in right.columns]
    if len(names) < 3:
        raise InvalidRequest(f"{len(names)} systems in common", expected="3 or more")
    means, drawn = zip(
        *(_common(side, names, metric, seed) for seed, side in enumerate((left, right))),
        strict=True,
    )
    taus = [_tau(a, b) for a, b in zip(*drawn, strict=True)]
    low, high = np.quantile(taus, [0.025, 0.975])
    return Agreement(
        left=left.case.judged.name,
        right=right.case.judged.name,
        metric=metric,
        systems=len(names),
        tau=_tau(*means),
        low=float(low),
        high=float(high),
        reversals=tuple(_reversals(names, means, drawn)),
    )


def _common(side: Measured, names: Sequence[str], metric: str, seed: int) -> tuple[Floats, Floats]:
    """Means [systems] and resampled means [RESAMPLES, systems] of the named systems."""
    places = [list(side.columns).index(name) for name in names]
    values = side.values(metric)[:, places]
    return values.mean(axis=0), resampled_means(values, resamples=RESAMPLES, seed=seed)


def _tau(left: Floats, right: Floats) -> float:
    """0, no agreement, where a side ties everything."""
    tau = kendall_tau(left, right)
    return 0.0 if tau is None else tau


def _reversals(
    names: Sequence[str], means: Sequence[Floats], drawn: Sequence[Floats]
) -> Iterator[Reversal]:
    """The widest first, by the smaller of the two gaps."""
    found = []
    for one, other in permutations(range(len(names)), 2):
        sure = [
            float((of[:, a] > of[:, b]).mean()) > SURE
            for of, (a, b) in zip(drawn, ((one, other), (other, one)), strict=True)
        ]
        if all(sure):
            left = float(means[0][one] - means[0][other])
            right = float(means[1][other] - means[1][one])
            found.append(Reversal(names[one], names[other], left, right))
    yield from sorted(found, key=lambda reversal: -min(reversal.gap_left, reversal.gap_right))


def _intervals(measured: Measured, metric: str, part: str) -> dict[str, Interval]:
    values = measured.values(metric, part)
    drawn = resampled_means(values, resamples=RESAMPLES)
    return {
        name: percentile_interval(values[:, at], drawn[:, at])
        for at, name in enumerate(measured.columns)
    }


def _gaps(measured: Measured, easy: str, hard: str) -> dict[str, Interval]:
    """Easy − hard by system; the two parts share no query and are resampled apart."""
    sides = [measured.values(HEADLINE, part) for part in (easy, hard)]
    gap = sides[0].mean(axis=0) - sides[1].mean(axis=0)
    drawn = [resampled_means(side, resamples=RESAMPLES, seed=at) for at, side in enumerate(sides)]
    low, high = np.quantile(drawn[0] - drawn[1], [0.025, 0.975], axis=0)
    return {
        name: Interval(float(gap[at]), float(low[at]), float(high[at]), len(sides[1]))
        for at, name in enumerate(measured.columns)
    }
