"""Merchants' words: filled, varied, noisy only where dialled, Chinese where Chinese."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from shopkeeper.world import World, WorldConfig
from shopkeeper.world.listing import misspell, say, titled

CLEAN = World(config=WorldConfig(typo=0, omit=0, wrong=0, chinese=1))
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


def test_colours_of_one_choice_are_named_in_the_title() -> None:
    spelt = [
        p.title["en"]
        for p in PRODUCTS
        if p.category[1] == "Tents" and "colour" in p.attributes and ", " in p.title["en"]
    ]
    assert spelt
    colours = [titled(name) for name in CLEAN.goods.colours]
    assert all(any(title.endswith(colour) for colour in colours) for title in spelt)


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
    noisy = World(config=WorldConfig(typo=0.3, omit=0, wrong=0, chinese=1))
    differ = [
        a.title["en"] != b.title["en"] for a, b in zip(PRODUCTS, noisy.products(), strict=True)
    ]
    assert np.mean(differ) == pytest.approx(0.3, abs=0.05)
