"""How large is a world? Presets, and settings by dotted name upon them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from shopkeeper.records import InvalidRequest
from shopkeeper.world.config import QueryDials, ShopperDials, WorldConfig
from shopkeeper.world.world import LARGEST, SMALLEST


@dataclass(frozen=True, slots=True)
class Scale:
    """A world's extent and its dials."""

    products: int
    """200 … 1,000,000."""
    shoppers: int
    """1 or more."""
    config: WorldConfig = field(default_factory=WorldConfig)

    def __post_init__(self) -> None:
        extents = (
            ("products", self.products, SMALLEST, LARGEST),
            ("shoppers", self.shoppers, 1, 10**8),
        )
        for name, count, low, high in extents:
            if type(count) is not int or not low <= count <= high:
                expected = f"a whole number, {low:,} … {high:,}"
                raise InvalidRequest(f"{name} {count!r}", expected=expected)


PRESETS: Mapping[str, Scale] = {
    "tiny": Scale(1_000, 300, WorldConfig(queries=QueryDials(searches=1_500))),
    "demo": Scale(4_000, 2_000, WorldConfig(queries=QueryDials(searches=10_000))),
    "large": Scale(
        1_000_000,
        300_000,
        WorldConfig(
            queries=QueryDials(searches=60_000), shoppers=ShopperDials(sessions=2.2, feeds=0.3)
        ),
    ),
}
"""tiny is for tests, demo opens with the shop, large is a retailer's month."""


def scale_of(preset: str, settings: Iterable[str] = ()) -> Scale:
    """A preset with settings upon it, each as in ``queries.typo=0.2`` or ``products=5000``.

    Raises InvalidRequest that names the preset, dial or value that is not right.
    """
    if preset not in PRESETS:
        raise InvalidRequest(f"preset {preset!r}", expected=f"one of {', '.join(PRESETS)}")
    scale = PRESETS[preset]
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise InvalidRequest(f"setting {setting!r}", expected="name=value, as queries.typo=0.2")
        scale = _set(scale, name.strip().split("."), _value(name, text), name)
    return scale


def _value(name: str, text: str) -> Any:
    try:
        value = tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        raise InvalidRequest(f"{name} {text!r}", expected="a number or a list of them") from None
    return tuple(value) if isinstance(value, list) else value


def _set(record: Any, path: list[str], value: Any, name: str) -> Any:
    """The record with the dial at `path` set; "config" in a path is understood."""
    names = [dial.name for dial in fields(record)]
    if "config" in names and path[0] != "config" and len(path) > 1:
        path = ["config", *path]
    if path[0] not in names or (len(path) > 1) is not is_dataclass(getattr(record, path[0], None)):
        raise InvalidRequest(f"dial {name!r}", expected=f"one of {', '.join(_dials())}")
    if len(path) > 1:
        value = _set(getattr(record, path[0]), path[1:], value, name)
    return replace(record, **{path[0]: value})


def _dials() -> list[str]:
    """The dotted names of all dials."""
    parts = fields(WorldConfig)
    nested = [f"{part.name}.{dial.name}" for part in parts for dial in fields(_kind(part.name))]
    return ["products", "shoppers", *nested]


def _kind(part: str) -> Any:
    return getattr(WorldConfig(), part)
