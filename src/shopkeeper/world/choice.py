"""Which of many is chosen? Weighted choices by key, made for whole arrays at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NONE = -1
"""Stands where a window or page has no product."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Weighted choices, one per key: picked many at a time."""

    members: NDArray[np.int32]
    """Grouped by key."""
    ends: NDArray[np.float64]
    """[members + 1] Weights summed up, from 0."""
    starts: NDArray[np.int64]
    """[keys + 1] Where each key's members begin."""

    def __len__(self) -> int:
        """How many keys there are."""
        return len(self.starts) - 1

    def pick(
        self,
        keys: NDArray[np.int64],
        chance: NDArray[np.float64],
        otherwise: NDArray[np.int32] | NDArray[np.int64],
    ) -> NDArray[np.int32]:
        """One member of each key; `otherwise` for a key that has none.

        Args:
            keys, chance, otherwise: of one shape; chance is uniform in 0 … 1.
        """
        first, end = self.starts[keys], self.starts[keys + 1]
        low, high = self.ends[first], self.ends[end]
        at = np.searchsorted(self.ends, low + chance * (high - low), side="right") - 1
        at = np.clip(at, first, np.maximum(end - 1, first))
        found = self.members[np.minimum(at, len(self.members) - 1)]
        return np.where(first < end, found, otherwise).astype(np.int32)


def make_choice(keys: NDArray[np.int64], weights: NDArray[np.float64], size: int) -> Choice:
    """Member i has key keys[i], 0 … size − 1."""
    order = np.argsort(keys, kind="stable")
    counts = np.bincount(keys, minlength=size)
    return Choice(
        members=order.astype(np.int32),
        ends=np.concatenate(([0.0], np.cumsum(weights[order]))),
        starts=np.concatenate(([0], np.cumsum(counts))),
    )
