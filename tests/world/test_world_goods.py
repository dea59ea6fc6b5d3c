"""The same seed makes the same, valid, varied goods, in any order and any process."""

from __future__ import annotations

import hashlib
import json
import math
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.records import InvalidRequest, Product
from shopkeeper.world import GoodsDials, Item, World
from shopkeeper.world.chance import pick_early, pick_some, pick_weighted, stream
from shopkeeper.world.vocabulary import OneOf, Span

WORLD = World()
PRODUCTS = tuple(WORLD.products())
ITEMS = tuple(WORLD.items())


def fingerprint(world: World) -> str:
    lines = (json.dumps(p.to_dict(), ensure_ascii=False) for p in world.products())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_the_same_bytes_in_another_process() -> None:
    code = (
        "import hashlib, json; from shopkeeper.world import World\n"
        "lines = (json.dumps(p.to_dict(), ensure_ascii=False) for p in World(5, 300).products())\n"
        "print(hashlib.sha256('\\n'.join(lines).encode()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "PYTHONIOENCODING": "utf-8"}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == fingerprint(World(5, 300))


def test_another_seed_is_another_shop() -> None:
    assert fingerprint(World(0, 200)) != fingerprint(World(1, 200))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 1999), min_size=2, max_size=6))
def test_a_product_depends_on_its_index_alone(order: list[int]) -> None:
    world = World()
    assert [world.product(i) for i in order] == [PRODUCTS[i] for i in order]


def test_a_larger_world_begins_with_the_smaller_one() -> None:
    larger = World(size=20_000)
    assert [larger.product(i) for i in range(0, 2000, 97)] == list(PRODUCTS[::97])
    assert larger.product(19_999).id == "p019999"


def test_dials_of_the_listing_leave_the_truth_alone() -> None:
    noisy = World(dials=GoodsDials(chinese=1, omit=0.5, wrong=0.5, typo=1, unrated=1))
    indices = range(0, 2000, 131)
    assert [noisy.item(i) for i in indices] == [ITEMS[i] for i in indices]
    assert [noisy.product(i) for i in indices] != [PRODUCTS[i] for i in indices]


def test_every_category_occurs_in_proportion_to_its_share() -> None:
    counted = Counter(item.category.name for item in ITEMS)
    total = math.fsum(category.share for category in WORLD.goods.categories)
    for category in WORLD.goods.categories:
        expected = 2000 * category.share / total
        assert abs(counted[category.name] - expected) < 2.5
        assert counted[category.name] >= 1


def test_records_survive_their_own_json() -> None:
    for product in PRODUCTS[:400]:
        assert Product.from_dict(json.loads(json.dumps(product.to_dict()))) == product


def test_ids_and_skus_are_unique() -> None:
    assert len({p.id for p in PRODUCTS}) == 2000
    skus = [v.sku for p in PRODUCTS for v in p.variants]
    assert len(set(skus)) == len(skus) > 4000


def test_variants_differ_in_their_options_and_share_the_names() -> None:
    assert sum(len(p.variants) > 1 for p in PRODUCTS) > 600
    for product in PRODUCTS:
        options = [tuple(v.options.items()) for v in product.variants]
        assert len(set(options)) == len(options)
        assert len({tuple(v.options) for v in product.variants}) == 1
        assert not set(product.variants[0].options) & set(product.attributes)


def test_values_are_those_of_the_category() -> None:
    for item in ITEMS:
        for name, choice in item.category.has.items():
            for value in item.values(name):
                if isinstance(choice, OneOf):
                    assert value in choice.values
                elif isinstance(choice, Span):
                    assert choice.low <= float(value) <= choice.high


def test_a_narrowing_value_narrows() -> None:
    seen = 0
    for item in ITEMS:
        for name, limits in item.category.only.items():
            for other, allowed in limits.get(str(item.values(name)[0]), {}).items():
                seen += 1
                assert set(item.values(other)) <= set(allowed), (item.id, name, other)
    assert seen > 100


def test_prices_stay_within_their_category() -> None:
    """A shop's ending may take up to a dollar off, a sale 30 %."""
    for item in ITEMS:
        low, _, high = item.category.price
        for variant in item.variants:
            assert variant.price is not None
            assert 0.7 * (low - 1) - 0.01 <= float(variant.price.major) <= high


def test_dearer_tiers_are_dearer() -> None:
    relative: dict[str, list[float]] = {}
    for item in ITEMS:
        assert item.variants[0].price is not None
        ratio = float(item.variants[0].price.major) / item.category.price[1]
        relative.setdefault(item.brand.tier, []).append(ratio)
    medians = {tier: float(np.median(ratios)) for tier, ratios in relative.items()}
    assert 1.3 * medians["value"] < medians["standard"] < medians["premium"] / 1.3


def test_price_follows_its_attribute() -> None:
    world = World(size=200_000)
    at = [index for index in range(world.size) if world.category_of(index).name == "Tents"]
    tents = [world.item(index) for index in at[:400]]
    sizes = [float(tent.values("capacity (persons)")[0]) for tent in tents]
    prices = [tent.variants[0].price.minor for tent in tents if tent.variants[0].price]
    weights = [float(tent.values("weight (kg)")[0]) for tent in tents]
    assert len(tents) == 400
    assert np.corrcoef(sizes, np.log(prices))[0, 1] > 0.2  # chance alone: ± 0.05
    assert np.corrcoef(sizes, weights)[0, 1] > 0.8


def test_popularity_is_zipf_like() -> None:
    """log popularity against log rank: near a line of slope −1 over the upper half."""
    wanted = np.sort([item.popularity for item in ITEMS])[::-1][5:1000]
    rank = np.arange(6, 6 + len(wanted))
    slope = np.polyfit(np.log(rank), np.log(wanted), 1)[0]
    assert -1.25 < slope < -0.6


def test_rating_follows_hidden_quality() -> None:
    assert np.corrcoef([i.quality for i in ITEMS], [i.rating for i in ITEMS])[0, 1] > 0.6
    assert all(1 <= item.rating <= 5 and 0 <= item.quality <= 1 for item in ITEMS)


@pytest.mark.parametrize(
    ("dial", "measured"),
    [
        ("chinese", lambda ps: np.mean(["zh-Hans" in p.title for p in ps])),
        ("unrated", lambda ps: np.mean([p.rating is None for p in ps])),
        ("sold_out", lambda ps: np.mean([not v.in_stock for p in ps for v in p.variants])),
    ],
)
def test_a_dial_is_the_rate_that_comes_out(dial, measured) -> None:  # type: ignore[no-untyped-def]
    assert measured(PRODUCTS) == pytest.approx(getattr(GoodsDials(), dial), abs=0.035)


def test_attributes_are_left_out_at_the_dialled_rate() -> None:
    """All but colours, which a picture needs."""
    kept, true = (
        sum(name != "colour" for one in ones for name in one.attributes)
        for ones in (PRODUCTS, ITEMS)
    )
    assert 1 - kept / true == pytest.approx(GoodsDials().omit, abs=0.015)
    whole = World(size=200, dials=GoodsDials(omit=0, wrong=0))
    assert all(whole.product(i).attributes == whole.item(i).attributes for i in range(200))


def test_wrong_attributes_at_the_dialled_rate() -> None:
    world = World(size=400, dials=GoodsDials(omit=0, wrong=1))
    differ = [world.product(i).attributes != world.item(i).attributes for i in range(400)]
    assert np.mean(differ) > 0.8


def test_accessories_name_a_product_of_the_same_shop() -> None:
    models = {(i.category.name, f"{i.brand.name} {i.model}") for i in ITEMS}
    linked: list[Item] = [item for item in ITEMS if "fits" in item.attributes]
    assert len(linked) > 50
    for item in linked:
        assert (item.category.fits, item.attributes["fits"]) in models


@pytest.mark.parametrize(
    "make",
    [
        lambda: World(size=199),
        lambda: World(size=1_000_001),
        lambda: World(seed=-1),
        lambda: WORLD.item(2000),
        lambda: GoodsDials(omit=-0.1),
        lambda: GoodsDials(typo=1.5),
        lambda: GoodsDials(chinese=True),
    ],
)
def test_bad_arguments_are_refused(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidRequest, match="expected"):
        make()


def test_weighted_draws_come_in_proportion() -> None:
    """Weights 1 : 3 of two options; `pick_early` of two has weights 1/2 : 1/3, so 60 % : 40 %."""
    rng = stream(0, 7)
    drawn = Counter(pick_weighted(rng, "ab", (1, 3)) for _ in range(8000))
    assert drawn["b"] / 8000 == pytest.approx(0.75, abs=0.02)
    early = Counter(pick_early(rng, "ab") for _ in range(8000))
    assert early["a"] / 8000 == pytest.approx(0.6, abs=0.02)
    assert sorted(pick_some(rng, "abc", 5)) == ["a", "b", "c"]
