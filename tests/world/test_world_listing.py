"""Merchants' words: filled, varied, noisy only where dialled, Chinese where Chinese."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from shopkeeper.world import GoodsDials, World
from shopkeeper.world.listing import misspell, say, titled

CLEAN = World(dials=GoodsDials(typo=0, omit=0, wrong=0, chinese=1))
PRODUCTS = tuple(CLEAN.products())


def test_no_placeholder_is_left() -> None:
    for product in PRODUCTS:
        for text in (*product.title.values(), *product.description.values()):
            assert not re.search(r"[{}]|  |\bNone\b", text), text
            assert text == text.strip(" ,|–｜"), text
            assert not re.search(r"[,|–｜]\s*[,|–｜]", text), text


def test_titles_hardly_repeat() -> None:
    for locale in ("en", "zh-Hans"):
        repeats = 2000 - len({product.title[locale] for product in PRODUCTS})
        assert repeats <= 20, locale


def test_titles_name_brand_and_noun() -> None:
    for product, item in zip(PRODUCTS, CLEAN.items(), strict=True):
        assert item.brand.name in product.title["en"]
        assert item.category.one in product.title["en"]
        assert item.category.zh_one in product.title["zh-Hans"]
        assert len(product.title["en"]) < 200


def test_every_voice_speaks() -> None:
    """Signs of each: stuffing sells, spec lists use bars, flowery ones say "by"."""
    titles = [product.title["en"] for product in PRODUCTS]
    texts = [product.description.get("en", "") for product in PRODUCTS]
    assert sum(" | " in title for title in titles) == pytest.approx(280, abs=60)
    assert sum("by" in title.split() for title in titles) == pytest.approx(140, abs=50)
    assert sum("fast delivery" in text for text in texts) > 60
    assert sum(re.search(r"\w, ", title) is not None for title in titles) > 600


def test_chinese_texts_are_chinese() -> None:
    for product in PRODUCTS:
        assert len(re.findall("[一-鿿]", product.title["zh-Hans"])) >= 3
        assert not re.search("[繁體產臺]", product.title["zh-Hans"])
        if "zh-Hans" in product.description:
            assert len(re.findall("[一-鿿]", product.description["zh-Hans"])) >= 4


def test_a_tent_in_words() -> None:
    """The attributes of a tent, as its title speaks them."""
    tents = CLEAN.goods.category("Tents")
    spoken = [
        say(tents.attributes[name], value, locale)
        for name, value in (
            ("capacity (persons)", 3.0),
            ("tent type", "Dome"),
            ("waterproof", False),
        )
        for locale in ("en", "zh-Hans")
    ]
    assert spoken == ["3-Person", "3人", "Dome", "圆顶", "", ""]
    head = tents.attributes["hydrostatic head (mm)"]
    assert say(head, 3000.0, "en") == "Waterproof 3000 mm"


def test_what_counts_as_told_stands_in_data_or_texts() -> None:
    """Data leave out all but the colour here, so what else is told stands in some text."""
    world = World(size=400, dials=GoodsDials(omit=1, wrong=0, typo=0, chinese=0))
    in_words = 0
    for index in range(world.size):
        item = world.item(index)
        listing = world.listing(item, index)
        product = listing.product
        assert set(product.attributes) <= {"colour"}
        words = " ".join((*product.title.values(), *product.description.values())).lower()
        for name in listing.told.keys() - {"colour", *item.variants[0].options}:
            attribute = item.category.attributes[name]
            for value in listing.told[name]:
                said = f"{value:g}" if isinstance(value, float) else str(value)
                bare = attribute.name if value is True else said
                spoken = {bare.lower(), say(attribute, value, "en").lower()}
                assert any(form in words for form in spoken), (item.id, name, value)
                in_words += 1
    assert in_words > 800


def test_untold_attributes_are_unknown_to_a_reader() -> None:
    world = World(size=200, dials=GoodsDials(omit=1, wrong=0))
    silent = 0
    for index in range(world.size):
        item = world.item(index)
        silent += len(item.category.has.keys() - world.listing(item, index).told.keys())
    assert silent > 100


def test_merchants_stuff_titles_with_open_words_alone() -> None:
    held = {alias.text for alias in CLEAN.goods.knowledge.aliases if alias.is_held_out}
    stuffed = 0
    for product, item in zip(PRODUCTS, CLEAN.items(), strict=True):
        for word in item.category.also:
            stuffed += titled(word) in product.title["en"]
        assert not held & {*item.category.also, *item.category.zh_also}
    assert stuffed > 50


@pytest.mark.parametrize("text", ["waterproof tent", "Leather", "a backpack for two"])
def test_a_typo_is_one_slip_in_one_word(text: str) -> None:
    rng = np.random.default_rng(3)
    slips = [misspell(text, rng) for _ in range(50)]
    assert len(set(slips)) > 5
    for slip in slips:
        changed = [(a, b) for a, b in zip(text.split(), slip.split(), strict=True) if a != b]
        assert len(changed) <= 1
        for before, after in changed:
            assert len(before) >= 5
            missing = Counter(before) - Counter(after)
            assert sum(missing.values()) == len(before) - len(after) <= 1


def test_short_words_are_not_misspelt() -> None:
    assert misspell("red pan 28", np.random.default_rng(0)) == "red pan 28"


def test_typos_come_at_the_dialled_rate() -> None:
    noisy = World(dials=GoodsDials(typo=0.3, omit=0, wrong=0, chinese=1))
    differ = [
        a.title["en"] != b.title["en"] for a, b in zip(PRODUCTS, noisy.products(), strict=True)
    ]
    assert np.mean(differ) == pytest.approx(0.3, abs=0.05)
