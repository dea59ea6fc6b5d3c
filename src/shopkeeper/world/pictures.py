"""What does it look like? A storefront tile as SVG, drawn from the truth about an item.

The category gives the silhouette (``shapes/<name>.svg``, in which classes stand for colours), the
item its colour, pattern and material. An attribute that a merchant leaves out can still be seen.
"""

from __future__ import annotations

import zlib
from functools import cache
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from shopkeeper.records import InvalidRecord
from shopkeeper.world.item import Item
from shopkeeper.world.motifs import GLOSS, MOTIFS, TILE
from shopkeeper.world.staging import Staging, Thing, stage
from shopkeeper.world.vocabulary import Goods

SHAPES = Path(__file__).parent / "shapes"
_SVG = "{http://www.w3.org/2000/svg}"

_FIXED = {
    "trim": "#3d434c",
    "pale": "#f7f4ee",
    "metal": "#c6ccd3",
    "wood": "#c4966a",
    "glass": "#cde3ea",
    "warm": "#ffd98a",
    "leaf": "#5d9a6a",
    "screen": "#232b3a",
    "lens": "#2a3348",
}
"""Paint classes whose colour does not depend on the item."""
_VEILS = {"shade": ("#000", 0.13), "shine": ("#fff", 0.34), "glow": ("#fff", 0.2)}
_STROKES = {"line": "main", "dline": "dark", "tline": "trim", "mline": "metal"}
_STROKES |= {"pline": "pale", "wline": "wood", "sline": "shade"}

_GLEAM = (
    (0, "#000", 0.1),
    (0.14, "#000", 0.02),
    (0.24, "#fff", 0.85),
    (0.34, "#fff", 0.1),
    (0.5, "#000", 0.26),
    (0.62, "#000", 0.05),
    (0.7, "#fff", 0.6),
    (0.78, "#000", 0.05),
    (1, "#000", 0.2),
)
"""Light and dark on a polished surface: place, colour, opacity."""


def draw(item: Item, goods: Goods, colour: str | None = None) -> str:
    """The item's picture, 400 × 400, in one of its colours; None: its first.

    The answer is a complete SVG document without script, link or outside reference; the same
    arguments give the same text. Its ids are its own, so several can stand in one page.
    """
    colour = colour or item.colours[0]
    paint = goods.colours[colour].hex
    staging = stage(item)
    mark = f"p{zlib.crc32(f'{item.id} {colour}'.encode()):08x}"
    surface = _surface(mark, paint, item, goods)
    right, down = staging.shift
    backdrop, floor = _backdrop(paint, staging)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200" width="400" height="400">'
        f"<title>{escape(f'{item.category.one}, {colour}')}</title>"
        f"<defs>{''.join(surface.values())}</defs>"
        f"{backdrop}"
        '<g stroke-linecap="round" stroke-linejoin="round" transform="'
        f"translate({100 + right:.1f} {100 + down:.1f}) rotate({staging.tilt:.1f}) "
        f'scale({staging.scale:.3f}) translate(-100 -100)">'
        f'<path d="M-120,150h440v200h-440z" fill="{floor}"/>'
        '<ellipse cx="100" cy="181" rx="80" ry="8" fill="#2b2118" fill-opacity=".15"/>'
        f"{_painted(item.category.shape, paint, tuple(surface))}</g>"
        f"{_flaws(staging)}</svg>"
    )


def _surface(mark: str, paint: str, item: Item, goods: Goods) -> dict[str, str]:
    """What the silhouette is filled with, one upon another: definitions by their ids.

    The paint; the tile of texture and print, if there is one; and the gleam of what is glossy.
    """
    texture = goods.textures.get(str(item.attributes.get("material")), "")
    marks = MOTIFS.get(texture, "")
    if printed := MOTIFS.get(str(item.attributes.get("pattern"))):
        marks = f'<g opacity=".55">{marks}</g>{printed}'
    stops = ((0, mix(paint, "#ffffff", 0.16)), (0.55, paint), (1, mix(paint, "#000000", 0.12)))
    layers = {
        f"{mark}m": f'<linearGradient id="{mark}m" x1="0" y1="0" x2="1" y2="1">'
        + "".join(f'<stop offset="{at}" stop-color="{tint}"/>' for at, tint in stops)
        + "</linearGradient>"
    }
    if marks:
        layers[f"{mark}t"] = (
            f'<pattern id="{mark}t" width="{TILE}" height="{TILE}" patternUnits="userSpaceOnUse">'
            f'<g fill="none">{marks.format(**_inks(paint))}</g></pattern>'
        )
    if texture == GLOSS:
        layers[f"{mark}g"] = (
            f'<linearGradient id="{mark}g" x1="0" y1="0" x2="1" y2=".6">'
            + "".join(
                f'<stop offset="{at}" stop-color="{light}" stop-opacity="{opacity}"/>'
                for at, light, opacity in _GLEAM
            )
            + "</linearGradient>"
        )
    return layers


def _inks(paint: str) -> dict[str, str]:
    """Colours that stand out from the paint: of lines, of what has a second colour, of spots."""
    is_dark = lightness(paint) < 0.55
    return {
        "ink": mix(paint, "#ffffff", 0.62) if is_dark else mix(paint, "#26303c", 0.55),
        "second": mix(_opposite(paint), "#ffffff" if is_dark else "#26303c", 0.3),
        "spot": mix(paint, "#ffffff", 0.5) if lightness(paint) < 0.3 else "#2c2420",
    }


def _backdrop(paint: str, staging: Staging) -> tuple[str, str]:
    """A soft tint of the item's colour on cream, greyer where it is dull, and what stands there.

    It is deeper behind pale things, so that they stand out.
    """
    is_pale = lightness(paint) > 0.72
    vividness = (max(_channels(paint)) - min(_channels(paint))) / 255
    floor = mix("#d8cdbd" if is_pale else "#eae2d6", paint, 0.03 + 0.2 * vividness)
    floor = mix(floor, "#a79f95" if is_pale else "#d5cec3", 0.9 * staging.dull)
    wall = mix(floor, "#ffffff", (0.2 if is_pale else 0.5) * (1 - 0.8 * staging.dull))
    return (
        f'<rect width="200" height="200" fill="{wall}"/>'
        + "".join(_clutter(thing, wall) for thing in staging.clutter),
        floor,
    )


_FORMS = {
    "box": "M-1,-.8h2v1.6h-2z",
    "ball": "M-1,0a1,1 0 1 0 2,0a1,1 0 1 0 -2,0z",
    "leaf": "M-1.4,0q1.4,-1.2 2.8,0q-1.4,1.2 -2.8,0z",
}


def _clutter(thing: Thing, backdrop: str) -> str:
    place = (
        f"translate({thing.x:.0f} {thing.y:.0f}) rotate({thing.turn:.0f}) scale({thing.size:.0f})"
    )
    fill = mix(thing.tint, backdrop, 0.45)
    return f'<path transform="{place}" d="{_FORMS[thing.form]}" fill="{fill}"/>'


def _flaws(staging: Staging) -> str:
    """What lies over the whole picture: too little light, and noise."""
    dark = "#22180c" if staging.is_warm else "#0c1422"
    over = [f'<rect width="200" height="200" fill="{dark}" fill-opacity="{staging.dim:.2f}"/>']
    for tint, specks in (("#000", staging.specks[::2]), ("#fff", staging.specks[1::2])):
        path = "".join(f"M{x},{y}h.1" for x, y in specks)
        over.append(
            f'<path d="{path}" fill="none" stroke="{tint}" stroke-opacity=".35" '
            'stroke-width="2.4" stroke-linecap="square"/>'
        )
    return "".join(over) if staging.dim > 0 else ""


def _painted(shape: str, paint: str, surface: tuple[str, ...]) -> str:
    """The shape's elements, each class replaced by the paint that it stands for.

    What is of the main material is filled once for each layer of its surface.
    """
    paints = {
        **_FIXED,
        "main": paint,
        "dark": mix(paint, "#000000", 0.26 if lightness(paint) > 0.3 else 0.42),
        "light": mix(paint, "#ffffff", 0.38),
        "accent": _opposite(paint),
    }
    looks: dict[str, tuple[str, ...]] = {
        name: (f'fill="{colour}"',) for name, colour in paints.items()
    }
    looks["main"] = tuple(f'fill="url(#{layer})"' for layer in surface)
    for name, (colour, opacity) in _VEILS.items():
        looks[name] = (f'fill="{colour}" fill-opacity="{opacity}"',)
    for name, source in _STROKES.items():
        stroke = f'stroke="{paints.get(source, "#000")}"'
        veil = f' stroke-opacity="{_VEILS[source][1] + 0.1:.2f}"' if source in _VEILS else ""
        looks[name] = (f'fill="none" {stroke}{veil}',)
    looks["line"] += tuple(f'fill="none" stroke="url(#{layer})"' for layer in surface[1:])
    return "".join(
        f"<{tag} {look} {rest}/>" for tag, name, rest in read_shape(shape) for look in looks[name]
    )


@cache
def read_shape(name: str) -> tuple[tuple[str, str, str], ...]:
    """A shape's elements, bottom first: tag, class, and the rest of its attributes as text."""
    where = f"shapes/{name}.svg"
    try:
        root = ElementTree.parse(SHAPES / f"{name}.svg").getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise InvalidRecord(f"cannot be read ({error})", where=where, expected="SVG") from None
    classes = {*_FIXED, *_VEILS, *_STROKES, "main", "dark", "light", "accent"}
    elements = []
    for element in root:
        tag, look = element.tag.removeprefix(_SVG), element.attrib.pop("class", None)
        if tag not in ("path", "circle", "ellipse", "rect") or look not in classes:
            raise InvalidRecord(
                f"<{tag} class={look!r}>",
                where=where,
                expected=f"a plain shape of class {', '.join(sorted(classes))}",
            )
        rest = " ".join(f'{key}="{escape(value)}"' for key, value in element.attrib.items())
        elements.append((tag, look, rest))
    return tuple(elements)


def mix(first: str, second: str, share: float) -> str:
    """The colour `share` (0 … 1) of the way from `first` to `second`, both as ``#rrggbb``."""
    pairs = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def lightness(colour: str) -> float:
    """0 black … 1 white, with the weights of ITU-R BT.601."""
    red, green, blue = _channels(colour)
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def _opposite(colour: str) -> str:
    """A muted second colour that goes with it: the channels turned round by one."""
    red, green, blue = _channels(colour)
    return mix(f"#{blue:02x}{red:02x}{green:02x}", "#e8b64c", 0.45)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
