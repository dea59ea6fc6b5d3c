from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.experiment import fused_arm, pool
from shopkeeper.records import InvalidRecord, NotFound

IDS = [f"p{i}" for i in range(11)]
POSITIONS = {id_: at for at, id_ in enumerate(IDS)}
NAN = float("nan")


def lexical_first(weight: float, legs):
    """A fusion that looks at whole arrays: each leg is divided by its largest score."""
    total = np.zeros_like(legs["dense"])
    for leg, share in (("lexical", 1 - weight), ("dense", weight)):
        scores = np.nan_to_num(legs[leg])
        total += share * scores / max(scores.max(initial=0.0), 1e-9)
    return total


def test_a_pool_keeps_the_best_of_each_leg_and_the_judged() -> None:
    lexical = np.array([5, 4, 3, 2, NAN, NAN, NAN, NAN, NAN, NAN, NAN])
    dense = np.array([0, 0, 0, 0, 0, 0, 0, 0.7, 0.8, 0.9, 0])
    pooled = pool(
        IDS,
        {"lexical": lexical, "dense": dense},
        ["p3", "p9", "gone"],
        positions=POSITIONS,
        depth=2,
    )
    assert pooled.product_ids == ("p0", "p1", "p3", "p8", "p9")
    assert pooled.returned.tolist() == [True, True, False, True, True]
    np.testing.assert_array_equal(pooled.legs["lexical"], [5, 4, 2, NAN, NAN])
    np.testing.assert_array_equal(pooled.legs["dense"], [0, 0, 0, 0.8, 0.9])


def test_golden_order() -> None:
    legs = {"lexical": np.array([1.0, 3.0, NAN, 2.0]), "dense": np.array([0.5, NAN, 0.9, 0.1])}
    some = pool(IDS[:4], legs, ["p3", "p2"], positions=POSITIONS, depth=2)
    # lexical returns p1 and p3, dense p2 and p0; the sum lacks a leg for p1 and p2: not returned
    arm = fused_arm({"tent": some}, lambda legs: legs["lexical"] + legs["dense"], fit=lambda _: 0.5)
    answer = arm("tent", ["p3", "p2"])
    assert answer.ranking == ["p3", "p0"]  # 2.1, 1.5
    assert answer.judged == ["p3"]
    assert answer.fit == 0.5


@given(
    scores=st.lists(
        st.tuples(st.floats(0.1, 1), st.floats(0.1, 1)), min_size=11, max_size=11, unique=True
    ),
    judged=st.sets(st.sampled_from(IDS)),
    weight=st.sampled_from([0.0, 0.3, 1.0]),
)
def test_what_was_judged_never_touches_the_ranking(scores, judged, weight) -> None:
    lexical, dense = np.array(scores).T
    legs = {"lexical": lexical, "dense": dense - 0.55}
    fuse = partial(lexical_first, weight)
    blind, seeing = (
        fused_arm({"q": pool(IDS, legs, ids, positions=POSITIONS, depth=3)}, fuse)("q", tuple(ids))
        for ids in ((), sorted(judged))
    )
    assert list(blind.ranking) == list(seeing.ranking)
    assert 3 <= len(blind.ranking) <= 6
    assert set(seeing.judged) == judged


@given(st.permutations(range(11)), st.sampled_from([0.0, 0.5, 1.0]))
def test_a_deep_pool_ranks_like_the_whole_catalogue(order, weight) -> None:
    legs = {"lexical": np.array(order, dtype=float) + 1, "dense": np.cos(np.arange(11.0)) + 2}
    whole = np.argsort(-lexical_first(weight, legs), kind="stable")
    arm = fused_arm(
        {"q": pool(IDS, legs, (), positions=POSITIONS, depth=11)}, partial(lexical_first, weight)
    )
    assert arm("q", ()).ranking == [IDS[at] for at in whole]


def test_what_cannot_be_pooled_says_so() -> None:
    with pytest.raises(InvalidRecord, match=r"leg dense: \(3,\) scores; expected \(11,\)"):
        pool(IDS, {"dense": np.zeros(3)}, (), positions=POSITIONS)
    with pytest.raises(NotFound, match="no pool of query 'stove'"):
        fused_arm({}, lambda legs: legs["dense"])("stove", ())
