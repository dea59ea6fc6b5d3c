"""Which ten products stood on the page, and with what probability? The logging policy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shopkeeper.world.choice import NONE
from shopkeeper.world.config import PolicyDials


def show_pages(
    sizes: NDArray[np.int64], page: int, dials: PolicyDials, rng: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Order each window: as the engine did, or, with probability `explore`, shuffled evenly.

        P(slot s at position k) = (1 − explore) · [s = k] + explore / n

    Args:
        sizes: [r] products n in each window.
        page: positions of a page.

    Returns:
        [r, page] the slot of its window that stands at each position, `NONE` on a short page, and
        the probability that the policy shows that slot there.
    """
    requests, window = len(sizes), dials.window
    places = np.arange(window)
    keys = np.where(
        (rng.random(requests) < dials.explore)[:, None], rng.random((requests, window)), places
    )
    keys = np.where(places < sizes[:, None], keys, np.inf)
    shown = np.argsort(keys, axis=1, kind="stable")[:, :page].astype(np.int32)
    positions = np.arange(shown.shape[1])
    is_there = positions < sizes[:, None]
    even = dials.explore / np.maximum(sizes, 1)[:, None]
    propensity = (1 - dials.explore) * (shown == positions) + even
    return np.where(is_there, shown, NONE), np.where(is_there, propensity, 0.0)
