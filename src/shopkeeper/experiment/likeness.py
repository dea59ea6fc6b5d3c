"""How much does a simulated shop resemble real ones? Profiles, statistic by statistic.

A profile is a frozen dataclass whose fields are statistics (`query_likeness`,
`behaviour_likeness`). Of real data there are two, on halves that share no query and no shopper: a
simulation's dials are fitted to `tune`, its distance is reported to `report`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from shopkeeper.experiment.crossfit import second_half
from shopkeeper.experiment.report import markdown
from shopkeeper.measure.likeness import (
    ZipfSlope,
    kolmogorov_smirnov,
    total_variation,
    wasserstein,
    zipf_slope,
)
from shopkeeper.records import InvalidRequest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.99)

Sample: TypeAlias = NDArray[np.float64]
"""[n] one value of each query, search, session or shopper; of yes and no, 1 and 0."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Counts of categories in a meaningful order; stands for their shares."""

    counts: Mapping[str, float]


Statistic: TypeAlias = Sample | Shares | ZipfSlope | None
"""None: the source cannot say."""

Profile = TypeVar("Profile", bound="DataclassInstance")
Source = TypeVar("Source")
Item = TypeVar("Item")

DistanceName: TypeAlias = Literal["wasserstein", "ks", "total variation", "difference"]


@dataclass(frozen=True, slots=True)
class Halves(Generic[Profile]):
    """The profiles of both halves of one source."""

    tune: Profile
    report: Profile


@dataclass(frozen=True, slots=True)
class Distance:
    """How far a statistic of the simulation is from the real one."""

    statistic: str
    measure: DistanceName
    real: float
    """On the reported half: the mean, the slope, or the share of the first category."""
    simulated: float
    distance: float
    """Of the simulation from the reported half."""
    floor: float
    """Of the two real halves from each other: less than this says nothing. One split, so itself a
    draw: of a rate it can be near 0 by luck."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a statistic is, for those who fit a dial to it."""

    statistic: str
    n: int
    value: float
    """The mean, the slope, or the share of the first category."""
    deviation: float | None
    """Standard deviation of the values; None unless it is a sample."""
    quantiles: tuple[float, ...]
    """At `QUANTILES`; of shares, every share in order; of a slope, the ends of its interval."""


def halve(items: Iterable[Item], key: Callable[[Item], str]) -> tuple[list[Item], list[Item]]:
    """The items to tune on and to report on, by the SHA-256 of their keys (`second_half`)."""
    every = list(items)
    second = second_half([key(item) for item in every])
    pairs = list(zip(every, second, strict=True))
    return [item for item, late in pairs if not late], [item for item, late in pairs if late]


def distances(real: Halves[Profile], simulated: Profile) -> list[Distance]:
    """A row for each statistic that all three profiles have, in the order of the fields.

    A sample has two rows, Wasserstein's distance in its own unit and Kolmogorov–Smirnov's without
    one; a sample of 0 and 1 has the difference of the shares alone.
    """
    rows = []
    for field in fields(real.tune):
        tune, report, made = (
            getattr(profile, field.name) for profile in (real.tune, real.report, simulated)
        )
        if tune is None or report is None or made is None:
            continue
        for name, between in _measures(tune, report, made).items():
            ends = value(report), value(made)
            row = Distance(field.name, name, *ends, between(made, report), between(tune, report))
            rows.append(row)
    return rows


def targets(profile: DataclassInstance) -> list[Target]:
    """What each statistic of the profile is; those that the source cannot say are left out."""
    rows = []
    for field in fields(profile):
        statistic: Statistic = getattr(profile, field.name)
        if isinstance(statistic, Shares):
            total = sum(statistic.counts.values())
            shares = tuple(count / total for count in statistic.counts.values())
            rows.append(Target(field.name, int(total), shares[0], None, shares))
        elif isinstance(statistic, ZipfSlope):
            ends = (statistic.low, statistic.high)
            rows.append(Target(field.name, statistic.tokens, statistic.slope, None, ends))
        elif statistic is not None:
            quantiles = tuple(float(q) for q in np.quantile(statistic, QUANTILES))
            deviation = float(statistic.std())
            rows.append(Target(field.name, len(statistic), value(statistic), deviation, quantiles))
    return rows


def value(statistic: Sample | Shares | ZipfSlope) -> float:
    """The statistic in one number: its mean, its slope, or the share of its first category."""
    if isinstance(statistic, ZipfSlope):
        return statistic.slope
    if isinstance(statistic, Shares):
        return next(iter(statistic.counts.values())) / sum(statistic.counts.values())
    return float(statistic.mean())


def sample(values: Iterable[float]) -> Sample | None:
    """A sample; None of nothing, which is what a source says that does not know."""
    column = np.fromiter(values, dtype=np.float64)
    return column if len(column) else None


def slope(counts: Iterable[int]) -> ZipfSlope | None:
    """Zipf's slope; None where all is of one type."""
    column = list(counts)
    return zipf_slope(column) if len(column) > 1 else None


def likeness_markdown(source: str, rows: Sequence[Distance]) -> str:
    """The distances as a table for the docs; `source` heads it."""
    cells = [
        [r.statistic, r.measure, *(f"{x:.3g}" for x in (r.real, r.simulated, r.distance, r.floor))]
        for r in rows
    ]
    return markdown([source, "measure", "real", "simulated", "distance", "real halves"], cells)


def _measures(
    *statistics: Sample | Shares | ZipfSlope,
) -> Mapping[DistanceName, Callable[..., float]]:
    """What measures the distance between statistics of this kind."""
    if all(isinstance(statistic, ZipfSlope) for statistic in statistics):
        return {"difference": lambda a, b: abs(a.slope - b.slope)}
    if all(isinstance(statistic, Shares) for statistic in statistics):
        return {"total variation": lambda a, b: total_variation(a.counts, b.counts)}
    columns = [s for s in statistics if isinstance(s, np.ndarray)]
    if len(columns) != len(statistics):
        raise InvalidRequest("statistics of several kinds", expected="profiles of one kind")
    if all(np.isin(column, (0, 1)).all() for column in columns):
        return {"difference": wasserstein}
    return {"wasserstein": wasserstein, "ks": kolmogorov_smirnov}
