"""The shipped data files are broad and consistent, and mistakes in one are named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shopkeeper.records import InvalidRecord
from shopkeeper.world import load_goods
from shopkeeper.world.loader import HERE
from shopkeeper.world.vocabulary import OneOf

GOODS = load_goods()


def test_breadth() -> None:
    attributes = {name: a for c in GOODS.categories for name, a in c.attributes.items()}
    assert len({c.department for c in GOODS.categories}) >= 20
    assert len({c.name for c in GOODS.categories}) == len(GOODS.categories) >= 300
    assert len(attributes) >= 60
    assert sum(len(a.values) for a in attributes.values()) >= 3_000
    assert len({b.name for b in GOODS.brands}) == len(GOODS.brands) >= 400
    assert {b.tier for b in GOODS.brands} == {"value", "standard", "premium"}
    assert sum(c.fits is not None and c.fits_as == "accessory" for c in GOODS.categories) >= 10
    assert sum(c.fits is not None and c.fits_as == "part" for c in GOODS.categories) >= 5
    assert sum(bool(c.holds) for c in GOODS.categories) >= 10


def test_every_category_has_several_makers_and_words_in_both_languages() -> None:
    for category in GOODS.categories:
        assert len(category.brands) >= 2, category.name
        assert category.also, category.name
        for word in (*category.zh_also, category.zh):
            assert re.search("[一-鿿]", word), (category.name, word)


def test_nothing_stands_alone() -> None:
    """Every category has others near it, and every group has one department."""
    groups = {(category.group, category.department) for category in GOODS.categories}
    assert len({group for group, _ in groups}) == len(groups) > 60
    assert all(GOODS.knowledge.taxonomy.near(category.name) for category in GOODS.categories)


def test_chinese_is_chinese() -> None:
    """Values carry Han characters, unless they are codes, which are kept as they are."""
    for category in GOODS.categories:
        for attribute in category.attributes.values():
            assert re.search("[一-鿿]", attribute.zh), attribute.name
            for value, zh in attribute.values.items():
                is_code = re.fullmatch(r"[\x20-\x7e×–\"″½¼°]+", zh)
                assert re.search("[一-鿿]", zh) or is_code, (value, zh)


def test_sentences_leave_the_full_stop_to_the_template() -> None:
    for category in GOODS.categories:
        for english, chinese in (*category.praise, *category.more):
            assert english[0].isupper() or english[0].isdigit(), english
            assert english[-1] not in ".!?", english
            assert chinese[-1] not in "。！？", chinese


def test_titles_speak_numbers_with_their_unit() -> None:
    for category in GOODS.categories:
        for name in (*category.lead, *category.tail):
            attribute = category.attributes[name]
            if attribute.kind == "number":
                assert attribute.say != "{}", name
                assert "{}" in attribute.say, name
                assert "{}" in attribute.say_zh, name


def test_merchants_write_nothing_that_is_held_out() -> None:
    held = {
        (alias.target, alias.text)
        for alias in GOODS.knowledge.aliases
        if alias.is_held_out and alias.kind == "category"
    }
    written = {(c.name, word) for c in GOODS.categories for word in (*c.also, *c.zh_also)}
    assert len(held) > 100
    assert len(written) > 1_000
    assert not held & written


def test_the_small_vocabulary_is_read(folder: Path) -> None:
    goods = load_goods(folder)
    tents = goods.category("Tents")
    assert tents.has["material"] == OneOf(("Nylon", "Canvas"))
    assert tents.attributes["material"].values["Canvas"] == "帆布"  # the department's own value
    assert tents.only == {"tent type": {"Tunnel": {"material": ("Canvas",)}}}
    assert [brand.name for brand in tents.brands] == ["Northfell", "Campello"]
    assert tents.group == "Shelters"
    assert goods.near == {"white": ("beige",)}
    assert goods.category("Camping Sets").holds == ("Tents",)


CAMPING = "goods/camping.toml"
TENTS = f"{CAMPING}: category Tents"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (CAMPING, 'shape = "tent"', 'shape = "tant"', f"{TENTS}.shape: 'tant'"),
        (CAMPING, 'one = "Tent"\n', "", f"{TENTS}.one: missing; expected a text"),
        (CAMPING, "share = 1.5", "shore = 1.5", f"{TENTS}.shore: unknown key"),
        (CAMPING, "share = 1.5", "share = true", f"{TENTS}.share: True"),
        (CAMPING, "[45, 160, 620]", "[160, 45, 620]", "expected 0 < low < typical < high"),
        (CAMPING, "[45, 160, 620]", "[45, 160]", "expected [low, typical, high]"),
        (CAMPING, '= ["Dome", "Tunnel"]', '= ["Doom"]', f"{TENTS}.has.tent type: 'Doom'"),
        (CAMPING, '= ["Dome", "Tunnel"]', "= []", f"{TENTS}.has.tent type: no value"),
        (CAMPING, "waterproof = 0.8", "waterproof = 2", f"{TENTS}.has.waterproof: 2.0"),
        (CAMPING, "waterproof = 0.8", "watertight = 1", "has.watertight: unknown attribute"),
        (CAMPING, 'colour = "outdoor"', 'colour = "indoor"', "has.colour: 'indoor'"),
        (CAMPING, 'colour = ["White", "Sand"]\n', "", "Camping Sets.has.colour: missing"),
        (CAMPING, "low = 1.5", "low = 9", f"{TENTS}.has.weight (kg): "),
        (CAMPING, "low = 1.5", "least = 1", f"{TENTS}.has.weight (kg).low: missing"),
        (CAMPING, 'step = 0.5, follows = "cap', 'step = 0.5, follows = "x', "(kg).follows: 'xaci"),
        (CAMPING, 'lead = ["tent type"', 'lead = ["type"', f"{TENTS}.lead: 'type'"),
        (CAMPING, 'follows = "capacity (persons)"\nlead', 'follows = "x"\nlead', "price_follows"),
        (CAMPING, "{ colour = 2 }", "{ waterproof = 2 }", f"{TENTS}.variants: 'waterproof'"),
        (CAMPING, 'kind = "number"', 'kind = "numeral"', ".kind: 'numeral'; expected one of"),
        (CAMPING, '[attributes."tent type"]', "[attributes.colour]", "colour: defined twice"),
        (CAMPING, 'praise = [["Up', 'praise = ["Oh", ["Up', f"{TENTS}.praise: "),
        (CAMPING, 'fits = "Tents"', 'fits = "Tints"', "category Tent Pegs.fits: 'Tints'"),
        (CAMPING, 'fits_as = "part"', 'fits_as = "peg"', "category Tent Pegs.fits_as: 'peg'"),
        (CAMPING, 'holds = ["Tents"]', 'holds = ["Boats"]', "category Camping Sets.holds: 'Boats'"),
        (CAMPING, '"Tunnel" = {', '"Cave" = {', "only.tent type.Cave: not a value"),
        (CAMPING, '{ material = ["Canvas"] }', '{ x = ["Canvas"] }', "x: cannot be narrowed"),
        (CAMPING, '{ material = ["Canvas"] }', '{ material = ["Silk"] }', "material: ('Silk',)"),
        (CAMPING, 'tier = "premium"', 'tier = "posh"', "brands.Northfell.tier: 'posh'"),
        (CAMPING, 'makes = ["camping"', 'makes = ["camp"', "brands.Campello.makes: 'camp'"),
        (CAMPING, '[values.material]\nCanvas = "帆', '[values.material]\nNylon = "帆', "twice"),
        (CAMPING, "[values.material]", "[values.waterproof]", "waterproof: no shared text attr"),
        ("words/attributes.toml", "[attributes.fits]", "[attributes.suits]", "fits: no such attr"),
        ("words/colours.toml", 'hex = "#2f5f45"', 'hex = "green"', "Forest green.hex: 'green'"),
        ("words/colours.toml", 'family = "beige"', 'family = "biege"', "Sand.family: 'biege'"),
        ("words/colours.toml", '["Forest green"', '["Woods"', "palettes.outdoor: colour 'Woods'"),
        ("words/colours.toml", '["beige"]', '["biege"]', "near.biege: no family"),
        ("words/voices.toml", "{model} {lead} {one}{", "{modell} {", "plain.title: slot 'modell'"),
        ("words/voices.toml", ' {facts}"', ' {tail}"', "plain.description: slot 'tail'"),
        ("words/looks.toml", "[textures]", "[textures", "words/looks.toml: cannot be read"),
    ],
)
def test_a_mistake_is_named_by_file_and_key(
    folder: Path, file: str, old: str, new: str, said: str
) -> None:
    load_goods(folder)
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidRecord) as caught:
        load_goods(folder)
    assert re.match("(goods|words)/", str(caught.value))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("Spares", "goods/hiking.toml: groups.Shelters: defined twice"),
        ("Shelters", "goods/hiking.toml: category Tents.name: defined twice"),
    ],
)
def test_nothing_has_two_homes(folder: Path, kept: str, said: str) -> None:
    """The same department once more, with new brands and, but for one, new groups."""
    text = (folder / CAMPING).read_text("utf-8")
    text = text.replace("Northfell", "Southfell").replace("Campello", "Bivvy")
    other = {"Spares": "Shelters", "Shelters": "Spares"}[kept]
    text = text.replace(f"[groups.{kept}]", f"[groups.New{kept}]")
    if kept == "Shelters":
        text = text.replace(f"[groups.{other}]", f"[groups.New{other}]")
    (folder / "goods" / "hiking.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidRecord, match=re.escape(said)):
        load_goods(folder)


def test_values_that_may_come_together_leave_something(folder: Path) -> None:
    """A dome may be of nylon; if domes are sand-coloured, nylon cannot be forest green alone."""
    path = folder / CAMPING
    text = path.read_text("utf-8")
    dome = '"Dome" = { colour = ["Sand"] }\n'
    nylon = '[category.only.material]\nNylon = { colour = ["Forest green"] }\n'
    text = text.replace('"Tunnel" = { material', f'{dome}"Tunnel" = {{ material')
    path.write_text(
        text.replace(
            '[[category]]\nname = "Tent Pegs', f'{nylon}\n[[category]]\nname = "Tent Pegs'
        ),
        "utf-8",
    )
    with pytest.raises(InvalidRecord, match=r"only\.material\.Nylon\.colour: nothing is left"):
        load_goods(folder)
    path.write_text(path.read_text("utf-8").replace('["Sand"] }', '["Forest green"] }', 1), "utf-8")
    assert load_goods(folder).category("Tents").only["material"]["Nylon"]


def test_a_folder_without_departments(folder: Path) -> None:
    (folder / CAMPING).unlink()
    with pytest.raises(InvalidRecord, match="no department"):
        load_goods(folder)


def test_every_shape_and_texture_is_there() -> None:
    shapes = {path.stem for path in (HERE / "shapes").glob("*.svg")}
    assert {category.shape for category in GOODS.categories} <= shapes
    materials = {
        value
        for category in GOODS.categories
        if "material" in category.attributes
        for value in category.attributes["material"].values
    }
    assert set(GOODS.textures) <= materials
