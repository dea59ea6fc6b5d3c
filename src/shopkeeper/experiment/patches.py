"""What does a picture look like, in numbers? Features that need no training.

Those of Coates, Lee and Ng 2011, *An analysis of single-layer networks in unsupervised feature
learning* (AISTATS), section 3, with random patches for the dictionary instead of k-means. To a
patch with distances d to the entries, entry k answers

    fₖ = max(0, mean(d) − dₖ)   ("triangle")

and the answers are averaged over the cells of a grid: once for whitened patches, which show form
and texture, and once for single pixels, which show colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from shopkeeper.records import InvalidRequest

Array = NDArray[np.float32]

_SAMPLE = 4_000
"""Patches from which the whitening is learnt."""
_FLAT, _WHITE = 0.05, 0.1
"""Added to a patch's contrast and to the variances of the whitening: flat patches stay flat."""
_STRIDE, _BATCH = 2, 32


@dataclass(frozen=True, slots=True)
class PatchConfig:
    """What is looked for, and where."""

    patch: int = 6
    """Side of a patch in pixels; 2 or more."""
    entries: int = 160
    """Of the dictionary of patches; 2 … 2,000."""
    colours: int = 64
    """Entries of the dictionary of pixels; 2 … 2,000."""
    cells: int = 3
    """Side of the grid, 1 or more."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.patch < 2 or self.cells < 1 or self.seed < 0:
            raise InvalidRequest(f"{self}", expected="patch ≥ 2, cells ≥ 1 and seed ≥ 0")
        if not 2 <= min(self.entries, self.colours) <= max(self.entries, self.colours) <= 2_000:
            raise InvalidRequest(f"{self}", expected="2 … 2,000 entries and colours")


def patch_features(pictures: NDArray[np.uint8], config: PatchConfig = PatchConfig()) -> Array:
    """[pictures, cells² · (entries + colours)] of [pictures, size, size, 3].

    The dictionaries are drawn from the pictures themselves. Raises InvalidRequest: pictures in
    which a patch has no room for the grid.
    """
    if pictures.shape[1] < config.patch + _STRIDE * config.cells:
        raise InvalidRequest(f"pictures of {pictures.shape[1]} pixels", expected="larger ones")
    rng = np.random.default_rng(config.seed)
    colours = _sample(pictures, 1, rng)[: config.colours]
    raw = _contrast(_sample(pictures, config.patch, rng))
    middle, whitening = raw.mean(axis=0), _whitening(raw)
    white = (raw - middle) @ whitening
    is_busy = white.std(axis=1) > np.quantile(white.std(axis=1), 0.3)
    forms = white[is_busy][: config.entries]
    rows = []
    for start in range(0, len(pictures), _BATCH):
        batch = pictures[start : start + _BATCH].astype(np.float32) / np.float32(255)
        patches = (_contrast(_patches(batch, config.patch)) - middle) @ whitening
        seen = [triangle(patches, forms), triangle(_patches(batch, 1), colours)]
        rows.append(np.concatenate([_pool(answers, config.cells) for answers in seen], axis=1))
    return np.concatenate(rows)


def triangle(patches: Array, entries: Array) -> Array:
    """The answers of the entries [k, n] to patches [..., n], as [..., k]."""
    squares = (patches**2).sum(axis=-1, keepdims=True) + (entries**2).sum(axis=-1)
    distances = np.sqrt(np.maximum(squares - 2 * patches @ entries.T, 0))
    return np.asarray(np.maximum(distances.mean(axis=-1, keepdims=True) - distances, 0))


def _patches(pictures: Array, side: int) -> Array:
    """[pictures, rows, columns, 3 · side²]"""
    windows = sliding_window_view(pictures, (side, side), axis=(1, 2))[:, ::_STRIDE, ::_STRIDE]
    return windows.reshape(*windows.shape[:3], -1)


def _sample(pictures: NDArray[np.uint8], side: int, rng: np.random.Generator) -> Array:
    """Patches [sample, 3 · side²] from anywhere."""
    room = pictures.shape[1] - side + 1
    where = zip(
        rng.integers(len(pictures), size=_SAMPLE),
        rng.integers(room, size=_SAMPLE),
        rng.integers(room, size=_SAMPLE),
        strict=True,
    )
    found = [pictures[at, y : y + side, x : x + side] for at, y, x in where]
    return np.stack(found).transpose(0, 3, 1, 2).reshape(_SAMPLE, -1).astype(
        np.float32
    ) / np.float32(255)


def _contrast(patches: Array) -> Array:
    """Each patch with mean 0 and, unless it is flat, deviation 1."""
    centred = patches - patches.mean(axis=-1, keepdims=True)
    return np.asarray(centred / (centred.std(axis=-1, keepdims=True) + np.float32(_FLAT)))


def _whitening(patches: Array) -> Array:
    """The matrix (ZCA) that takes away what neighbouring pixels have in common."""
    variances, axes = np.linalg.eigh(np.cov(patches.T))
    return np.asarray((axes / np.sqrt(variances + _WHITE)) @ axes.T, dtype=np.float32)


def _pool(answers: Array, cells: int) -> Array:
    """Means over the cells of the grid: [pictures, rows, columns, k] to [pictures, cells² · k]."""
    bands = np.array_split(answers, cells, axis=1)
    parts = [part for band in bands for part in np.array_split(band, cells, axis=2)]
    return np.concatenate([part.mean(axis=(1, 2)) for part in parts], axis=1)
