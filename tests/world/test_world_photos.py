"""A photo shows at 96 pixels what the item is, however badly it is made."""

from __future__ import annotations

import time
from dataclasses import replace
from io import BytesIO
from itertools import combinations

import numpy as np
import pytest
import resvg_py
from numpy.typing import NDArray
from PIL import Image

from shopkeeper.records import InvalidRequest
from shopkeeper.world import Item, World
from shopkeeper.world.motifs import MOTIFS
from shopkeeper.world.photos import photo, photo_png
from shopkeeper.world.pictures import SHAPES
from shopkeeper.world.staging import stage

WORLD = World()
ITEM = WORLD.item(11)
CUSHION = next(c for c in WORLD.goods.categories if c.shape == "cushion")
MATERIALS = {texture: material for material, texture in WORLD.goods.textures.items()}


def cushion(appeal: float = 1.0, **attributes: str) -> Item:
    return replace(ITEM, category=CUSHION, attributes=attributes, appeal=appeal)


def middle(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The inner third, in which a cushion fills every pixel."""
    return picture[32:64, 32:64].astype(np.float64)


def test_pixels() -> None:
    first, again = (photo(ITEM, WORLD.goods) for _ in range(2))
    assert first.shape == (96, 96, 3)
    assert first.dtype == np.uint8
    assert first.std() > 5
    assert (first == again).all()
    assert photo(ITEM, WORLD.goods, size=64).shape == (64, 64, 3)


def test_shapes_stay_on_the_tile() -> None:
    """Drawn with a margin of 20 units, of which a stroke may reach over 4 by half its width."""
    for name in sorted({category.shape for category in WORLD.goods.categories}):
        text = (SHAPES / f"{name}.svg").read_text()
        wide = text.replace('viewBox="0 0 200 200"', 'viewBox="-20 -20 240 240"')
        assert wide != text, name
        png = resvg_py.svg_to_bytes(
            svg_string=wide,
            width=60,
            height=60,
            background="#fff",
            skip_system_fonts=True,
            style_sheet="[class$=line] { stroke: #000; fill: none }",
        )
        seen = np.array(Image.open(BytesIO(png)).convert("L"))
        assert (seen[4:-4, 4:-4] < 128).any(), name
        seen[4:-4, 4:-4] = 255
        assert seen.min() == 255, name


def test_a_png_says_its_size() -> None:
    png = photo_png(ITEM, WORLD.goods, size=53)
    assert png.startswith(b"\x89PNG")
    assert (int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) == (53, 53)


@pytest.mark.parametrize("size", [31, 1025])
def test_a_size_out_of_range_is_refused(size: int) -> None:
    with pytest.raises(InvalidRequest, match="32 … 1024 pixels"):
        photo(ITEM, WORLD.goods, size=size)


@pytest.mark.parametrize("appeal", [0.0, 0.5, 1.0])
def test_the_colour_is_nearest_to_its_own(appeal: float) -> None:
    names = ("Red", "Navy blue", "Forest green", "Mustard yellow", "White", "Black", "Pink")
    paints = np.array(
        [[int(WORLD.goods.colours[n].hex[at : at + 2], 16) for at in (1, 3, 5)] for n in names]
    )
    for number in range(8):
        item = replace(cushion(appeal), id=f"p{number}")
        for place, name in enumerate(names):
            lit = middle(photo(item, WORLD.goods, name)) / (1 - stage(item).dim)
            seen = np.median(lit, axis=(0, 1))
            assert np.abs(paints - seen).sum(axis=1).argmin() == place, (number, name, seen)


@pytest.mark.parametrize("colour", ["Navy blue", "White", "Sage green"])
def test_every_two_motifs_look_different(colour: str) -> None:
    surfaces = {
        motif: cushion(
            **({"pattern": motif} if motif[0].isupper() else {"material": MATERIALS[motif]})
        )
        for motif in MOTIFS
    }
    surfaces |= {"gloss": cushion(material=MATERIALS["gloss"]), "smooth": cushion()}
    seen = {motif: middle(photo(item, WORLD.goods, colour)) for motif, item in surfaces.items()}
    for one, other in combinations(seen, 2):
        assert np.abs(seen[one] - seen[other]).mean() > 4, (one, other)


def test_a_poor_picture_is_noisier_and_darker() -> None:
    items = [WORLD.item(index) for index in range(40)]
    good, poor = (
        np.stack([photo(replace(item, appeal=a), WORLD.goods) for item in items]).astype(float)
        for a in (1.0, 0.0)
    )
    assert poor.mean() < 0.9 * good.mean()
    assert (
        np.abs(np.diff(poor[:, :8], axis=2)).mean()
        > 2 * np.abs(np.diff(good[:, :8], axis=2)).mean()
    )


def test_a_hundred_photos_within_two_seconds_of_processor_time() -> None:
    begun = time.process_time()
    for index in range(100):
        photo(WORLD.item(index), WORLD.goods)
    assert time.process_time() - begun < 2.0
