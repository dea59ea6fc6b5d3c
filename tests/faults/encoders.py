"""Encoders of any dimension, for shops whose encoder is exchanged or goes wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shopkeeper.stages.retrieve import Encoder


class Hashed:
    """A unit vector of `dimension` numbers for each text; the dimension may change under way."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        made = [hashlib.sha256(text.encode()).digest()[: self.dimension] for text in texts]
        matrix = np.array([list(row) for row in made], np.float32).reshape(-1, self.dimension)
        return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def encoder(dimension: int, letter: str, hashed: Hashed | None = None) -> Encoder:
    """One that is told from others by its letter."""
    hashed = hashed or Hashed(dimension)
    return Encoder(f"encoder {letter}", dimension, letter * 64, hashed, hashed, hashed)
