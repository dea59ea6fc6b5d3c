"""F₁ by class, held against scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import f1_score

from shopkeeper.measure import confusion, f1_by_class, macro_f1


def test_f1_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    for _ in range(7):
        given, said = rng.integers(0, 4, (2, 211))
        counts = confusion(given, said, 4)
        assert counts.sum() == 211
        expected = f1_score(given, said, average=None, labels=[0, 1, 2, 3], zero_division=0)
        np.testing.assert_allclose(f1_by_class(counts), expected)
        assert macro_f1(given, said, 4) == expected.mean()
    assert f1_by_class(np.diag([3.0, 0, 2, 1])).tolist() == [1, 0, 1, 1]


def test_many_confusions_at_once() -> None:
    tables = np.random.default_rng(0).integers(0, 9, (5, 4, 4)).astype(float)
    at_once = f1_by_class(tables)
    for table, row in zip(tables, at_once, strict=True):
        np.testing.assert_allclose(f1_by_class(table), row)
