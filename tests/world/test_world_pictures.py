"""Every picture is a whole, harmless SVG that shows shape, colour, pattern and material."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from shopkeeper.records import InvalidRecord
from shopkeeper.world import World, draw, pictures
from shopkeeper.world.motifs import GLOSS, MOTIFS
from shopkeeper.world.pictures import lightness, mix, read_shape
from shopkeeper.world.staging import stage

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
                assert not re.search(r"url\((?!#p[0-9a-f]{8}[mtg]\))|script|data:", value)


def test_two_thousand_pictures_within_three_seconds_of_processor_time() -> None:
    begun = time.process_time()
    sizes = [len(draw(item, WORLD.goods)) for item in ITEMS]
    assert time.process_time() - begun < 3.0
    assert max(sizes) < 8000


def test_many_shapes_that_really_differ() -> None:
    shapes = {item.category.shape for item in ITEMS}
    assert len(shapes) >= 100
    assert len({read_shape(name) for name in shapes}) == len(shapes)


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


def test_pattern_and_material_are_both_drawn() -> None:
    striped = draw(one_of("Cushions", pattern="Striped", material="Linen"), WORLD.goods)
    plain = draw(one_of("Cushions", pattern="Plain", material="Linen"), WORLD.goods)
    smooth = draw(one_of("Phones"), WORLD.goods)
    bands, cell = "M0,0h48v12h-48z", "M3,4h18"
    assert bands in striped
    assert cell in striped
    assert bands not in plain
    assert cell in plain
    assert "<pattern" not in smooth


def test_what_is_glossy_gleams() -> None:
    glossy = one_of("Kettles", material="Stainless steel")
    dull = replace(glossy, attributes={**glossy.attributes, "material": "Plastic"})
    assert WORLD.goods.textures["Stainless steel"] == GLOSS
    assert len(re.findall("<stop ", draw(glossy, WORLD.goods))) > 3
    assert len(re.findall("<stop ", draw(dull, WORLD.goods))) == 3


def test_every_texture_and_printed_pattern_has_its_own_motif() -> None:
    defined = [category.attributes for category in WORLD.goods.categories]
    materials = {value for its in defined if "material" in its for value in its["material"].values}
    patterns = {value for its in defined if "pattern" in its for value in its["pattern"].values}
    assert len(WORLD.goods.textures) > 20
    assert set(WORLD.goods.textures) <= materials
    assert {GLOSS, *MOTIFS} - patterns == set(WORLD.goods.textures.values())
    assert patterns - {"Plain"} <= set(MOTIFS)
    assert len(set(MOTIFS.values())) == len(MOTIFS)


def test_no_two_pictures_of_a_page_share_an_id() -> None:
    used = []
    for item in ITEMS[:300]:
        for colour in item.colours:
            picture = draw(item, WORLD.goods, colour)
            ids = re.findall(r' id="([^"]+)"', picture)
            assert set(re.findall(r"url\(#([^)]+)\)", picture)) <= set(ids)
            used += ids
    assert len(used) > 600
    assert len(set(used)) == len(used)


def test_a_picture_shows_how_well_it_is_made() -> None:
    clean = stage(replace(ITEMS[7], appeal=1.0))
    assert (clean.tilt, clean.scale, clean.shift, clean.dull, clean.dim) == (0, 1, (0, 0), 0, 0)
    assert clean.specks == clean.clutter == ()
    poor = [stage(replace(item, appeal=0.0)) for item in ITEMS]
    middling = [stage(replace(item, appeal=0.5)) for item in ITEMS]
    assert len(set(poor)) == len(poor)
    for flaw in ("tilt", "dull", "dim"):
        worse = sum(abs(getattr(one, flaw)) for one in poor)
        assert worse > 1.7 * sum(abs(getattr(one, flaw)) for one in middling) > 0, flaw
    assert max(len(one.clutter) for one in poor) > max(len(one.clutter) for one in middling) > 0


def test_flaws_have_bounds() -> None:
    for item in ITEMS:
        poor = stage(replace(item, appeal=0.0))
        assert abs(poor.tilt) <= 16
        assert 0.74 <= poor.scale <= 1.16
        assert max(map(abs, poor.shift)) <= 14
        assert 0 < poor.dim <= 0.2
        assert 0 < poor.dull <= 1
        assert 0 < len(poor.specks) <= 200
        assert {place for speck in poor.specks for place in speck} <= set(range(200))


def test_an_item_is_staged_alike_in_all_its_colours() -> None:
    item = next(item for item in ITEMS if len(item.colours) > 2 and item.appeal < 0.5)
    moves = {
        re.search(r'transform="(translate[^"]+)"', draw(item, WORLD.goods, colour))[1]  # type: ignore[index]
        for colour in item.colours
    }
    assert len(moves) == 1


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
