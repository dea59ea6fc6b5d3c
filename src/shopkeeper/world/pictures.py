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
from shopkeeper.world.chance import pick_index, stream
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


NOISE = 67
"""Side of the tile of noise, in picture units: no divisor of a picture's 200, so it looks random."""


def draw(item: Item, goods: Goods, colour: str | None = None) -> str:
    """The item's picture, 400 × 400, in one of its colours; None: its first.

    The answer is a complete SVG document without script, link or outside reference; the same
    arguments give the same text. Its ids are its own, so several can stand in one page.
    """
    colour = colour or item.colours[0]
    paint = goods.colours[colour].hex
    staging = stage(item)
    mark = f"p{zlib.crc32(f'{item.id} {colour}'.encode()):08x}"
    texture = goods.textures.get(str(item.attributes.get("material")), "")
    marks = MOTIFS.get(str(item.attributes.get("pattern")), "") + MOTIFS.get(texture, "")
    is_glossy = texture == GLOSS
    right, down = staging.shift
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200" width="400" height="400">'
        f"<title>{escape(f'{item.category.one}, {colour}')}</title>"
        f"<defs>{_surface(mark, paint, marks)}{_gloss(mark) if is_glossy else ''}</defs>"
        f"{_backdrop(mark, paint, staging)}"
        '<g stroke-linecap="round" stroke-linejoin="round" transform="'
        f"translate({100 + right:.1f} {100 + down:.1f}) rotate({staging.tilt:.1f}) "
        f'scale({staging.scale:.3f}) translate(-100 -100)">'
        '<ellipse cx="100" cy="181" rx="80" ry="8" fill="#2b2118" fill-opacity=".15"/>'
        f"{_painted(item.category.shape, paint, mark, is_glossy)}</g>"
        f"{_flaws(mark, staging)}</svg>"
    )


def _surface(mark: str, paint: str, marks: str) -> str:
    """What the silhouette is filled with: the paint, and the tile upon it if there is one."""
    if not marks:
        return (
            f'<linearGradient id="{mark}m" x1="0" y1="0" x2="1" y2="1">'
            f'<stop offset="0" stop-color="{mix(paint, "#ffffff", 0.16)}"/>'
            f'<stop offset=".55" stop-color="{paint}"/>'
            f'<stop offset="1" stop-color="{mix(paint, "#000000", 0.12)}"/></linearGradient>'
        )
    is_dark = lightness(paint) < 0.55
    inks = {
        "ink": mix(paint, "#ffffff", 0.62) if is_dark else mix(paint, "#26303c", 0.55),
        "second": mix(_opposite(paint), "#ffffff" if is_dark else "#26303c", 0.3),
        "spot": mix(paint, "#ffffff", 0.5) if lightness(paint) < 0.3 else "#2c2420",
    }
    return (
        f'<pattern id="{mark}m" width="{TILE}" height="{TILE}" patternUnits="userSpaceOnUse">'
        f'<rect width="{TILE}" height="{TILE}" fill="{paint}"/>'
        f'<g fill="none">{marks.format(**inks)}</g></pattern>'
    )


def _gloss(mark: str) -> str:
    """Bands of light, which a polished surface throws back."""
    bands = (
        (0, 0),
        (0.18, 0.1),
        (0.26, 0.8),
        (0.36, 0.15),
        (0.6, 0),
        (0.7, 0.6),
        (0.76, 0),
        (1, 0),
    )
    stops = "".join(
        f'<stop offset="{at}" stop-color="#fff" stop-opacity="{light}"/>' for at, light in bands
    )
    return f'<linearGradient id="{mark}g" x1="0" y1="0" x2="1" y2=".6">{stops}</linearGradient>'


def _backdrop(mark: str, paint: str, staging: Staging) -> str:
    """A soft tint of the item's colour on cream, greyer where it is dull, and what stands there.

    It is deeper behind pale things, so that they stand out.
    """
    is_pale = lightness(paint) > 0.72
    vividness = (max(_channels(paint)) - min(_channels(paint))) / 255
    floor = mix("#e2d8ca" if is_pale else "#f0e9df", paint, 0.03 + 0.2 * vividness)
    floor = mix(floor, "#a79f95" if is_pale else "#d5cec3", 0.9 * staging.dull)
    wall = mix(floor, "#ffffff", (0.12 if is_pale else 0.55) * (1 - staging.dull))
    return (
        f'<linearGradient id="{mark}b" x1="0" y1="0" x2="0" y2="1">'
        f'<stop offset=".3" stop-color="{wall}"/><stop offset="1" stop-color="{floor}"/>'
        f'</linearGradient><rect width="200" height="200" fill="url(#{mark}b)"/>'
        + "".join(_clutter(thing, floor) for thing in staging.clutter)
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


def _flaws(mark: str, staging: Staging) -> str:
    """What lies over the whole picture: too little light, and noise."""
    veil = ""
    if staging.dim > 0.02:
        dark = "#22180c" if staging.is_warm else "#0c1422"
        veil = f'<rect width="200" height="200" fill="{dark}" fill-opacity="{staging.dim:.2f}"/>'
    if staging.grain > 0.05:
        x, y = staging.noise_at
        veil += (
            f'<pattern id="{mark}n" x="{x}" y="{y}" width="{NOISE}" height="{NOISE}" '
            'patternUnits="userSpaceOnUse"><g stroke-width="2.2" stroke-linecap="square" '
            f'stroke-opacity="{staging.grain:.2f}"><path d="{_noise(1)}" stroke="#000"/>'
            f'<path d="{_noise(2)}" stroke="#fff"/></g></pattern>'
            f'<rect width="200" height="200" fill="url(#{mark}n)"/>'
        )
    return veil


@cache
def _noise(key: int) -> str:
    """Specks all over a tile of noise."""
    rng = stream(key)
    places = ((pick_index(rng, NOISE), pick_index(rng, NOISE)) for _ in range(50))
    return "".join(f"M{x},{y}h.1" for x, y in places)


def _painted(shape: str, paint: str, mark: str, is_glossy: bool) -> str:
    """The shape's elements, each class replaced by the paint that it stands for."""
    paints = {
        **_FIXED,
        "main": paint,
        "dark": mix(paint, "#000000", 0.26 if lightness(paint) > 0.3 else 0.42),
        "light": mix(paint, "#ffffff", 0.38),
        "accent": _opposite(paint),
    }
    looks = {name: f'fill="{colour}"' for name, colour in paints.items()}
    looks["main"] = f'fill="url(#{mark}m)"'
    for name, (colour, opacity) in _VEILS.items():
        looks[name] = f'fill="{colour}" fill-opacity="{opacity}"'
    for name, source in _STROKES.items():
        stroke = f'stroke="{paints.get(source, "#000")}"'
        veil = f' stroke-opacity="{_VEILS[source][1] + 0.1:.2f}"' if source in _VEILS else ""
        looks[name] = f'fill="none" {stroke}{veil}'
    drawn = []
    for tag, name, rest in read_shape(shape):
        drawn.append(f"<{tag} {looks[name]} {rest}/>")
        if is_glossy and name == "main":
            drawn.append(f'<{tag} fill="url(#{mark}g)" {rest}/>')
    return "".join(drawn)


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
