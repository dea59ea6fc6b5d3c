"""Wishes and intents say one thing, or are refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.knowledge import NEARLY, Intent, Slot
from shopkeeper.records import InvalidRecord

numbers = st.floats(-1e6, 1e6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Slot("colour"),
        lambda: Slot("weight", ("heavy",), low=3.0),
        lambda: Intent(()),
        lambda: Intent(("Tents",), anchor="Acme"),
        lambda: Intent(("Tents",), type="alternative"),
    ],
)
def test_what_says_nothing_or_two_things_is_refused(make) -> None:
    with pytest.raises(InvalidRecord, match="expected"):
        make()


@given(st.none() | numbers, numbers, numbers)
def test_what_is_accepted_is_nearly_accepted_too(low, high, value):
    slot = Slot("a", low=low, high=high)
    assert slot.nearly_accepts(value) or not slot.accepts(value)
    inner, outer = slot.bounds(0.0), slot.bounds(NEARLY)
    assert outer[0] <= inner[0]
    assert inner[1] <= outer[1]


def test_bounds_by_hand() -> None:
    """A tenth of −20 is −2, pushed outwards; an open end stays open."""
    assert Slot("a", low=-20.0).bounds(0.1) == (-22.0, math.inf)
    assert Slot("a", high=50.0).bounds(0.1) == (-math.inf, 55.0)


def test_intents_are_counted_by_what_they_say() -> None:
    one, same, other = (Intent(("Tents",), (Slot("a", (v,)),)) for v in ("x", "x", "y"))
    assert one == same != other
    assert len({one, same, other}) == 2
