"""What does chance say? Draws that give the same bits on every machine and numpy version.

They use nothing of a generator but its uniform doubles, whose stream numpy keeps stable.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


def stream(seed: int, *key: int) -> np.random.Generator:
    """A generator of its own for (seed, key): no draw of one stream moves another."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def spread_offset(seed: int) -> int:
    """A whole number in 0 … 2⁶⁴ − 1, one for each seed."""
    return int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])


def pick_index(rng: np.random.Generator, size: int) -> int:
    """Uniform in 0 … size − 1."""
    return int(rng.random() * size)


def pick(rng: np.random.Generator, options: Sequence[T]) -> T:
    """One of the options, all equally likely."""
    return options[pick_index(rng, len(options))]


def pick_early(rng: np.random.Generator, options: Sequence[T]) -> T:
    """One of the options, the i-th (from 0) with weight 1 / (i + 2): earlier ones more often."""
    ends = _early_ends(len(options))
    return options[min(bisect_right(ends, rng.random() * ends[-1]), len(options) - 1)]


@cache
def _early_ends(size: int) -> list[float]:
    return list(accumulate(1 / (i + 2) for i in range(size)))


def pick_weighted(rng: np.random.Generator, options: Sequence[T], weights: Sequence[float]) -> T:
    """One of the options, in proportion to its weight."""
    left = rng.random() * math.fsum(weights)
    for option, weight in zip(options, weights, strict=True):
        left -= weight
        if left < 0:
            return option
    return options[-1]


def pick_some(rng: np.random.Generator, options: Sequence[T], count: int) -> tuple[T, ...]:
    """`count` different positions, in the order in which they are drawn, earlier more often."""
    left, chosen = list(options), []
    for _ in range(min(count, len(left))):
        i = pick_early(rng, range(len(left)))
        chosen.append(left.pop(i))
    return tuple(chosen)


def bell(rng: np.random.Generator) -> float:
    """Mean 0, standard deviation 1, within ±3: three uniforms, whose sum has variance 1/4."""
    return 2 * (rng.random() + rng.random() + rng.random() - 1.5)


def normals(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Standard normal, by Box and Muller: from uniforms alone."""
    radius = np.sqrt(-2 * np.log1p(-rng.random(shape)))
    angle = 2 * np.pi * rng.random(shape)
    return np.asarray(radius * np.cos(angle), dtype=np.float64)


def poissons(rng: np.random.Generator, means: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Poisson counts, cut at `most`, by inversion: one uniform each."""
    left = rng.random(means.shape)
    counts = np.full(means.shape, most, dtype=np.int64)
    term, below = np.exp(-means), np.zeros(means.shape)
    for count in range(most):
        below = below + term
        counts = np.where((counts == most) & (left < below), count, counts)
        term = term * means / (count + 1)
    return counts
