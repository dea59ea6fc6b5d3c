"""Do the intervals keep their word? One log, split into two arms again and again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from shopkeeper.measure.ab import foreseeable, welch_freedom
from shopkeeper.measure.columns import Floats, numbers
from shopkeeper.measure.intervals import Interval, share_interval
from shopkeeper.measure.student import critical
from shopkeeper.records import InvalidRequest

_CELLS = 1 << 20
"""Assignments held at once: about 35 MB, whatever the number of runs."""


@dataclass(frozen=True, slots=True, eq=False)
class Reruns:
    """What an A/B test would have said, run by run."""

    differences: Floats
    """[runs] treated − control."""
    low: Floats
    """[runs] Ends of their intervals."""
    high: Floats
    truth: float
    """The difference that was put in."""


def rerandomise(
    outcome: ArrayLike,
    *,
    runs: int = 4_000,
    seed: int = 0,
    covariates: ArrayLike | None = None,
    lift: float = 0.0,
    level: float = 0.95,
) -> Reruns:
    """Assign the units of one log to two arms at random, `runs` times, and compare the arms.

    Each run treats ⌊n/2⌋ units, drawn without replacement, multiplies what they did by 1 + lift,
    and equals `compare` on the outcomes so made. Without a lift it is an A/A test.

    Args:
        outcome: [n] per unit; for a ratio of sums its `linearised_ratio`, of the whole log.
        runs: how many splits. Time is O(runs · n): 4,000 splits of 20,000 units take seconds.
        seed: same seed, same n: same splits.
        covariates: [n] or [n, k], see `cuped`.
        lift: relative effect to put in; 0 for an A/A test.
        level: of the intervals.
    """
    y = numbers("outcome", outcome)
    n, treated = len(y), len(y) // 2
    if treated < 2 or runs < 1:
        raise InvalidRequest(f"{runs} runs of {n} units", expected="1 run, 4 units or more")
    foreseen = None if covariates is None else foreseeable(covariates, units=n)
    # Taken about the log's own mean, where the squares lose no digits.
    centred, split = y - y.mean(), np.arange(n) < treated
    random = np.random.default_rng(seed)
    sums, squares = np.empty((2, runs)), np.empty((2, runs))
    step = max(1, _CELLS // n)
    for start in range(0, runs, step):
        rows = min(step, runs - start)
        is_treated = random.permuted(np.broadcast_to(split, (rows, n)), axis=1).astype(np.float64)
        made = centred + lift * y * is_treated
        if foreseen is not None:
            made -= (made @ foreseen) @ foreseen.T
        for table, values in ((sums, made), (squares, made**2)):
            of_treated = np.einsum("ij,ij->i", values, is_treated)
            table[:, start : start + rows] = values.sum(axis=1) - of_treated, of_treated
    m0, v0 = _moments(sums[0], squares[0], n - treated)
    m1, v1 = _moments(sums[1], squares[1], treated)
    freedom = [
        welch_freedom(one, treated, zero, n - treated)
        for one, zero in zip(v1.tolist(), v0.tolist(), strict=True)
    ]
    half = np.sqrt(v1 + v0) * [critical(level, degrees) for degrees in freedom]
    differences = m1 - m0
    return Reruns(differences, differences - half, differences + half, lift * float(y.mean()))


def coverage(reruns: Reruns) -> Interval:
    """Share of the intervals that hold the truth: about their level, if they keep their word.

    Of an A/A test, 1 − coverage is the share of false alarms. With a lift the intervals cover a
    little more, because units gain differently much and Welch counts that spread (Neyman 1923).
    """
    holds = (reruns.low <= reruns.truth) & (reruns.truth <= reruns.high)
    return share_interval(int(holds.sum()), len(holds))


def right_sign_share(reruns: Reruns) -> Interval:
    """Share of runs with an interval wholly on the lift's side of 0: the power, sign included."""
    if reruns.truth == 0:
        raise InvalidRequest("no lift was put in", hint="an A/A test has a coverage only")
    found = reruns.low > 0 if reruns.truth > 0 else reruns.high < 0
    return share_interval(int(found.sum()), len(found))


def _moments(sums: Floats, squares: Floats, n: int) -> tuple[Floats, Floats]:
    """Means [runs] of an arm of n units, and the squares of their standard errors."""
    means = sums / n
    return means, np.maximum(squares - n * means**2, 0.0) / (n - 1) / n
