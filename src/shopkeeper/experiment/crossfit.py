"""How good is it where nothing was chosen? Parameters from one half, figures from the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shopkeeper.experiment.relevance import Columns
from shopkeeper.records import InvalidRequest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Setting = TypeVar("Setting", bound="DataclassInstance")
Setting_co = TypeVar("Setting_co", bound="DataclassInstance", covariant=True)


@dataclass(frozen=True, slots=True)
class CrossFit(Generic[Setting_co]):
    """Figures of every query under the setting, a frozen dataclass, that was chosen without it."""

    chosen: tuple[Setting_co, Setting_co]
    """Reported on the first half (chosen on the second), and on the second."""
    columns: Columns


def second_half(texts: Sequence[str]) -> NDArray[np.bool_]:
    """[queries] Is it in the second half? The last bit of the SHA-256 of the query's text.

    The same on every machine, in any order of queries, and in every set that holds the text.
    """
    return np.array([hashlib.sha256(t.encode()).digest()[-1] & 1 for t in texts], dtype=np.bool_)


def crossfit(
    settings: Sequence[Setting],
    measure: Callable[[Setting], Columns],
    texts: Sequence[str],
    *,
    objective: str,
    weights: ArrayLike | None = None,
    tolerance: float = 0.0,
) -> CrossFit[Setting]:
    """Choose a setting on each half of the queries, and report it on the other.

    Args:
        settings: what may be chosen, the shipped or simplest one first: ties go to the earliest.
        measure: setting → columns over all queries, as ``measure_arm`` gives them. Called once
            per setting.
        texts: [queries] in the columns' order.
        objective: the column whose mean is made largest; NaN is left out.
        weights: [queries] of that mean; None for equal ones. With 1 / size of its set for each
            query, several sets laid end to end choose one setting together.
        tolerance: a later setting must be better by more than this to be chosen.
    """
    if not settings:
        raise InvalidRequest("no setting to choose from", expected="one or more")
    measured = [measure(setting) for setting in settings]
    values = np.stack([columns[objective] for columns in measured])
    weight = np.ones(len(texts)) if weights is None else np.asarray(weights, dtype=np.float64)
    second = second_half(texts)
    on_first = choose(values[:, second], weight[second], tolerance)
    on_second = choose(values[:, ~second], weight[~second], tolerance)
    columns = {
        name: np.where(second, measured[on_second][name], measured[on_first][name])
        for name in measured[0]
    }
    return CrossFit((settings[on_first], settings[on_second]), columns)


def choose(
    values: NDArray[np.float64], weights: NDArray[np.float64], tolerance: float = 0.0
) -> int:
    """Index of the first row [settings, queries] whose mean is within tolerance of the best.

    0 when no query says anything.
    """
    weight = np.where(np.isnan(values), 0.0, weights)
    total = weight.sum(axis=1)
    sums = (np.nan_to_num(values) * weight).sum(axis=1)
    means = np.divide(sums, total, out=np.zeros(len(values)), where=total > 0)
    return int(np.argmax(means >= means.max() - tolerance))
