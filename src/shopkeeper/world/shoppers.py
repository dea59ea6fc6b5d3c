"""Who are the shoppers? Latent tastes and interests, drawn block by block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.world.chance import normals, stream
from shopkeeper.world.config import ShopperDials
from shopkeeper.world.tastes import DIMENSION

INTERESTS = 5
"""Categories that a shopper cares for at a time."""
FAVOURITES = 3
"""Brands that a shopper likes."""
BLOCK = 2_048
"""Shoppers per stream of chance: any process can make any block."""
_SHOPPERS = 4


@dataclass(frozen=True, slots=True)
class Shoppers:
    """A block of n shoppers; everything about them is hidden from a shop."""

    first: int
    """Number of the block's first shopper."""
    taste: NDArray[np.float32]
    """[n, DIMENSION] The style they like; a row's length, 0 … 1, is how much they care."""
    favourites: NDArray[np.int16]
    """[n, FAVOURITES] Numbers of brands."""
    thrift: NDArray[np.float32]
    """[n] How much they mind a price; 0 … 1."""
    interests: NDArray[np.int16]
    """[n, 2, INTERESTS] Aisles they care for, before and after their interests change."""
    change_day: NDArray[np.float32]
    """[n] When they change; after the log's end, when they do not."""
    rate: NDArray[np.float32]
    """[n] Visits with a search that are to be expected in the log."""
    is_chinese: NDArray[np.bool_]
    """[n] They search in Chinese."""

    def __len__(self) -> int:
        return len(self.thrift)

    def interests_at(self, who: NDArray[np.int64], day: NDArray[np.float64]) -> NDArray[np.int16]:
        """[len(who), INTERESTS] What they care for on that day."""
        return self.interests[who, (day >= self.change_day[who]).astype(np.int64)]


def shopper_blocks(shoppers: int) -> list[tuple[int, int]]:
    """(block, its shoppers) that make up so many shoppers."""
    blocks = -(-shoppers // BLOCK)
    return [(block, min(BLOCK, shoppers - block * BLOCK)) for block in range(blocks)]


def draw_shoppers(
    seed: int,
    block: int,
    count: int,
    dials: ShopperDials,
    *,
    demand: NDArray[np.float64],
    brand_sales: NDArray[np.float64],
    chinese: float,
) -> Shoppers:
    """The first `count` shoppers of a block.

    Args:
        demand: [aisles] how much each is wanted over all.
        brand_sales: [brands] how much each sells.
        chinese: share of shoppers who search in Chinese.
    """
    rng = stream(seed, _SHOPPERS, block)
    taste = normals(rng, (BLOCK, DIMENSION))
    taste *= rng.random((BLOCK, 1)) / np.linalg.norm(taste, axis=1, keepdims=True)
    rate = np.exp(dials.activity * normals(rng, (BLOCK,)) - dials.activity**2 / 2)
    changes = rng.random(BLOCK) < dials.drift
    day = np.where(changes, dials.days * rng.random(BLOCK), dials.days + 1)
    before = _draw(rng, demand, (BLOCK, INTERESTS))
    after = _draw(rng, demand, (BLOCK, INTERESTS))
    after[:, 0] = before[:, 0]  # an interest for life stays
    return Shoppers(
        first=block * BLOCK,
        taste=taste[:count].astype(np.float32),
        favourites=_draw(rng, brand_sales, (BLOCK, FAVOURITES))[:count],
        thrift=rng.random(BLOCK)[:count].astype(np.float32),
        interests=np.stack([before, after], axis=1)[:count],
        change_day=day[:count].astype(np.float32),
        rate=(dials.sessions * rate)[:count].astype(np.float32),
        is_chinese=(rng.random(BLOCK) < chinese)[:count],
    )


def _draw(
    rng: np.random.Generator, weights: NDArray[np.float64], shape: tuple[int, ...]
) -> NDArray[np.int16]:
    """Places, in proportion to the weights."""
    ends = np.cumsum(weights)
    places = np.searchsorted(ends, rng.random(shape) * ends[-1], side="right")
    return np.asarray(places, dtype=np.int16)
