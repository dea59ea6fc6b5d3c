"""Is the world as difficult as a shop, and in the same way? Order of systems, hard types, a probe.

What ``shopkeeper world check order`` runs. Everything that is said of the world is simulated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

from shopkeeper.data.judged import JUDGED_NAMES
from shopkeeper.experiment.labels import to_mix
from shopkeeper.experiment.order import (
    Agreement,
    Case,
    Measured,
    Shop,
    Standing,
    compare,
    measure_case,
    real_case,
    standing,
)
from shopkeeper.experiment.probe import Probed, probe
from shopkeeper.experiment.relevance import METRICS, Watch
from shopkeeper.experiment.surface import SurfaceReader
from shopkeeper.experiment.world_judged import EASIER, WorldSample, judge_world
from shopkeeper.records import Product
from shopkeeper.world import Market

SAMPLES = (
    WorldSample(),
    WorldSample(grammar="spoken"),
    WorldSample(held_out=True),
    WorldSample(grammar="spoken", held_out=True),
    WorldSample(pool=60),
)
"""The first is what the world trains on, the next three are what it keeps back to measure on. The
last is judged as Icecat was: up to 60 products a query, all found by one engine of words."""


@dataclass(frozen=True, slots=True)
class WorldOrder:
    """What was found."""

    standings: tuple[Standing, ...]
    """The world's samples first, then the real sets."""
    agreements: tuple[Agreement, ...]
    """By every metric: of each set with every real one, itself included, and of the first with
    every set."""
    probes: tuple[Probed, ...]
    """On pairs in the published mix of grades; trained on half of the first sample."""


def run(
    market: Market,
    products: Sequence[Product],
    data: Path | None,
    *,
    shop: Shop,
    sets: Sequence[str] = JUDGED_NAMES,
    samples: Sequence[WorldSample] = SAMPLES,
    probed: int = 4_000,
    watch: Watch = iter,
) -> WorldOrder:
    """Measure every system on samples of a market and on real sets, and probe the surface.

    Args:
        market: the simulated marketplace.
        products: its catalogue as a shop is told of it, in its order.
        data: folder that holds the real sets' folders; None: the world alone.
        shop: measures the shop's own arms; `assemble.relevance_bench.measure_judged` can.
        sets: names among `JUDGED_NAMES`.
        samples: of the market's queries, the one that the probe is trained on first; it takes the
            pairs of those without a pool.
        probed: queries of each sample for the probe.
        watch: shows progress over the queries of one set.
    """
    measured = [
        measure_case(case, shop, watch=watch)
        for case in _cases(market, products, data, sets, samples)
    ]
    pairs = [
        to_mix(judge_world(market, replace(sample, queries=probed, least=0)).judged)
        for sample in samples
        if sample.pool is None
    ]
    return WorldOrder(
        standings=tuple(map(standing, measured)),
        agreements=tuple(agreements(measured)),
        probes=tuple(probe(pairs[0], pairs[1:], SurfaceReader(products))),
    )


def agreements(measured: Sequence[Measured]) -> Iterator[Agreement]:
    """Metric by metric: of every set with each real one, and of the first with every set."""
    for metric in METRICS:
        for left, right in combinations_with_replacement(measured, 2):
            if left is measured[0] or not right.case.is_simulated:
                yield compare(left, right, metric)


def to_json(found: WorldOrder) -> dict[str, Any]:
    """The record as the command prints it."""
    return {"simulated": True, **asdict(found)}


def _cases(
    market: Market,
    products: Sequence[Product],
    data: Path | None,
    sets: Sequence[str],
    samples: Sequence[WorldSample],
) -> Iterator[Case]:
    for sample in samples:
        world = judge_world(market, sample)
        yield Case(world.judged, products, True, world.slices, EASIER, sample.locale)
    if data is not None:
        yield from (real_case(name, data) for name in sets)
