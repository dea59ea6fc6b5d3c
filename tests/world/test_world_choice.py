"""Many choices at once are those of a loop, in proportion to their weights."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.world.choice import Choice, make_choice

KEYS = 5
members = st.lists(
    st.tuples(st.integers(0, KEYS - 1), st.sampled_from((0.0, 0.5, 1.0, 3.0))),
    min_size=1,
    max_size=15,
)
asked = st.lists(
    st.tuples(st.integers(0, KEYS - 1), st.floats(0, 1, exclude_max=True), st.integers(90, 99)),
    min_size=1,
    max_size=10,
)


def choice_of(rows: list[tuple[int, float]]) -> Choice:
    keys, weights = zip(*rows, strict=True)
    return make_choice(np.array(keys), np.array(weights, dtype=np.float64), KEYS)


def one(rows: list[tuple[int, float]], key: int, chance: float, otherwise: int) -> int:
    """The slow twin: walk along the key's weights until they exceed the chance's share."""
    own = [(at, weight) for at, (of, weight) in enumerate(rows) if of == key]
    left = chance * sum(weight for _, weight in own)
    for at, weight in own:
        if left < weight:
            return at
        left -= weight
    return own[-1][0] if own else otherwise


@given(members, asked)
def test_picks_are_those_of_a_loop(rows, questions):
    keys, chances, otherwise = (np.array(column) for column in zip(*questions, strict=True))
    choice = choice_of(rows)
    assert len(choice) == KEYS
    picked = choice.pick(keys, chances, otherwise)
    for at, question in enumerate(questions):
        own = [weight for of, weight in rows if of == question[0]]
        share = question[1] * sum(own)
        edges = np.cumsum([0.0, *own])
        if own and (not sum(own) or np.abs(edges - share).min() < 1e-9):
            continue  # without weight, or on an edge, where rounding decides
        assert picked[at] == one(rows, *question)


def test_picks_come_in_proportion() -> None:
    """Key 1 has members of weights 1, 0 and 3; 20,000 draws, standard deviation 61."""
    choice = choice_of([(0, 1.0), (1, 1.0), (1, 0.0), (1, 3.0)])
    chance = np.random.default_rng(0).random((200, 100))
    keys = np.ones(chance.shape, dtype=np.int64)
    counts = np.bincount(choice.pick(keys, chance, keys).ravel(), minlength=4)
    assert counts[[0, 2]].tolist() == [0, 0]
    assert abs(counts[3] - 15_000) < 200


def test_what_has_no_weight_is_never_picked() -> None:
    """Not even at the very ends of chance."""
    choice = choice_of([(0, 0.0), (0, 2.0), (0, 0.0), (1, 1.0)])
    chance = np.array([0.0, 0.5, np.nextafter(1, 0)])
    assert choice.pick(np.zeros(3, dtype=np.int64), chance, chance.astype(int)).tolist() == [1] * 3


def test_a_key_without_members_picks_otherwise() -> None:
    choice = choice_of([(0, 1.0)])
    picked = choice.pick(np.array([0, 3]), np.array([0.5, 0.5]), np.array([7, 8]))
    assert picked.tolist() == [0, 8]
