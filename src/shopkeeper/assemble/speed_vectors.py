"""Where would a million products lie, if there were the hours to encode them?

Real vectors of a sample, mixed within their categories:

    v = unit( (1 − λ)·a + λ·b + σ·ε ),   λ ~ U(0, ½), ε ~ N(0, I/d)

a and b are the encoder's vectors of two sampled products of the same category, σ = 0.35. So
neighbours, clusters and the distance to real queries are the encoder's own.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.documents import encoder_text
from shopkeeper.records import Product
from shopkeeper.records.ports import Encode

SPREAD = 0.35
"""σ."""

_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Sample:
    """Encoded products of each category; "" holds all of them."""

    vectors: NDArray[np.float32]
    of_category: dict[str, NDArray[np.int64]]
    texts_per_s: float
    """How fast the encoder was."""


def encode_sample(products: Sequence[Product], encode: Encode, locale: str) -> Sample:
    """Encode what the sample's products say."""
    started = time.perf_counter()
    vectors = encode.encode([encoder_text(product, locale) for product in products])
    took = time.perf_counter() - started
    places: dict[str, list[int]] = {"": list(range(len(products)))}
    for place, product in enumerate(products):
        places.setdefault(_category(product), []).append(place)
    of_category = {name: np.array(own, np.int64) for name, own in places.items()}
    return Sample(vectors, of_category, len(products) / took)


def generate(
    sample: Sample, products: Iterable[Product], seed: int
) -> Iterator[NDArray[np.float32]]:
    """The vectors of the products, in their order, in blocks; the same seed, the same vectors."""
    rng = np.random.default_rng(seed)
    categories: list[str] = []
    for product in products:
        categories.append(_category(product))
        if len(categories) == _AT_ONCE:
            yield _mixed(sample, categories, rng)
            categories = []
    if categories:
        yield _mixed(sample, categories, rng)


def _mixed(
    sample: Sample, categories: Sequence[str], rng: np.random.Generator
) -> NDArray[np.float32]:
    everything = sample.of_category[""]
    dimension = sample.vectors.shape[1]
    of = [sample.of_category.get(category, everything) for category in categories]
    sizes = np.array([len(own) for own in of])
    first, second = (
        np.array([own[at] for own, at in zip(of, rng.integers(0, sizes), strict=True)])
        for _ in range(2)
    )
    share = rng.uniform(0, 0.5, (len(of), 1)).astype(np.float32)
    vectors = (1 - share) * sample.vectors[first] + share * sample.vectors[second]
    noise = rng.standard_normal(vectors.shape, np.float32)
    vectors += noise * np.float32(SPREAD / dimension**0.5)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / lengths, np.float32)


def _category(product: Product) -> str:
    return product.category[-1] if product.category else ""
