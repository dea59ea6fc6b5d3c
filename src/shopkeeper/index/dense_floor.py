"""How similar are texts that have nothing to do with each other?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.records import InvalidRequest


@dataclass(frozen=True, slots=True)
class ChanceSimilarity:
    """Quantiles of the cosine of two products picked at random.

    A floor at `q999` lets one unrelated product in a thousand pass: cosines mean something else
    for every encoder and every catalogue, so the floor of dense matches is read off here.
    """

    pairs: int
    q50: float
    q90: float
    q99: float
    q999: float


def chance_similarity(
    vectors: NDArray[np.float32], seed: int, pairs: int = 100_000
) -> ChanceSimilarity:
    """Measure it on random pairs of two different rows of unit vectors [n ≥ 2, dimension]."""
    count = len(vectors)
    if count < 2 or pairs < 1:
        raise InvalidRequest(
            f"{pairs} pairs of {count} vectors", expected="1 or more, of 2 or more"
        )
    random = np.random.default_rng(seed)
    first = random.integers(count, size=pairs)
    second = (first + random.integers(1, count, size=pairs)) % count
    cosines = np.empty(pairs, np.float32)
    for start in range(0, pairs, 10_000):  # bounds the copies that fancy indexing makes
        part = slice(start, start + 10_000)
        cosines[part] = np.vecdot(vectors[first[part]], vectors[second[part]])
    return ChanceSimilarity(pairs, *np.quantile(cosines, (0.5, 0.9, 0.99, 0.999)).tolist())
