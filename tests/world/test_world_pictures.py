"""Every picture is a whole, harmless SVG that shows shape, colour, pattern and material."""

from __future__ import annotations

import re
import time
from xml.etree import ElementTree

import pytest

from shopkeeper.records import InvalidRecord
from shopkeeper.world import World, draw, pictures
from shopkeeper.world.pictures import lightness, mix, read_shape

WORLD = World()
ITEMS = tuple(WORLD.items())
PLAIN_TAGS = {"svg", "title", "defs", "g", "rect", "circle", "ellipse", "path", "stop"}
PLAIN_TAGS |= {"pattern", "linearGradient", "radialGradient"}


def one_of(name: str, **wanted: str):  # type: ignore[no-untyped-def]
    world = World(size=20_000)
    items = (world.item(i) for i in range(world.size) if world.category_of(i).name == name)
    return next(item for item in items if all(item.values(k) == (v,) for k, v in wanted.items()))


def test_all_pictures_are_well_formed_and_harmless() -> None:
    for item in ITEMS:
        root = ElementTree.fromstring(draw(item, WORLD.goods))
        assert root.get("viewBox") == "0 0 200 200"
        for element in root.iter():
            assert element.tag.rpartition("}")[2] in PLAIN_TAGS
            for name, value in element.attrib.items():
                assert not name.startswith("on")
                assert "href" not in name
                assert "class" not in name
                assert not re.search(r"url\((?!#[mb]\))|script|data:", value)


def test_two_thousand_pictures_within_three_seconds_of_processor_time() -> None:
    begun = time.process_time()
    sizes = [len(draw(item, WORLD.goods)) for item in ITEMS]
    assert time.process_time() - begun < 3.0
    assert max(sizes) < 6000


def test_many_shapes_that_really_differ() -> None:
    shapes = {item.category.shape for item in ITEMS}
    assert len(shapes) >= 100
    assert len({read_shape(name) for name in shapes}) == len(shapes)


def test_shapes_stay_on_the_tile() -> None:
    """Of paths, the absolute end points are checked; a stroke may reach over by half its width."""
    for name in {item.category.shape for item in ITEMS}:
        for _, _, rest in read_shape(name):
            path = re.search(r'd="([^"]+)"', rest)
            for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path[1] if path else ""):
                assert 0 <= float(x) <= 200, (name, x)
                assert 0 <= float(y) <= 200, (name, y)


def test_every_shape_shows_the_colour() -> None:
    for name in {item.category.shape for item in ITEMS}:
        assert {look for _, look, _ in read_shape(name)} & {"main", "line"}, name


def test_the_colour_is_the_one_asked_for() -> None:
    item = next(item for item in ITEMS if len(item.colours) > 2)
    drawn = [draw(item, WORLD.goods, colour) for colour in item.colours]
    assert len(set(drawn)) == len(drawn)
    for colour, picture in zip(item.colours, drawn, strict=True):
        assert WORLD.goods.colours[colour].hex in picture
        assert f", {colour}</title>" in picture
    assert draw(item, WORLD.goods) == drawn[0]


def test_pattern_and_material_can_be_seen() -> None:
    striped = draw(one_of("Cushions", pattern="Striped"), WORLD.goods)
    plain = draw(one_of("Cushions", pattern="Plain", material="Linen"), WORLD.goods)
    smooth = draw(one_of("Phones"), WORLD.goods)
    assert 'height="9"' in striped
    assert "<pattern" in plain
    assert 'height="9"' not in plain
    assert "<pattern" not in smooth


def test_textures_are_drawn_for_materials_that_exist() -> None:
    materials = WORLD.goods.category("Tents").attributes["material"].values
    assert len(WORLD.goods.textures) > 20
    assert set(WORLD.goods.textures) <= set(materials)
    assert set(WORLD.goods.textures.values()) - {"gloss"} <= set(pictures._MOTIFS)


def test_texts_are_escaped() -> None:
    titles = re.findall("<title>(.*?)</title>", "".join(draw(i, WORLD.goods) for i in ITEMS))
    assert len(titles) == 2000
    assert all("<" not in title for title in titles)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<svg", "cannot be read"),
        ('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "<script class=None>"),
        ('<svg xmlns="http://www.w3.org/2000/svg"><path class="x"/></svg>', "<path class='x'>"),
    ],
)
def test_a_bad_shape_is_named(tmp_path, monkeypatch, text: str, said: str) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "bad.svg").write_text(text)
    monkeypatch.setattr(pictures, "SHAPES", tmp_path)
    with pytest.raises(InvalidRecord) as caught:
        read_shape("bad")
    assert "shapes/bad.svg" in str(caught.value)
    assert said in str(caught.value)


def test_mixing_colours() -> None:
    """Halfway from #000000 to #ff8040 is 127.5, 64, 32: Python rounds to the even 128, 64, 32."""
    assert mix("#000000", "#ff8040", 0.5) == "#804020"
    assert lightness("#ffffff") == pytest.approx(1.0)
    assert lightness("#ff0000") == pytest.approx(0.299)
