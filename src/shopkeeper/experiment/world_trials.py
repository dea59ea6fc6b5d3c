"""Do experiments in the world say what is true? A/A, known effects, interleaving, metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from shopkeeper.experiment.checks import Finding, finding
from shopkeeper.experiment.outcomes import OBSERVED, Totals, Trial, observe
from shopkeeper.experiment.policies import FixedPolicy, MixedPolicy
from shopkeeper.experiment.trial import Versus, ab, interleave, lifts, past
from shopkeeper.knowledge import Grade
from shopkeeper.measure import coverage as coverage_of
from shopkeeper.measure import (
    cuped,
    exponential_gain,
    rerandomise,
    share_interval,
    units_needed,
)
from shopkeeper.records import InvalidRequest
from shopkeeper.world import Market, Policy
from shopkeeper.world.behaviour import DAY_MS
from shopkeeper.world.work import Tell, be_quiet

RUNS = 4_000
POWER = 0.8
Floats = NDArray[np.float64]


def aa_findings(market: Market, control: Policy, shoppers: int, begin_day: int) -> list[Finding]:
    """One log, split 4,000 times: how often the interval holds the true difference, nothing."""
    outcomes = observe(Trial(market, control, begin_day * DAY_MS), shoppers)
    known = past(outcomes.before)
    found = []
    for name in OBSERVED:
        outcome = getattr(outcomes.during, name)
        for how, covariates in (("", None), (", CUPED", known)):
            reruns = rerandomise(outcome, runs=RUNS, covariates=covariates)
            found.append(
                finding(
                    f"A/A, {name} per shopper{how}: intervals that hold 0",
                    coverage_of(reruns),
                    within=(0.94, 0.96),
                    goal="94 … 96 %",
                    note=f"{RUNS:,} splits of {shoppers:,} shoppers",
                )
            )
    return found


def mix_with_lift(
    market: Market, control: Policy, other: Policy, lift: float, metric: str, shoppers: int
) -> tuple[MixedPolicy, float]:
    """The control with as much of another system as gives this lift; and the lift it truly has.

    The other one must be better where the lift is positive, and worse where it is negative.

    Both are found on shoppers of their own, and the true lift from everybody shopping twice.
    """
    base, whole = (
        observe(Trial(market, policy, 0), shoppers).during for policy in (control, other)
    )
    share = lift / lifts(base, whole)[f"expected_{metric}"].mean
    if not 0 < share <= 1:
        raise InvalidRequest(
            f"a lift of {lift:+.1%}", expected="one that the other system can give"
        )
    mixed = MixedPolicy(control, other, share)
    made = observe(Trial(market, mixed, 0), shoppers).during
    return mixed, lifts(base, made)[f"expected_{metric}"].mean


def end_to_end_findings(
    versus: Mapping[str, Versus], true: Mapping[str, float], runs: int, metric: str
) -> list[Finding]:
    """Whole A/B tests, each on another split: how often the effect is found with its sign.

    The number of shoppers is what the power formula asks for at 80 %, with CUPED.
    """
    found = []
    for name, of in versus.items():
        size = _shoppers_for(of, true[name], metric)
        significant, lifts_found = 0, []
        for run in range(runs):
            split = Versus(of.market, of.control, of.treatment, of.begin_day, salt=run + 1)
            arm = ab(observe(split.split, size))[metric]
            assert arm.lift is not None, "the control's mean is far from 0"
            lifts_found.append(arm.lift.mean)
            sign = np.sign(true[name])
            significant += bool(arm.difference.low > 0 if sign > 0 else arm.difference.high < 0)
        found.append(
            finding(
                f"A/B end to end, true lift {true[name]:+.1%} on {metric}: found with its sign",
                share_interval(significant, runs),
                at_least=POWER,
                goal=f"{POWER:.0%} by design",
                note=(
                    f"{runs} tests of {size:,} shoppers, mean lift found "
                    f"{np.mean(lifts_found):+.1%}"
                ),
            )
        )
    return found


def resampled_findings(
    market: Market,
    control: Policy,
    others: Mapping[float, Policy],
    metric: str,
    shoppers: int,
    runs: int,
) -> list[Finding]:
    """Small effects, by drawing arms from a population of which both outcomes are known.

    Args:
        others: by the lift that is wanted, a system that has more of it.
    """
    base = observe(Trial(market, control, 14 * DAY_MS), shoppers)
    known, found = past(base.before), []
    for lift, system in others.items():
        mixed, _ = mix_with_lift(market, control, system, lift, metric, shoppers // 5)
        made = observe(Trial(market, mixed, 14 * DAY_MS), shoppers).during
        untreated, treated = (cuped(getattr(of, metric), known) for of in (base.during, made))
        true = float(treated.mean() - untreated.mean())
        relative = true / float(untreated.mean())
        size = units_needed(float(untreated.mean()), float(untreated.std()), abs(relative))
        rng = np.random.default_rng(0)
        share, error = 0, np.hypot(untreated.std(), treated.std()) / size**0.5
        for _ in range(runs):
            means = [_mean_of_draws(values, size, rng) for values in (untreated, treated)]
            difference = means[1] - means[0]
            share += np.sign(difference) == np.sign(true) and abs(difference) > 1.96 * error
        found.append(
            finding(
                f"resampled A/B, true lift {relative:+.1%} on {metric}: found with its sign",
                share_interval(share, runs),
                at_least=POWER,
                goal=f"{POWER:.0%} by design",
                note=f"{runs:,} draws of {size:,} shoppers per arm",
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Pairs:
    """All pairs of a ladder's systems: differences of offline metrics, and of what they do."""

    names: tuple[tuple[str, str], ...]
    offline: Mapping[str, Floats]
    """Metric → [pairs]."""
    effects: Mapping[str, Floats]
    """Metric → [pairs] true lifts per shopper, as the difference of means."""


def compare_pairs(
    market: Market, systems: Mapping[str, FixedPolicy], shoppers: int, tell: Tell = be_quiet
) -> Pairs:
    offline = {name: offline_metrics(market, system) for name, system in systems.items()}
    online: dict[str, Totals] = {}
    for number, (name, system) in enumerate(systems.items(), start=1):
        online[name] = observe(Trial(market, system, 0), shoppers).during
        tell("systems", number, len(systems))
    names = tuple(combinations(systems, 2))
    metrics = next(iter(offline.values()))
    return Pairs(
        names,
        {
            metric: np.array([offline[b][metric] - offline[a][metric] for a, b in names])
            for metric in metrics
        },
        {
            metric: np.array(
                [(getattr(online[b], metric) - getattr(online[a], metric)).mean() for a, b in names]
            )
            for metric in OBSERVED
        },
    )


def offline_metrics(market: Market, system: FixedPolicy) -> dict[str, float]:
    """Means over searches: each query counts as often as it is asked."""
    weights = np.array([query.count for query in market.book.queries], dtype=np.float64)
    grades, looks = system.told, 1 / np.log2(np.arange(system.told.shape[1]) + 2)
    gains = np.array([0.0, *(exponential_gain(grade - 1) for grade in (1, 2, 3, 4))])[grades]
    ideal = np.zeros_like(gains)
    good = np.zeros(len(grades))
    for at, query in enumerate(market.book.queries):
        intent = query.asked.intent
        near = {name for of in intent.categories for name in market.graph.taxonomy.near(of)}
        rows = market.shelves.rows({*intent.categories, *near})
        found = market.truth.judge(intent, rows).grades
        best = np.sort(found)[::-1][: grades.shape[1]]
        ideal[at, : len(best)] = [exponential_gain(float(grade) - 1) for grade in best]
        good[at] = (found >= Grade.RELATED).sum()
    is_good, is_shown = grades >= 3, grades > 0
    first = np.where(is_good.any(axis=1), 1 / (is_good.argmax(axis=1) + 1), 0.0)
    has_some = good > 0

    def mean(values: Floats, mask: NDArray[np.bool_] | None = None) -> float:
        chosen = weights if mask is None else weights * mask
        return float((values * chosen).sum() / chosen.sum())

    dcg, best_dcg = (gains * looks).sum(axis=1), (ideal * looks).sum(axis=1)
    return {
        "nDCG@10": mean(dcg / np.where(has_some, best_dcg, 1), has_some),
        "precision@10": mean(is_good.mean(axis=1)),
        "recall@10": mean(is_good.sum(axis=1) / np.maximum(np.minimum(good, 10), 1), has_some),
        "MRR": mean(first),
        "query goodrate": mean((is_good | (grades == 2)).any(axis=1).astype(float)),
        "item goodrate": mean(is_good.sum(axis=1) / np.maximum(is_shown.sum(axis=1), 1)),
        "answered": mean(is_shown.any(axis=1).astype(float)),
    }


def pair_findings(pairs: Pairs, systems: int, resamples: int = 2_000) -> list[Finding]:
    """Rank correlation of every offline metric's difference with the true effect, over pairs.

    Intervals resample systems, since pairs share them.
    """
    found = []
    names = sorted({name for pair in pairs.names for name in pair})
    left = np.array([names.index(a) for a, _ in pairs.names])
    right = np.array([names.index(b) for _, b in pairs.names])
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(names), (resamples, len(names)))
    for effect in ("purchases", "revenue"):
        for metric, differences in pairs.offline.items():
            values = []
            for draw in draws:
                counts = np.bincount(draw, minlength=len(names))
                weight = counts[left] * counts[right]
                kept = np.repeat(np.arange(len(left)), weight)
                values.append(_spearman(differences[kept], pairs.effects[effect][kept]))
            low, high = np.nanpercentile(values, [2.5, 97.5])
            found.append(
                Finding(
                    f"Spearman's ρ of Δ{metric} with the true effect on {effect}",
                    _spearman(differences, pairs.effects[effect]),
                    float(low),
                    float(high),
                    note=f"{len(pairs.names)} pairs of {systems} systems",
                )
            )
    return found


def interleaving_findings(
    market: Market, systems: Mapping[str, FixedPolicy], pairs: Pairs, shoppers: int, margin: float
) -> list[Finding]:
    """Does interleaving prefer the system that truly gets more clicks? Over clear pairs."""
    agree = clear = decided = 0
    for (a, b), effect in zip(pairs.names, pairs.effects["clicks"], strict=True):
        if abs(effect) < margin:
            continue
        clear += 1
        lead = interleave(market, systems[a], systems[b], shoppers)["clicks"].lead
        if lead.p < 0.05:
            decided += 1
            agree += np.sign(-lead.mean) == np.sign(effect)
    return [
        finding(
            f"interleaving of {shoppers:,} shoppers decides (p < 0.05)",
            share_interval(decided, clear),
            note=f"{clear} pairs whose true difference is ≥ {margin:g} clicks per shopper",
        ),
        finding(
            "where it decides, it prefers the system with more clicks",
            share_interval(int(agree), decided),
            within=(0.95, 1.0),
            goal="agrees with A/B",
        ),
    ]


def _shoppers_for(versus: Versus, lift: float, metric: str) -> int:
    """Shoppers in both arms that the formula asks for, from a pilot of the control alone."""
    pilot = observe(Trial(versus.market, versus.control, versus.begin_ms), 20_000)
    values = cuped(getattr(pilot.during, metric), past(pilot.before))
    per_arm = units_needed(float(values.mean()), float(values.std()), abs(lift), power=POWER)
    return 2 * per_arm


def _mean_of_draws(values: Floats, size: int, rng: np.random.Generator) -> float:
    """Mean of about `size` shoppers drawn with replacement (Poisson bootstrap)."""
    counts = rng.poisson(size / len(values), len(values))
    return float(values @ counts / counts.sum())


def _spearman(left: Floats, right: Floats) -> float:
    """Rank correlation; ties share their mean rank."""
    a, b = (_mean_ranks(values) for values in (left, right))
    if a.std() == 0 or b.std() == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def _mean_ranks(values: Floats) -> Floats:
    _, back, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[back]
