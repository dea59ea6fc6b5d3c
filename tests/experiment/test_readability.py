"""What is in the pictures is read from them; what is not, is not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from shopkeeper.experiment import readability as room
from shopkeeper.experiment.patches import PatchConfig, patch_features, triangle
from shopkeeper.experiment.readability import ReadabilityConfig, readability
from shopkeeper.records import InvalidRequest
from shopkeeper.world import Goods, Item, World

WORLD = World(size=700)
SMALL = ReadabilityConfig(
    per_shape=0, per_value=12, size=64, patches=PatchConfig(entries=48, colours=32)
)


def test_a_triangle_answers_to_what_is_nearer_than_the_mean() -> None:
    """From (0, 0), the entries (3, 4) and (0, 1) are 5 and 1 away, 3 on average: max(0, 3 − d)."""
    patches = np.zeros((1, 2), dtype=np.float32)
    entries = np.array([[3, 4], [0, 1]], dtype=np.float32)
    assert triangle(patches, entries) == pytest.approx(np.array([[0, 2]]))


def test_features_of_a_picture_say_where_something_is() -> None:
    """A red spot in the top left cell changes the features of that cell alone, and nothing else."""
    pictures = np.random.default_rng(3).integers(0, 256, (5, 41, 41, 3), dtype=np.uint8)
    pictures[1] = pictures[0]
    pictures[1, 2:6, 2:6] = (255, 0, 0)
    config = PatchConfig(patch=3, entries=7, colours=11, cells=2)
    features = patch_features(pictures, config)
    assert features.shape == (5, 4 * (7 + 11))
    is_moved = features[0] != features[1]
    forms, colours = is_moved[: 4 * 7].reshape(4, 7), is_moved[4 * 7 :].reshape(4, 11)
    assert forms[0].any()
    assert colours[0].any()
    assert not forms[1:].any()
    assert not colours[1:].any()
    assert (patch_features(pictures, config) == features).all()


def test_what_a_picture_shows_is_read() -> None:
    report = readability(WORLD, SMALL)
    readings = {reading.what: reading for reading in report.readings}
    assert list(readings) == ["colour", "pattern", "texture"]
    assert readings["colour"].values > 10
    assert readings["colour"].is_readable
    assert readings["texture"].lift > 1.5
    assert report.appeal > 0.5
    assert report.pictures < WORLD.size
    for reading in report.readings:
        assert reading.named == pytest.approx(reading.learnt / 2, abs=reading.values)
        wrong = sum(confusion.share for confusion in reading.confusions)
        assert (wrong > 0) == (reading.accuracy < 1)


def test_nothing_is_read_from_pictures_of_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)

    def any_photo(item: Item, goods: Goods, colour: str, size: int) -> NDArray[np.uint8]:
        return rng.integers(0, 256, (size, size, 3), dtype=np.uint8)

    monkeypatch.setattr(room, "photo", any_photo)
    report = readability(WORLD, SMALL)
    assert len(report.readings) == 3
    assert not any(reading.is_readable for reading in report.readings)
    assert abs(report.appeal) < 0.3


def test_a_world_that_shows_nothing_twice_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="nothing twice"):
        readability(WORLD, ReadabilityConfig(looked=3, size=64))


@pytest.mark.parametrize(
    "wrong", [{"looked": 0}, {"per_shape": -1}, {"per_value": 2}, {"ridge": 0.0}]
)
def test_dials_have_ranges(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest, match="per_value ≥ 3"):
        ReadabilityConfig(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", [{"patch": 1}, {"cells": 0}, {"seed": -1}, {"entries": 1}, {"colours": 2_001}]
)
def test_patches_have_ranges(wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidRequest):
        PatchConfig(**wrong)


def test_a_picture_has_room_for_the_grid() -> None:
    with pytest.raises(InvalidRequest, match="9 pixels"):
        patch_features(np.zeros((2, 9, 9, 3), dtype=np.uint8))
