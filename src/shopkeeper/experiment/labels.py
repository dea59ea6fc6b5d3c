"""Whose labels are they? Dials that make true grades look like those of a human data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.judged import JudgedSet
from shopkeeper.knowledge import Grade
from shopkeeper.records import InvalidRequest

PUBLISHED_MIX: Mapping[int, float] = {4: 0.50, 3: 0.05, 2: 0.36, 1: 0.09}
"""Shares of the grades in TaoSR1's test set (Dong et al. 2025, arXiv:2508.12365; *stated*)."""
FARTHER = 0.25
"""A mistake by one grade more is this much rarer (*assumed*)."""


def mistakes(noise: float) -> NDArray[np.float64]:
    """[4, 4]: the probability of each label (column) for each true grade (row).

    A label is wrong with probability `noise`, 0 … 1, whatever the grade; wrong by k grades in
    proportion to FARTHER to the power k.
    """
    if not 0 <= noise <= 1:
        raise InvalidRequest(f"noise {noise}", expected="0 … 1")
    apart = np.abs(np.subtract.outer(np.arange(len(Grade)), np.arange(len(Grade))))
    wrong = np.where(apart > 0, FARTHER ** apart.astype(np.float64), 0.0)
    wrong /= wrong.sum(axis=1, keepdims=True)
    return noise * wrong + (1 - noise) * np.eye(len(Grade))


def mislabel(grades: NDArray[np.int8], noise: float, rng: np.random.Generator) -> NDArray[np.int8]:
    """What a rater who errs says of n products of these grades; the grades themselves at 0."""
    ends = np.cumsum(mistakes(noise), axis=1)[grades - min(Grade)]
    drawn = (rng.random(len(grades))[:, None] >= ends[:, :-1]).sum(axis=1)
    return np.asarray(drawn + min(Grade), dtype=np.int8)


def to_mix(
    judged: JudgedSet, mix: Mapping[int, float] = PUBLISHED_MIX, *, seed: int = 0
) -> JudgedSet:
    """The most judgements of the set, drawn by lot, whose labels have the shares of `mix`.

    For sets of pairs: a query may lose its judgements, so nothing can be ranked by what is left.
    Shares are met to within one judgement of each label; a label that `mix` lacks is left out.

    Raises InvalidRequest for shares that are not positive or do not sum to 1, and for a label that
    the set does not have.
    """
    if min(mix.values(), default=0.0) <= 0 or abs(sum(mix.values()) - 1) > 1e-9:
        raise InvalidRequest(f"mix {dict(mix)}", expected="positive shares that sum to 1")
    labels = np.array([judgement.grade for judgement in judged.judgements])
    by_label = {label: np.flatnonzero(labels == label) for label in mix}
    missing = [label for label, places in by_label.items() if not len(places)]
    if missing:
        raise InvalidRequest(f"no label {missing[0]} in {judged.name}", expected=f"{sorted(mix)}")
    total = min(len(by_label[label]) / share for label, share in mix.items())
    rng = np.random.default_rng(seed)
    kept = [
        rng.choice(by_label[label], int(total * share + 1e-9), replace=False)
        for label, share in mix.items()
    ]
    places = np.sort(np.concatenate(kept))
    return replace(judged, judgements=tuple(judged.judgements[at] for at in places))
