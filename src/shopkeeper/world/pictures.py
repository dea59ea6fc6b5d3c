"""What does it look like? A storefront tile as SVG, drawn from the truth about an item.

The category gives the silhouette (``shapes/<name>.svg``, in which classes stand for colours), the
item its colour, pattern and material. An attribute that a merchant leaves out can still be seen.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from shopkeeper.records import InvalidRecord
from shopkeeper.world.item import Item
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


class Tile(NamedTuple):
    """A repeated motif: its side in picture units, and its marks; ``{ink}`` is their colour."""

    side: int
    marks: str


_MOTIFS = {
    "Striped": Tile(22, '<rect width="22" height="9" fill="{ink}"/>'),
    "Dotted": Tile(
        20,
        '<g fill="{ink}"><circle cx="5" cy="5" r="3.2"/><circle cx="15" cy="15" r="3.2"/></g>',
    ),
    "Checked": Tile(
        24,
        '<rect width="10" height="24" fill="{ink}" fill-opacity=".45"/>'
        '<rect width="24" height="10" fill="{ink}" fill-opacity=".45"/>',
    ),
    "knit": Tile(8, '<path d="M0,1 L4,6 L8,1" stroke="{ink}" stroke-opacity=".4"/>'),
    "fur": Tile(
        9, '<path d="M1,2 l2,3 M6,1 l1,3 M4,6 l-1,3 M8,6 l1,2" stroke="{ink}" stroke-opacity=".5"/>'
    ),
    "weave": Tile(
        6, '<path d="M0,1.5 h6 M0,4.5 h6 M1.5,0 v6 M4.5,0 v6" stroke="{ink}" stroke-opacity=".22"/>'
    ),
    "twill": Tile(
        6, '<path d="M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2" stroke="{ink}" stroke-opacity=".35"/>'
    ),
    "ribs": Tile(5, '<path d="M2.5,0 v5" stroke="{ink}" stroke-opacity=".4" stroke-width="1.8"/>'),
    "mesh": Tile(5, '<circle cx="2.5" cy="2.5" r="1.1" fill="{ink}" fill-opacity=".4"/>'),
    "grain": Tile(
        40,
        '<path d="M0,6 q10,-4 20,0 t20,0 M0,18 q10,5 20,0 t20,0 M0,30 q10,-3 20,0 t20,0" '
        'stroke="{ink}" stroke-opacity=".35" stroke-width="1.2"/>',
    ),
    "specks": Tile(
        26,
        '<g fill="{ink}" fill-opacity=".45"><circle cx="4" cy="6" r="1"/><circle cx="17" cy="4" '
        'r="1.4"/><circle cx="11" cy="14" r="1"/><circle cx="22" cy="18" r="1.2"/>'
        '<circle cx="6" cy="22" r="1.3"/></g>',
    ),
    "veins": Tile(
        48,
        '<path d="M0,12 q14,10 24,0 t24,4 M0,36 q10,-8 22,2 t26,-2" stroke="{ink}" '
        'stroke-opacity=".45" stroke-width="1.3"/>',
    ),
    "pebble": Tile(
        8,
        '<g stroke="{ink}" stroke-opacity=".22"><circle cx="2" cy="2" r="1.7"/>'
        '<circle cx="6" cy="6" r="1.7"/></g>',
    ),
}
"""By pattern or texture; what has neither is painted smooth."""


def draw(item: Item, goods: Goods, colour: str | None = None) -> str:
    """The item's picture, 400 × 400, in one of its colours; None: its first.

    The answer is a complete SVG document without script, link or outside reference; the same
    arguments give the same text.
    """
    colour = colour or item.colours[0]
    paint = goods.colours[colour].hex
    motif = _motif(item, goods)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200" width="400" height="400">'
        f"<title>{escape(f'{item.category.one}, {colour}')}</title>"
        f"<defs>{_main(paint, motif)}{_backdrop(paint)}</defs>"
        '<rect width="200" height="200" fill="url(#b)"/>'
        '<ellipse cx="100" cy="173" rx="74" ry="8" fill="#2b2118" fill-opacity=".13"/>'
        '<g stroke-linecap="round" stroke-linejoin="round" '
        'transform="translate(100 100) scale(.88) translate(-100 -100)">'
        f"{_painted(item.category.shape, paint)}</g></svg>"
    )


def _motif(item: Item, goods: Goods) -> Tile | None:
    """The printed pattern if there is one, or else the texture of the material."""
    printed = _MOTIFS.get(str(item.attributes.get("pattern")))
    texture = goods.textures.get(str(item.attributes.get("material")), "")
    return printed or _MOTIFS.get(texture)


def _main(paint: str, motif: Tile | None) -> str:
    """The definition of ``#m``, with which the silhouette is filled."""
    if motif is None:
        return (
            '<linearGradient id="m" x1="0" y1="0" x2="1" y2="1">'
            f'<stop offset="0" stop-color="{mix(paint, "#ffffff", 0.16)}"/>'
            f'<stop offset=".55" stop-color="{paint}"/>'
            f'<stop offset="1" stop-color="{mix(paint, "#000000", 0.12)}"/></linearGradient>'
        )
    ink = mix(paint, "#ffffff", 0.62) if lightness(paint) < 0.6 else mix(paint, "#26303c", 0.42)
    return (
        f'<pattern id="m" width="{motif.side}" height="{motif.side}" '
        'patternUnits="userSpaceOnUse">'
        f'<rect width="{motif.side}" height="{motif.side}" fill="{paint}"/>'
        f'<g fill="none">{motif.marks.format(ink=ink)}</g></pattern>'
    )


def _backdrop(paint: str) -> str:
    """A soft tint of the item's colour on cream; deeper behind pale things, so they stand out."""
    is_pale = lightness(paint) > 0.72
    vividness = (max(_channels(paint)) - min(_channels(paint))) / 255
    edge = mix("#e2d8ca" if is_pale else "#f0e9df", paint, 0.03 + 0.2 * vividness)
    centre = mix(edge, "#ffffff", 0.12 if is_pale else 0.55)
    return (
        '<radialGradient id="b" cx=".5" cy=".42" r=".75">'
        f'<stop offset="0" stop-color="{centre}"/><stop offset="1" stop-color="{edge}"/>'
        "</radialGradient>"
    )


def _painted(shape: str, paint: str) -> str:
    """The shape's elements, each class replaced by the paint that it stands for."""
    paints = {
        **_FIXED,
        "main": paint,
        "dark": mix(paint, "#000000", 0.26 if lightness(paint) > 0.3 else 0.42),
        "light": mix(paint, "#ffffff", 0.38),
        "accent": _opposite(paint),
    }
    looks = {name: f'fill="{colour}"' for name, colour in paints.items()}
    looks["main"] = 'fill="url(#m)"'
    for name, (colour, opacity) in _VEILS.items():
        looks[name] = f'fill="{colour}" fill-opacity="{opacity}"'
    for name, source in _STROKES.items():
        stroke = f'stroke="{paints.get(source, "#000")}"'
        veil = f' stroke-opacity="{_VEILS[source][1] + 0.1:.2f}"' if source in _VEILS else ""
        looks[name] = f'fill="none" {stroke}{veil}'
    return "".join(f"<{tag} {looks[name]} {rest}/>" for tag, name, rest in read_shape(shape))


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
