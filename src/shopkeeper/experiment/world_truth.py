"""Does a log lead back to what caused it? Examination, propensities, late purchases."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from shopkeeper.data import attribute
from shopkeeper.experiment.checks import Finding, finding
from shopkeeper.experiment.policies import FixedPolicy
from shopkeeper.experiment.trial import off_policy
from shopkeeper.measure import fit_clicks, randomised_examination, share_interval
from shopkeeper.world import Market
from shopkeeper.world.behaviour import DOORS, REORDER
from shopkeeper.world.choice import NONE
from shopkeeper.world.log_records import log_records
from shopkeeper.world.shoppers import BLOCK, shopper_blocks
from shopkeeper.world.truth_tables import cause_table

RECOVERED = 0.05
"""A recovered examination may be off by this share of it."""


def examination_findings(
    market: Market, shoppers: int
) -> tuple[list[Finding], dict[str, list[float]]]:
    """A position-based click model, fitted on the log alone, against the dials of the world.

    Also the curves by position: true, recovered, and from shuffled pages alone.
    """
    pairs, positions, clicks, shuffled = [], [], [], []
    for block, count in shopper_blocks(shoppers):
        searches = market.shopping.run(market.shoppers(block, count)).searches
        request, position = np.nonzero(searches.shown.rows != NONE)
        pairs.append(
            searches.asks.query[request].astype(np.int64) * len(market.shelves)
            + searches.shown.rows[request, position]
        )
        positions.append(position)
        clicks.append(searches.acts.clicked[request, position])
        moved = (searches.shown.marks != np.arange(searches.shown.marks.shape[1])) & (
            searches.shown.rows != NONE
        )
        whole = (searches.shown.rows != NONE).all(axis=1)
        shuffled.append((moved.any(axis=1) & whole)[request])
    pair, position = np.concatenate(pairs), np.concatenate(positions)
    clicked = np.concatenate(clicks)
    _, code = np.unique(pair, return_inverse=True)
    truth = np.array(market.config.behaviour.examined)
    truth = truth / truth[0]
    model = fit_clicks(code, position, np.ones(len(code)), clicked.astype(np.float64))
    errors = np.abs(model.examination / truth - 1)
    random = np.concatenate(shuffled)
    measured = randomised_examination(position[random], clicked[random])
    inside = [one.low <= true <= one.high for one, true in zip(measured, truth, strict=True)]
    curves = {
        "true": truth.tolist(),
        "recovered": model.examination.tolist(),
        "shuffled": [one.mean for one in measured],
    }
    return [
        finding(
            "examination recovered from the whole log: largest error over positions",
            float(errors.max()),
            within=(0, RECOVERED),
            goal="≤ 5 %",
            note=f"{len(code):,} impressions",
        ),
        finding(
            "the same from shuffled pages: positions whose interval holds the truth",
            float(np.mean(inside)),
            note=(
                f"{int(random.sum()):,} impressions; {len(truth)} positions, which share the noise "
                "of the first"
            ),
        ),
    ], curves


def coverage_findings(
    market: Market, systems: Mapping[str, FixedPolicy], logs: int
) -> list[Finding]:
    """How often 95 % intervals hold the truth: so many logs, a block of shoppers each."""
    found = []
    for name, target in systems.items():
        results = [off_policy(market, target, [(log, BLOCK)]) for log in range(logs)]
        support = results[0].support
        for method in ("IPS", "SNIPS", "DR"):
            values = [(result.estimates[method].value, result.truth) for result in results]
            held = sum(value.low <= truth <= value.high for value, truth in values)
            is_asked = support > 0.999
            found.append(
                finding(
                    f"{method}: 95 % intervals that hold the true clicks of “{name}”",
                    share_interval(held, logs),
                    rate=0.95 if is_asked else None,
                    goal="0.95" if is_asked else "",
                    note=f"{logs} logs, which could have shown {support:.1%} of its places",
                )
            )
    return found


def attribution_findings(market: Market, blocks: int) -> list[Finding]:
    """Late purchases credited by the rules of ``data.attribution``, against what caused them."""
    right = credited = late = 0
    for block, count in shopper_blocks(blocks * BLOCK):
        shoppers = market.shoppers(block, count)
        behaviour = market.shopping.run(shoppers)
        causes = {
            (row["shopper_id"], row["product_id"], row["timestamp_ms"]): row["query_id"]
            for row in cause_table(market.names, behaviour).to_pylist()
            if row["door"] != DOORS[REORDER]
        }
        rows, events = log_records(market, behaviour)
        late += len(causes)
        for one in attribute(rows, events):
            bought = one.purchase
            key = bought.shopper_id, bought.product_id, bought.timestamp_ms
            if key in causes:
                credited += 1
                right += causes[key] == one.query_id
    return [
        finding(
            "late purchases credited to some search",
            share_interval(credited, late),
            note=f"{late:,} purchases, window of 72 hours",
        ),
        finding(
            "of these, credited to the very search that led to them",
            share_interval(right, credited),
            at_least=0.95,
            goal="as the truth says: 0.95",
        ),
    ]
