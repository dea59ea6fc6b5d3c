"""What does a product without a picture look like? A drawing of its name, as SVG."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from xml.sax.saxutils import escape

from shopkeeper.records import AttributeValue, Product, localise

COLOURS = {
    "black": "#2b2b2f", "white": "#f4f2ec", "grey": "#8d9299", "gray": "#8d9299",
    "silver": "#b9bec6", "red": "#c9413b", "orange": "#e0853a", "yellow": "#e5bf3c",
    "gold": "#c9a24a", "green": "#4d9359", "olive": "#7c8244", "teal": "#2f8f8b",
    "turquoise": "#3fb0ac", "blue": "#3a6fb5", "navy": "#2a3d66", "purple": "#7d559f",
    "violet": "#7d559f", "pink": "#d884a4", "brown": "#85603f", "beige": "#d8c5a3",
    "黑": "#2b2b2f", "白": "#f4f2ec", "灰": "#8d9299", "红": "#c9413b", "橙": "#e0853a",
    "黄": "#e5bf3c", "绿": "#4d9359", "蓝": "#3a6fb5", "紫": "#7d559f", "粉": "#d884a4",
    "棕": "#85603f",
}  # fmt: skip
"""Paint for the colour words of English and Chinese feeds."""

_COLOUR_NAMES = ("colour", "color", "颜色")


def picture(product: Product, locale: str) -> str:
    """The drawing, 400 × 400: the same product gives the same text, byte for byte.

    Background by category, so that a shelf looks of a piece; the disc in the product's own colour
    when it names one, otherwise by brand; the initials of the title.
    """
    title = localise(product.title, locale)
    ground = _hue("/".join(product.category) or title)
    disc = _paint(product) or f"hsl({_hue(product.brand or title)} 42% 52%)"
    caption = _visible(product.brand or (product.category[-1] if product.category else ""))
    turn = _hue(product.id) % 90
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" role="img">
<title>{escape(_visible(title))}</title>
<defs><linearGradient id="g" x2="0.4" y2="1"><stop stop-color="hsl({ground} 38% 95%)"/>\
<stop offset="1" stop-color="hsl({ground} 30% 86%)"/></linearGradient></defs>
<rect width="400" height="400" fill="url(#g)"/>
<g transform="rotate({turn} 200 180)" fill="hsl({ground} 30% 78%)" opacity="0.55">\
<rect x="86" y="66" width="228" height="228" rx="58"/></g>
<circle cx="200" cy="180" r="92" fill="{disc}" stroke="#fff" stroke-width="6"/>
<text x="200" y="186" font-family="system-ui, sans-serif" font-size="74" font-weight="600" \
fill="{"#2b2b2f" if _is_light(disc) else "#fff"}" text-anchor="middle" \
dominant-baseline="middle">{escape(initials(title))}</text>
<text x="200" y="346" font-family="system-ui, sans-serif" font-size="24" \
fill="hsl({ground} 22% 34%)" text-anchor="middle">{escape(caption[:28])}</text>
</svg>
"""


def initials(title: str) -> str:
    """First letters of the first two words ("Alpine Tent": AT), or one Chinese character."""
    words = [word for word in _visible(title).split() if word[0].isalnum()]
    if not words:
        return "·"
    if not words[0][0].isascii():
        return words[0][0]
    return "".join(word[0] for word in words[:2]).upper()


def _paint(product: Product) -> str | None:
    for text in _colour_words(product):
        for name, paint in COLOURS.items():
            if name in text.lower().split() or (not name.isascii() and name in text):
                return paint
    return None


def _colour_words(product: Product) -> Iterator[str]:
    named: list[tuple[str, AttributeValue]] = [
        *product.attributes.items(),
        *product.variants[0].options.items(),
    ]
    for name, value in named:
        if any(word in name.lower() for word in _COLOUR_NAMES):
            yield from (value if isinstance(value, tuple) else (str(value),))


def _is_light(paint: str) -> bool:
    """Whether dark letters read better on it; hsl discs are made for white ones."""
    if not paint.startswith("#"):
        return False
    red, green, blue = (int(paint[at : at + 2], 16) for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue > 170


def _hue(text: str) -> int:
    """0 … 359, spread evenly, the same in every process."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).digest()
    return int.from_bytes(digest) % 360


def _visible(text: str) -> str:
    """Without control characters and lone surrogates, which no XML may hold."""
    return "".join(c if c.isprintable() else " " for c in text).strip()
