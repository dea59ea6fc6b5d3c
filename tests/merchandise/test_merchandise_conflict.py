"""Rules in each other's way."""

from __future__ import annotations

import pytest

from shopkeeper.records import AnyOf, Clause, NoneOf
from shopkeeper.stages.merchandise import (
    Conflict,
    Filter,
    Pin,
    Redirect,
    Rule,
    Weigh,
    When,
    conflicts,
)
from shopkeeper.stages.merchandise.moment import read_moment
from shopkeeper.text import analyser

EN = analyser("en")
TENT, TENTS, RED_TENT, MUG = (When((text,)) for text in ("tent", "Tents", "red tent", "mug"))
IS_TENT = When(("tent",), "is")
MAY, JUNE, JULY = (read_moment(f"2026-0{month}-01T00Z") for month in (5, 6, 7))


def pinned(first: When, second: When, *, priority: int = 0) -> list[Conflict]:
    rules = [Rule("a", Pin(("p1",)), first), Rule("b", Pin(("p2",)), second, priority)]
    return conflicts(rules, EN)


def test_two_pins_of_the_first_place() -> None:
    assert pinned(TENT, TENTS) == [Conflict(("a", "b"), "both pin the first place (p1, p2)")]


@pytest.mark.parametrize(
    ("first", "second", "meet"),
    [
        (TENT, RED_TENT, True),
        (TENT, MUG, False),
        (IS_TENT, When(("Tents",), "is"), True),
        (When(("red tent",), "is"), When(("tent",), "is"), False),
        (When(), When(), True),
        (When(("tent",), locale="en"), When(("tent",), locale="en-GB"), True),
        (When(("tent",), locale="en"), When(("tent",), locale="de"), False),
        (When(("tent",), market="US"), When(("tent",), market="GB"), False),
        (When(("tent",), starts=MAY, ends=JUNE), When(("tent",), starts=JUNE), False),
        (When(("tent",), starts=MAY, ends=JULY), When(("tent",), starts=JUNE), True),
    ],
)
def test_only_rules_that_can_meet_conflict(first: When, second: When, meet: bool) -> None:
    assert bool(pinned(first, second)) == meet
    assert bool(pinned(second, first)) == meet


def test_what_precedence_decides_is_no_conflict() -> None:
    assert pinned(TENT, TENT, priority=1) == []
    assert pinned(TENT, IS_TENT) == []


def test_two_redirects() -> None:
    rules = [Rule("a", Redirect("/x"), TENT), Rule("b", Redirect("/y"), TENT)]
    assert [c.what for c in conflicts(rules, EN)] == ["both redirect (/x, /y)"]


def test_a_filter_that_keeps_a_pin_out() -> None:
    by_id = [
        Rule("pin", Pin(("p1", "p2")), IS_TENT),
        Rule("hide", Filter(NoneOf("id", ("p2", "p3"))), When(), priority=3),
    ]
    assert conflicts(by_id, EN) == [
        Conflict(("hide", "pin"), "p2 is pinned, and -id:p2|p3 keeps it out")
    ]
    by_brand = [by_id[0], Rule("acme", Filter(AnyOf("brand", ("Acme",))))]
    assert conflicts(by_brand, EN) == []  # without a catalogue nobody knows

    def passes(product_id: str, clause: Clause) -> bool:
        return product_id == "p1"

    assert [c.what for c in conflicts(by_brand, EN, passes)] == [
        "p2 is pinned, and brand:Acme keeps it out"
    ]


def test_boosted_and_buried() -> None:
    acme = AnyOf("brand", ("Acme",))
    rules = [Rule("up", Weigh(acme, 1.0), TENT), Rule("down", Weigh(acme, -1.0), RED_TENT)]
    assert [c.what for c in conflicts(rules, EN)] == ["brand:Acme is both boosted and buried"]
    assert conflicts([rules[0], Rule("zed", Weigh(AnyOf("brand", ("Zed",)), -1.0), TENT)], EN) == []
