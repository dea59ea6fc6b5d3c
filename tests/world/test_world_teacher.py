"""A teacher: right with all dials at 0, and otherwise wrong as often as dialled."""

from __future__ import annotations

import numpy as np
import pytest

from shopkeeper.knowledge import (
    BRAND,
    PRICE,
    RULES,
    Grade,
    Intent,
    Reading,
    Reasoning,
    apply_rules,
    implied_rule,
    read_reasoning,
    reason,
)
from shopkeeper.records import InvalidRequest
from shopkeeper.world import Market, World
from shopkeeper.world.teacher import TeacherDials, teach


@pytest.fixture(scope="module")
def pairs(world: World, market: Market) -> list[tuple[Intent, Reading]]:
    """Queries with wishes, each with two products that the old engine finds."""
    found = []
    for query in market.book.queries[::3]:
        rows, _ = market.engine.find(query.text, 2)
        for row in rows if query.asked.intent.slots else ():
            placed, _ = world.placed(int(row))
            values = {name: frozenset(told) for name, told in placed.told.items()}
            values |= {BRAND: frozenset((placed.brand,)), PRICE: frozenset((placed.price,))}
            found.append((query.asked.intent, Reading(placed.category, values)))
    assert len(found) > 150
    return found


def taught(pairs: list[tuple[Intent, Reading]], market: Market, **dials: float) -> list[Reasoning]:
    rng = np.random.default_rng(0)
    taxonomy = market.graph.taxonomy
    return [teach(*pair, taxonomy, TeacherDials(**dials), rng) for pair in pairs]


def test_without_errors_it_is_the_gold(pairs: list[tuple[Intent, Reading]], market: Market) -> None:
    gold = [reason(*pair, market.graph.taxonomy) for pair in pairs]
    assert taught(pairs, market) == gold
    assert {one.grade for one in gold} >= {Grade.MISMATCH, Grade.EXCELLENT}
    assert all(read_reasoning(one.to_text()) == one for one in gold)
    assert [implied_rule(one).id for one in gold] == [one.rule for one in gold]


@pytest.mark.parametrize("step", ["category", "decision"])
def test_a_step_errs_as_often_as_dialled(
    pairs: list[tuple[Intent, Reading]], market: Market, step: str
) -> None:
    gold = [reason(*pair, market.graph.taxonomy) for pair in pairs]
    wrong = taught(pairs, market, **{step: 0.3, "propagates": 0.0})
    field = {"category": "category", "decision": "rule"}[step]
    share = np.mean([getattr(a, field) != getattr(b, field) for a, b in zip(gold, wrong)])  # noqa: B905
    assert share == pytest.approx(0.3, abs=0.08)
    if step == "category":
        assert [one.grade for one in wrong] == [one.grade for one in gold]


def test_an_error_that_propagates_reaches_the_grade(
    pairs: list[tuple[Intent, Reading]], market: Market
) -> None:
    """Every relation wrong and carried on: the rule follows the wrong relations."""
    for (intent, _), told in zip(
        pairs, taught(pairs, market, attribute=1.0, propagates=1.0), strict=True
    ):
        if told.rule == "R0":
            continue
        relations = [
            (slot, relation)
            for slot, (_, relation) in zip(intent.slots, told.attributes, strict=True)
        ]
        assert told.rule == apply_rules(told.category, relations).id
    gold = [reason(*pair, market.graph.taxonomy).grade for pair in pairs]
    wrong = [one.grade for one in taught(pairs, market, attribute=1.0, propagates=1.0)]
    assert np.mean([a != b for a, b in zip(gold, wrong, strict=True)]) > 0.3


def test_an_overlooked_wish_is_not_spoken_of(
    pairs: list[tuple[Intent, Reading]], market: Market
) -> None:
    told = taught(pairs, market, query=1.0, propagates=1.0)
    for (intent, _), one in zip(pairs, told, strict=True):
        assert len(one.attributes) == len(intent.slots) - 1
    assert {one.rule for one in told} <= set(RULES)


def test_a_wrong_dial_is_named() -> None:
    with pytest.raises(InvalidRequest, match=r"decision 1\.5"):
        TeacherDials(decision=1.5)
