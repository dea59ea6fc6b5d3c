"""What repeats upon a thing? Prints and textures, each as the marks of one tile.

At 96 pixels a picture's unit is 0.42 of a pixel: what is meant to be seen there is at least 2.5
units wide and repeats at 8 units or more.
"""

from __future__ import annotations

from collections.abc import Mapping

TILE = 48
"""Side of every tile, in picture units; so a print and a texture share one tile."""


def _strewn(stroke: str, across: int, down: int, shift: int = 0) -> str:
    """A stroke (of relative path commands) from each point of a grid; odd rows are shifted.

    It begins outside the tile too, so that what leaves at one edge comes in at the other.
    """
    assert TILE % across == TILE % down == 0, "the grid goes on in the next tile"
    return "".join(
        f"M{x + shift * (row % 2)},{row * down}{stroke}"
        for row in range(-1, TILE // down + 1)
        for x in range(-across, TILE + across, across)
    )


def _lines(path: str, width: float, opacity: float = 0.6, ink: str = "ink") -> str:
    return (
        f'<path d="{path}" stroke="{{{ink}}}" stroke-width="{width}" stroke-opacity="{opacity}"/>'
    )


def _spots(spots: tuple[tuple[float, float, float], ...], fill: str) -> str:
    """Discs (x, y, radius), which lie within the tile."""
    return "".join(f'<circle cx="{x}" cy="{y}" r="{r}" fill="{fill}"/>' for x, y, r in spots)


def _bands(*bands: tuple[float, float], opacity: float, ink: str = "ink") -> str:
    """Vertical and horizontal bands (from, width), as of cloth woven in colours."""
    upright = "".join(f"M{at},0h{width}v{TILE}h-{width}z" for at, width in bands)
    level = "".join(f"M0,{at}v{width}h{TILE}v-{width}z" for at, width in bands)
    return "".join(
        f'<path d="{d}" fill="{{{ink}}}" fill-opacity="{opacity}"/>' for d in (upright, level)
    )


def _flower(x: float, y: float, r: float) -> str:
    petals = ((0, -1), (0.95, -0.3), (0.6, 0.8), (-0.6, 0.8), (-0.95, -0.3))
    spots = tuple((round(x + a * r, 1), round(y + b * r, 1), round(0.62 * r, 1)) for a, b in petals)
    return _spots(spots, "{ink}") + _spots(((x, y, round(0.5 * r, 1)),), "{second}")


_DROP = "c9,0 12,11 5,16c-6,4 -14,0 -12,-7c1,-4 6,-4 6,0c2,-3 4,-7 1,-9z"
_ROSETTES = "M5,8q4,-7 9,-2M15,10q0,7 -7,6M30,5q6,-4 9,3M38,12q-5,5 -9,1M19,29q5,-6 9,0M27,34q-5,5"
_ROSETTES += " -9,0M41,30q5,2 2,8M3,30q6,0 5,6M8,43q5,-3 8,1M32,43q4,-3 8,1"
_CELLS = "M3,4h18M3,12h18M3,20h18M27,28h18M27,36h18M27,44h18"
_CELLS += "M28,3v18M36,3v18M44,3v18M4,27v18M12,27v18M20,27v18"

MOTIFS: Mapping[str, str] = {
    "Striped": '<path d="M0,0h48v12h-48zM0,24h48v12h-48z" fill="{ink}"/>',
    "Pinstriped": _lines("M8,0v48M24,0v48M40,0v48", 2.6, 1),
    "Dotted": _spots(
        tuple((x + 12 * (y % 24 > 6), y, 5) for y in (6, 18, 30, 42) for x in (6, 30)), "{ink}"
    ),
    "Checked": _bands((0, 12), (24, 12), opacity=0.55),
    "Tartan": _bands((0, 18), opacity=0.5) + _bands((26, 4), (38, 4), opacity=0.85, ink="second"),
    "Herringbone": _lines(_strewn("l10,10", 24, 12) + _strewn("m12,4l10,-10", 24, 12), 4, 0.85),
    "Floral": _flower(15, 15, 9)
    + _flower(38, 36, 7)
    + '<path d="M30,14q8,-8 15,0q-8,7 -15,0zM8,40q8,-8 15,0q-8,7 -15,0z" fill="#4f9a62"/>',
    "Paisley": f'<path d="M10,4{_DROP}M34,26{_DROP}" fill="{{ink}}"/>'
    + _spots(((13, 14, 2.6), (37, 36, 2.6)), "{second}"),
    "Leopard": _lines(_ROSETTES, 4.2, 1, "spot"),
    "knit": _lines(_strewn("l6,5l6,-5", 12, 8), 3, 0.7),
    "fur": _lines(
        "M4,4l3,9M14,1l-2,9M22,6l4,8M33,2l-1,9M42,5l-4,8M8,19l-3,8M17,15l4,9M29,18l-4,8M39,17l3,9"
        "M3,33l5,8M14,30l-3,9M24,30l3,9M34,30l-4,8M44,31l1,8",
        3,
        0.65,
    ),
    "weave": _lines(_CELLS, 3.4, 0.55),
    "twill": _lines(_strewn("l12,-12", 12, 12), 3.6, 0.6),
    "ribs": _lines("".join(f"M{x},0v48" for x in range(4, TILE, 8)), 3.4, 0.6),
    "mesh": _lines(_strewn("l12,12m0,-12l-12,12", 12, 12), 2.2, 0.75),
    "grain": _lines(
        "M0,4q12,-5 24,0t24,0M0,13q12,6 24,0t24,0M0,30q12,5 24,0t24,0M0,40q12,-5 24,0t24,0",
        2.6,
        0.6,
    )
    + _lines("M18,22q6,-6 12,0q-6,6 -12,0M0,22q5,0 10,-2M38,20q5,2 10,2", 2.4, 0.6),
    "specks": _spots(
        (
            (5, 6, 2.4),
            (20, 4, 1.7),
            (33, 9, 2.8),
            (44, 20, 1.8),
            (12, 18, 2),
            (25, 22, 2.6),
            (6, 33, 2.8),
            (18, 36, 1.7),
            (33, 32, 1.9),
            (42, 41, 2.6),
            (27, 44, 2.1),
        ),
        "{ink}",
    ),
    "veins": _lines(
        "M0,10C10,2 18,22 30,18S42,4 48,10M30,18C34,30 28,38 36,48M36,0q-2,4 2,6", 2.6, 0.8
    )
    + _lines("M0,34q10,8 16,2t14,4", 1.8, 0.6),
    "pebble": _lines(_strewn("a4.6,4.4 0 1 0 .1,0z", 12, 12, 6), 2.2, 0.55),
}
"""By pattern (in capitals) or texture."""

GLOSS = "gloss"
"""The texture of metal, glass and silk: no marks, but bands of light."""
