"""Dials are set by name, and a bad one is named."""

from __future__ import annotations

import pytest

from shopkeeper.records import InvalidRequest
from shopkeeper.world import (
    PRESETS,
    BehaviourDials,
    PolicyDials,
    QueryDials,
    Scale,
    ShopperDials,
    scale_of,
)


def test_settings_stand_upon_a_preset() -> None:
    scale = scale_of(
        "tiny",
        ["products=500", "queries.typo = 0.25", "behaviour.click=[-3, -2.5, -2, -1]"],
    )
    tiny = PRESETS["tiny"]
    assert (scale.products, scale.shoppers) == (500, tiny.shoppers)
    assert scale.config.queries.typo == 0.25
    assert scale.config.behaviour.click == (-3, -2.5, -2, -1)
    assert scale.config.queries.searches == tiny.config.queries.searches
    assert scale.config.goods == tiny.config.goods
    assert scale_of("tiny", ["shoppers.days=9", "shoppers=8"]).config.shoppers.days == 9


def test_a_later_setting_wins() -> None:
    assert scale_of("demo", ["shoppers=5", "shoppers=7"]).shoppers == 7


def test_presets_grow() -> None:
    sizes = [(PRESETS[name].products, PRESETS[name].shoppers) for name in ("tiny", "demo", "large")]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("queries.typo", "setting 'queries.typo'; expected name=value"),
        ("queries.typos=0.1", "dial 'queries.typos'; expected one of products, shoppers, goods."),
        ("queries=0.1", "dial 'queries'"),
        ("products.typo=1", "dial 'products.typo'"),
        ("colour=1", "dial 'colour'"),
        ("queries.typo=much", "queries.typo 'much'; expected a number"),
        ("queries.typo=1.5", "typo 1.5; expected 0 … 1"),
        ("queries.typo=-0.1", "typo -0.1"),
        ("queries.typo=true", "typo True"),
        ("queries.typo=nan", "typo nan"),
        ("queries.searches=99", "searches 99; expected a whole number, 100 …"),
        ("queries.searches=200.5", "searches 200.5; expected a whole number"),
        ("queries.slots=3", "slots 3; expected a list of numbers"),
        ("queries.slots=[]", "slots ()"),
        ("queries.slots=[0, 0]", "slots (0, 0); expected weights, not all of them 0"),
        ('queries.slots=["a"]', "slots ('a',)"),
        ("queries.knowledge=0.99", "hard types of more than 1 together"),
        ("behaviour.examined=0.5", "examined 0.5; expected a list of numbers, 0 … 1"),
        ("behaviour.examined=[0.5, 1.5]", "examined (0.5, 1.5)"),
        ("behaviour.click=[1, 2]", "click (1, 2); expected 4 numbers"),
        ("behaviour.buy=[1, 2, 3, nan]", "buy (1, 2, 3, nan)"),
        ("behaviour.same_need=0.9", "same_need + refine above 1"),
        ("behaviour.taste=-1", "taste -1"),
        ("shoppers.days=1", "days 1; expected a whole number, 2 … 366"),
        ("shoppers.days=2.5", "days 2.5"),
        ("policy.window=9", "window 9"),
        ("policy.unexposed=2.5", "unexposed 2.5"),
        ("products=199", "products 199; expected a whole number, 200 … 1,000,000"),
        ("products=300.5", "products 300.5"),
        ("shoppers=0", "shoppers 0; expected a whole number, 1 … 100,000,000"),
        ("shoppers=true", "shoppers True"),
    ],
)
def test_a_bad_setting_is_named(setting: str, said: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        scale_of("tiny", [setting])
    assert said in str(caught.value)


def test_an_unknown_preset_is_named() -> None:
    with pytest.raises(InvalidRequest, match="'huge'; expected one of tiny, demo, large"):
        scale_of("huge")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Scale(100, 5),
        lambda: QueryDials(demand=4),
        lambda: ShopperDials(sessions=-1),
        lambda: BehaviourDials(later=2),
        lambda: PolicyDials(explore=-0.5),
    ],
)
def test_dials_are_checked_wherever_they_are_set(make) -> None:
    with pytest.raises(InvalidRequest, match="expected"):
        make()
