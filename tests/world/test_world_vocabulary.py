"""The shipped data files are complete and consistent, and mistakes in one are named."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from shopkeeper.records import InvalidRecord
from shopkeeper.world import load_goods
from shopkeeper.world.loader import HERE
from shopkeeper.world.vocabulary import OneOf

GOODS = load_goods()


def test_breadth() -> None:
    assert len({c.department for c in GOODS.categories}) >= 10
    assert len({c.name for c in GOODS.categories}) == len(GOODS.categories) >= 60
    assert len({b.name for b in GOODS.brands}) == len(GOODS.brands) >= 60
    assert {b.tier for b in GOODS.brands} == {"value", "standard", "premium"}
    assert sum(c.fits is not None for c in GOODS.categories) >= 5


def test_every_category_has_several_makers_and_words_in_both_languages() -> None:
    for category in GOODS.categories:
        assert len(category.brands) >= 2, category.name
        assert category.also, category.name
        assert all(re.search("[一-鿿]", word) for word in category.zh_also), category.name
        assert re.search("[一-鿿]", category.zh)


def test_chinese_is_chinese() -> None:
    """Attribute values carry Han characters, unless they are codes, which are kept as they are."""
    for category in GOODS.categories:
        for attribute in category.attributes.values():
            assert re.search("[一-鿿]", attribute.zh), attribute.name
            for value, zh in attribute.values.items():
                assert re.search("[一-鿿]", zh) or zh in (value, "2K"), (value, zh)


def test_sentences_leave_the_full_stop_to_the_template() -> None:
    for category in GOODS.categories:
        for english, chinese in (*category.praise, *category.more):
            assert english[0].isupper()
            assert english[-1] not in ".!?"
            assert chinese[-1] not in "。！？"


def test_titles_speak_numbers_with_their_unit() -> None:
    for category in GOODS.categories:
        for name in (*category.lead, *category.tail):
            attribute = category.attributes[name]
            if attribute.kind == "number":
                assert attribute.say != "{}", name
                assert "{}" in attribute.say, name
                assert "{}" in attribute.say_zh, name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part in ("goods", "words"):
        shutil.copytree(HERE / part, tmp_path / part)
    return tmp_path


def test_a_copy_loads_as_the_shipped_files(folder: Path) -> None:
    assert load_goods(folder) == GOODS


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("goods/camping.toml", 'shape = "tent"', 'shape = "tant"', "category Tents.shape: 'tant'"),
        (
            "goods/camping.toml",
            'one = "Tent"\n',
            "",
            "category Tents.one: missing; expected a text",
        ),
        ("goods/camping.toml", "share = 1.6", "shore = 1.6", "category Tents.shore: unknown key"),
        ("goods/camping.toml", "share = 1.6", "share = true", "category Tents.share: True"),
        ("goods/camping.toml", "[45, 160, 620]", "[160, 45, 620]", "category Tents.price: "),
        ("goods/camping.toml", "[45, 160, 620]", "[45, 160]", "expected [low, typical, high]"),
        ("goods/camping.toml", '= ["Dome",', '= ["Doom",', "category Tents.has.tent type: 'Doom'"),
        ("goods/camping.toml", "waterproof = 1.0", "waterproof = 2", "Tents.has.waterproof: 2.0"),
        ("goods/camping.toml", "waterproof = 1.0", "watertight = 1", "has.watertight: unknown att"),
        ("goods/camping.toml", 'colour = "outdoor"', 'colour = "indoor"', "has.colour: 'indoor'"),
        ("goods/camping.toml", "low = 1.1", "low = 9", "Tents.has.weight (kg): "),
        ("goods/camping.toml", "low = 1.1", "least = 1", "Tents.has.weight (kg).low: missing"),
        (
            "goods/camping.toml",
            ', follows = "capacity (persons)"',
            ', follows = "x"',
            "(kg).follows: 'x'",
        ),
        (
            "goods/camping.toml",
            '"tent type"]\ntail',
            '"type"]\ntail',
            "category Tents.lead: 'type'",
        ),
        (
            "goods/camping.toml",
            "{ colour = 3 }",
            "{ waterproof = 3 }",
            "Tents.variants: 'waterproof'",
        ),
        (
            "goods/camping.toml",
            'kind = "number"',
            'kind = "numeral"',
            ".kind: 'numeral'; expected one",
        ),
        (
            "goods/camping.toml",
            '[attributes."tent type"]',
            "[attributes.colour]",
            "colour: defined twi",
        ),
        ("goods/camping.toml", 'praise = [["They', 'praise = ["Oh", ["They', "praise: "),
        (
            "goods/electronics.toml",
            'fits = "Phones"',
            'fits = "Fones"',
            "Phone Cases.fits: 'Fones'",
        ),
        (
            "goods/jewellery.toml",
            '"Sterling silver" = {',
            '"Tin" = {',
            "only.material.Tin: not a value",
        ),
        (
            "goods/jewellery.toml",
            '{ colour = ["Silver"] }',
            '{ x = ["Silver"] }',
            "x: cannot be narrow",
        ),
        ("goods/jewellery.toml", '{ colour = ["Silver"] }', '{ colour = ["Red"] }', "('Red',)"),
        ("words/brands.toml", 'makes = ["camping"]', 'makes = ["camp"]', "Campello.makes: 'camp'"),
        ("words/brands.toml", 'tier = "premium"', 'tier = "posh"', "Northfell.tier: 'posh'"),
        ("words/colours.toml", 'hex = "#33363b"', 'hex = "black"', "colours.Black.hex: 'black'"),
        ("words/colours.toml", 'family = "grey"', 'family = "gray"', "family: 'gray'"),
        (
            "words/colours.toml",
            'outdoor = ["Forest',
            'outdoor = ["Woods',
            "palettes.outdoor: colour",
        ),
        (
            "words/voices.toml",
            '["{brand} {model}',
            '["{brand} {modell}',
            "plain.title: slot 'modell'",
        ),
        ("words/voices.toml", '"{facts}",', '"{tail}",', "terse.description: slot 'tail'"),
        ("words/looks.toml", "[textures]", "[textures", "words/looks.toml: cannot be read"),
    ],
)
def test_a_mistake_is_named_by_file_and_key(
    folder: Path, file: str, old: str, new: str, said: str
) -> None:
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidRecord) as caught:
        load_goods(folder)
    assert str(caught.value).startswith(file)
    assert said in str(caught.value)


def test_a_folder_without_departments(folder: Path) -> None:
    shutil.rmtree(folder / "goods")
    with pytest.raises(InvalidRecord, match="no department"):
        load_goods(folder)


def test_a_value_narrows_what_comes_after_it() -> None:
    rings = GOODS.category("Rings")
    assert rings.only["material"]["Sterling silver"] == {"colour": ("Silver",)}
    material = rings.has["material"]
    assert isinstance(material, OneOf)
    assert "Sterling silver" in material.values
