"""How well is the picture made? What a careless photographer does to it.

A flaw's strength is the square of the lack of appeal times chance, so that poor pictures are poor
in different ways, and all from the middle up are good to look at. Bounds keep shape, colour,
pattern and material readable.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from shopkeeper.world.chance import pick, stream
from shopkeeper.world.item import Item

TILT, SHIFT, DIM, SPECKS, CLUTTER = 16.0, 14.0, 0.2, 120, 6
"""The worst of each: degrees, picture units, opacity, specks, things that stand about."""
CLOSEST, FARTHEST = 1.16, 0.74
"""Scale of a picture that is cut at its edges, and of one taken from too far."""
GRAINY = 0.3
"""A flaw weaker than this shows no noise."""
WELL = 1.0
"""Scale of a well-framed picture."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that stands about at the edge of a picture, in picture units and degrees."""

    form: str
    """box, ball or leaf."""
    x: float
    y: float
    size: float
    turn: float
    tint: str
    """``#rrggbb``, before it fades into the backdrop."""


@dataclass(frozen=True, slots=True)
class Staging:
    """How an item was put before the camera."""

    tilt: float
    """Degrees, −16 … 16."""
    scale: float
    shift: tuple[float, float]
    """Picture units to the right and down."""
    dull: float
    """How grey the backdrop is; 0 … 1."""
    dim: float
    """Opacity of the dark over the whole picture, 0 … 0.2."""
    is_warm: bool
    """The dark is brownish rather than bluish."""
    specks: tuple[tuple[int, int], ...]
    """Where noise shows, in picture units; 120 at most, and none where little is lacking."""
    clutter: tuple[Thing, ...]


def stage(item: Item) -> Staging:
    """The same item is always staged alike, in all of its colours."""
    rng = stream(zlib.crc32(f"{item.id} {item.appeal!r} {item.quality!r}".encode()))
    lack = (1 - item.appeal) ** 2

    def flaw() -> float:
        return lack * (0.35 + 0.65 * rng.random())

    def either_way() -> float:
        return lack * (2 * rng.random() - 1)

    specks = round(SPECKS * max(0.0, flaw() - GRAINY) / (1 - GRAINY))
    framed = CLOSEST if rng.random() < 0.4 else FARTHEST
    return Staging(
        # A tilted tile takes resvg twice the time, so the careful do not tilt at all.
        tilt=TILT * either_way() if rng.random() < lack else 0.0,
        scale=WELL + flaw() * (framed - WELL),
        shift=(SHIFT * either_way(), SHIFT * either_way()),
        dull=flaw(),
        dim=DIM * flaw(),
        is_warm=rng.random() < 0.5,
        specks=tuple((int(x), int(y)) for x, y in 200 * rng.random((specks, 2))),
        clutter=tuple(_thing(rng) for _ in range(round(CLUTTER * lack * rng.random()))),
    )


def _thing(rng: np.random.Generator) -> Thing:
    """Near the edge of the picture, so that the item stands before it and hides part of it."""
    along, across = 200 * rng.random(), 26 * rng.random() - 6
    x, y = (along, across) if rng.random() < 0.35 else (across, along)
    return Thing(
        form=pick(rng, ("box", "ball", "leaf")),
        x=200 - x if rng.random() < 0.5 else x,
        y=y,
        size=12 + 16 * rng.random(),
        turn=360 * rng.random(),
        tint=pick(rng, ("#8a6f5a", "#5f7a86", "#7d8a5e", "#94708a", "#a08d52", "#6b6b73")),
    )
