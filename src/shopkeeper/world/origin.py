"""Which world do a shop's goods come from? ``world.json`` in its folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from shopkeeper.records import InvalidRecord, InvalidRequest
from shopkeeper.store import ShopFolder
from shopkeeper.world.market import Market, market_of
from shopkeeper.world.presets import Scale, scale_of
from shopkeeper.world.world import World


@dataclass(frozen=True, slots=True)
class Origin:
    """All that is needed to make the same world again. InvalidRequest for what makes none."""

    seed: int = 0
    """0 or more."""
    preset: str = "demo"
    settings: tuple[str, ...] = ()
    """Dials upon the preset, each as in ``products=2000``."""

    def __post_init__(self) -> None:
        if type(self.seed) is not int or self.seed < 0:
            raise InvalidRequest(f"seed {self.seed!r}", expected="a whole number, 0 or more")
        if not all(isinstance(text, str) for text in (self.preset, *self.settings)):
            raise InvalidRequest(f"settings {self.settings!r:.60}", expected="texts")
        _ = self.scale

    @property
    def scale(self) -> Scale:
        return scale_of(self.preset, self.settings)

    def open(self) -> Market:
        """The marketplace, made again; it takes seconds."""
        scale = self.scale
        return market_of(World(self.seed, scale.products, scale.config.goods), scale.config)


def write_origin(folder: Path, origin: Origin) -> None:
    """Leave word in the shop's folder of where its goods come from."""
    text = json.dumps(asdict(origin), indent=2) + "\n"
    ShopFolder(folder).world.write_text(text, encoding="utf-8")


def read_origin(folder: Path) -> Origin | None:
    """Where the shop's goods come from; None: not from a world. InvalidRecord for another file."""
    path = ShopFolder(folder).world
    if not path.exists():
        return None
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        return Origin(given["seed"], given["preset"], tuple(given["settings"]))
    except (ValueError, KeyError, TypeError, InvalidRequest) as error:
        raise InvalidRecord(
            f"no world: {error}",
            where=str(path),
            expected='{"seed": 0, "preset": "demo", "settings": ["products=2000"]}',
        ) from None
