"""How well are things told apart into classes? F₁ of each, and what it is without chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def confusion(
    given: NDArray[np.integer], said: NDArray[np.integer], classes: int
) -> NDArray[np.float64]:
    """[classes given, classes said] counts of n things, whose classes count from 0."""
    counts = np.zeros((classes, classes))
    np.add.at(counts, (given, said), 1.0)
    return counts


def f1_by_class(confusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """[…, classes] F₁ = 2 · hits / (given + said), 0 where a class is neither.

    Args:
        confusion: […, classes given, classes said] counts.
    """
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    both = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    return np.asarray(2 * hits / np.where(both > 0, both, 1.0))


def macro_f1(given: NDArray[np.integer], said: NDArray[np.integer], classes: int) -> float:
    """The mean of the classes' F₁; a class that is neither given nor said counts as 0."""
    return float(f1_by_class(confusion(given, said, classes)).mean())
