"""What do the columns say? Means with intervals, paired differences, and "nothing fits"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from shopkeeper.experiment.crossfit import CrossFit
from shopkeeper.experiment.relevance import FIT, METRICS, Columns, Yardstick
from shopkeeper.measure import (
    RESAMPLES,
    Difference,
    Interval,
    auc,
    percentile_difference,
    percentile_interval,
    pooled_bootstrap,
    resampled_means,
)
from shopkeeper.measure.intervals import Weighing
from shopkeeper.records import InvalidRequest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | None
Pair: TypeAlias = tuple[str, str]
"""(arm, the arm it is compared with)."""


@dataclass(frozen=True, slots=True)
class RelevanceReport:
    """One data set's table. An interval is None where fewer than two queries say something."""

    dataset: str
    headline: str
    """The metric that the set is best read by."""
    queries: int
    left_out: int
    """Queries without a positive grade: not in nDCG."""
    absent: int
    """Judged products that the catalogue lacks: no arm can find them."""
    counted: Mapping[str, int]
    """Metric → queries that its mean is over: `METRICS`, then those by gain convention."""
    arms: Mapping[str, Mapping[str, Interval | None]]
    paired: Mapping[Pair, Mapping[str, Difference | None]]
    nothing_fits: Mapping[str, float]
    """Arm → AUC of its fit between queries that can be satisfied and those that cannot; only arms
    that tell a fit, on a set that has both kinds."""
    chosen: Mapping[str, CrossFit[DataclassInstance]] = field(default_factory=dict)
    """Arms that were cross-fitted."""


def summarise(
    yard: Yardstick,
    columns: Mapping[str, Columns],
    *,
    pairs: Sequence[Pair],
    absent: int,
    chosen: Mapping[str, CrossFit[DataclassInstance]] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> RelevanceReport:
    """Bootstrap every arm and pair over queries, all on the same draws.

    Args:
        yard: what the columns were measured with.
        columns: arm → columns.
        pairs: differences to report, as in ("hybrid", "lexical").
        absent: judged products that the catalogue lacks, see `absent_products`.
        chosen: arm → cross-fit, to be told in the report.
        resamples, seed: of the bootstrap.
    """
    strangers = {arm for pair in pairs for arm in pair} - set(columns)
    if strangers:
        raise InvalidRequest(f"no arm {', '.join(sorted(strangers))}", expected=", ".join(columns))
    names = list(columns)
    told = columns[names[0]] if names else {}
    metrics = (*METRICS, *(name for name in told if name not in (*METRICS, FIT)))
    nothing: dict[str, None] = dict.fromkeys(metrics)
    arms: dict[str, dict[str, Interval | None]] = {name: {**nothing} for name in names}
    paired: dict[Pair, dict[str, Difference | None]] = {pair: {**nothing} for pair in pairs}
    counted: dict[str, int] = {}
    for metric in metrics:
        table = np.column_stack([columns[name][metric] for name in names])
        table = table[~np.isnan(table).any(axis=1)]
        counted[metric] = len(table)
        if len(table) < 2:
            continue
        means = resampled_means(table, resamples=resamples, seed=seed)
        for at, name in enumerate(names):
            arms[name][metric] = percentile_interval(table[:, at], means[:, at])
        for left, right in pairs:
            a, b = names.index(left), names.index(right)
            paired[left, right][metric] = percentile_difference(
                table[:, a] - table[:, b], means[:, a] - means[:, b]
            )
    return RelevanceReport(
        dataset=yard.name,
        headline=yard.headline,
        queries=len(yard),
        left_out=int((~yard.satisfiable).sum()),
        absent=absent,
        counted=counted,
        arms=arms,
        paired=paired,
        nothing_fits=_nothing_fits(yard, columns),
        chosen=dict(chosen or {}),
    )


def pooled_difference(
    sets: Sequence[tuple[Yardstick, Mapping[str, Columns]]],
    pair: Pair,
    *,
    metric: str | None = None,
    weigh: Weighing = "sets",
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Difference:
    """The pair's difference over several data sets, see `measure.pooled_bootstrap`.

    Args:
        sets: each set's yardstick and columns.
        pair: (arm, the arm it is compared with).
        metric: one for all sets; None takes each set's headline.
        weigh, resamples, seed: of the pooling.
    """
    differences = []
    for yard, columns in sets:
        name = metric or yard.headline
        difference = columns[pair[0]][name] - columns[pair[1]][name]
        differences.append(difference[~np.isnan(difference)])
    return pooled_bootstrap(differences, weigh=weigh, resamples=resamples, seed=seed)


def to_json(report: RelevanceReport) -> dict[str, Json]:
    """The report as ``shopkeeper bench relevance --json`` prints it."""
    return {
        "dataset": report.dataset,
        "queries": report.queries,
        "left_out": report.left_out,
        "arms": {
            name: {metric: _ends(interval) for metric, interval in row.items()}
            for name, row in report.arms.items()
        },
        "paired": {
            f"{left}-{right}": {metric: _ends(difference) for metric, difference in row.items()}
            for (left, right), row in report.paired.items()
        },
        "counted": dict(report.counted),
        "headline": report.headline,
        "absent_products": report.absent,
        "nothing_fits_auc": dict(report.nothing_fits),
        "crossfit": {
            name: [asdict(setting) for setting in fitted.chosen]
            for name, fitted in report.chosen.items()
        },
    }


def _ends(interval: Interval | Difference | None) -> Json:
    if interval is None:
        return None
    ends: dict[str, Json] = {"mean": interval.mean, "low": interval.low, "high": interval.high}
    if isinstance(interval, Difference):
        ends["p"] = interval.p
    return ends


def _nothing_fits(yard: Yardstick, columns: Mapping[str, Columns]) -> dict[str, float]:
    areas: dict[str, float] = {}
    for name, of_arm in columns.items():
        is_told = not np.isnan(of_arm[FIT]).any()
        area = auc(of_arm[FIT], yard.satisfiable) if is_told else None
        if area is not None:
            areas[name] = area
    return areas
