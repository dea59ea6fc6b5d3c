"""What does a camera see? An item's drawing as pixels, for models that look at pictures.

Drawn on demand by resvg, which needs no fonts, files or network: the same item gives the same
pixels, as long as resvg stays the same.
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from shopkeeper.records import InvalidRequest
from shopkeeper.world.item import Item
from shopkeeper.world.pictures import draw
from shopkeeper.world.vocabulary import Goods

SMALLEST, LARGEST = 32, 1024
"""Side of a photo, in pixels."""


def photo(item: Item, goods: Goods, colour: str | None = None, size: int = 96) -> NDArray[np.uint8]:
    """The item's picture in one of its colours (None: its first) as [size, size, 3], red first."""
    from PIL import Image

    with Image.open(BytesIO(photo_png(item, goods, colour, size))) as image:
        return np.asarray(image.convert("RGB"))


def photo_png(item: Item, goods: Goods, colour: str | None = None, size: int = 96) -> bytes:
    """The same as the bytes of a PNG file. Raises InvalidRequest: a size that is out of range."""
    import resvg_py

    if not SMALLEST <= size <= LARGEST:
        raise InvalidRequest(f"size {size}", expected=f"{SMALLEST} … {LARGEST} pixels")
    svg = draw(item, goods, colour)
    return resvg_py.svg_to_bytes(svg_string=svg, width=size, height=size, skip_system_fonts=True)
