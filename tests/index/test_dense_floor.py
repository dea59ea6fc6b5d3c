"""How similar chance makes two products."""

from __future__ import annotations

import numpy as np
import pytest

from shopkeeper.index.dense_floor import chance_similarity
from shopkeeper.records import InvalidRequest


def test_it_is_the_distribution_over_all_pairs() -> None:
    random = np.random.default_rng(0)
    vectors = random.standard_normal((397, 11))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    every_pair = (vectors @ vectors.T)[np.triu_indices(397, 1)]
    found = chance_similarity(vectors.astype(np.float32), seed=1)
    for value, share in ((found.q50, 0.5), (found.q90, 0.9), (found.q99, 0.99)):
        assert value == pytest.approx(np.quantile(every_pair, share), abs=0.01)
    assert found.q50 < found.q90 < found.q99 < found.q999


def test_a_product_is_never_paired_with_itself() -> None:
    found = chance_similarity(np.eye(2, dtype=np.float32), seed=0, pairs=1000)
    assert (found.q50, found.q999) == (0, 0)


def test_the_same_seed_gives_the_same_numbers_and_another_one_others() -> None:
    vectors = np.random.default_rng(0).standard_normal((97, 11)).astype(np.float32)
    assert chance_similarity(vectors, 3, 1000) == chance_similarity(vectors, 3, 1000)
    assert chance_similarity(vectors, 3, 1000) != chance_similarity(vectors, 4, 1000)


def test_one_vector_makes_no_pair() -> None:
    with pytest.raises(InvalidRequest, match="1 vectors"):
        chance_similarity(np.eye(1, dtype=np.float32), seed=0)
