"""Can a model read from a picture what it shows?

A small classifier is trained on the pictures of some products and names shape, colour family,
pattern and texture of others. It is far from the best there is: what it can read, a vision model
can; what it cannot may not be in the picture. Needs scikit-learn, resvg and Pillow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shopkeeper.experiment.patches import PatchConfig, patch_features
from shopkeeper.records import InvalidRequest
from shopkeeper.world import Goods, Item, World
from shopkeeper.world.photos import photo

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

READABLE = 3.0
"""Accuracy, over that of always naming the most common value, from which a property is read."""
POOR = 0.35
"""Appeal below which a picture counts as poorly made: about a quarter of them."""
_HELD_OUT = 3
"""Of a value's pictures, every third is named; the others are learnt from."""


@dataclass(frozen=True, slots=True)
class ReadabilityConfig:
    """How many pictures are read, and how."""

    looked: int = 12_000
    """Products of the world among which are chosen those to draw, 1 or more."""
    per_shape: int = 9
    """Pictures of each shape, at most; 0 or more. There are hundreds of shapes."""
    per_value: int = 100
    """Pictures of each colour family, pattern and texture, at most; 3 or more."""
    size: int = 96
    """Side of a picture in pixels, 32 or more."""
    ridge: float = 200.0
    """Weight of the classifier's penalty, above 0."""
    patches: PatchConfig = field(default_factory=PatchConfig)

    def __post_init__(self) -> None:
        if self.looked < 1 or self.per_shape < 0 or self.per_value < 3 or self.ridge <= 0:
            raise InvalidRequest(
                f"{self}", expected="looked ≥ 1, per_shape ≥ 0, per_value ≥ 3 and ridge > 0"
            )


@dataclass(frozen=True, slots=True)
class Confusion:
    """A value that is taken for another one."""

    value: str
    taken_for: str
    share: float
    """Of the value's pictures."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How well one property is read from pictures of products not learnt from."""

    what: str
    """shape, colour, pattern or texture."""
    values: int
    """How many there are to choose from."""
    learnt: int
    named: int
    """Pictures."""
    accuracy: float
    poor_accuracy: float | None
    """Among poorly made pictures; None: there are none."""
    baseline: float
    """Share of the most common value among those to be named."""
    confusions: tuple[Confusion, ...]
    """The twelve most frequent first."""

    @property
    def lift(self) -> float:
        return self.accuracy / self.baseline

    @property
    def is_readable(self) -> bool:
        return self.lift >= READABLE


@dataclass(frozen=True, slots=True)
class Readability:
    """What the pictures of a world tell."""

    pictures: int
    readings: tuple[Reading, ...]
    """Of the properties that have two values or more with three pictures each."""
    appeal: float
    """Correlation of the appeal that is read with the true one, −1 … 1."""


@dataclass(frozen=True, slots=True)
class _Sight:
    """A product in one of its colours, and what that shows: value by property."""

    item: Item
    colour: str
    shown: Mapping[str, str]


def readability(world: World, config: ReadabilityConfig = ReadabilityConfig()) -> Readability:
    """Learn from the pictures of some products, and name what others show.

    Of each value as many pictures are drawn, so far as the products that are looked at have
    them. The same arguments give the same result.

    Raises InvalidRequest when nothing has two values with three pictures each.
    """
    sights = _choose(world, config)
    pictures = [photo(sight.item, world.goods, sight.colour, config.size) for sight in sights]
    features = patch_features(np.stack(pictures), config.patches)
    appeal = np.array([sight.item.appeal for sight in sights])
    readings = []
    for what, quota in _quotas(config).items():
        values = [sight.shown.get(what) for sight in sights]
        chosen, is_named = _split(values, quota)
        if len({values[at] for at in chosen}) > 1:
            truth = np.array([values[at] for at in chosen])
            readings.append(
                _read(what, features[chosen], truth, is_named, appeal[chosen], config.ridge)
            )
    if not readings:
        raise InvalidRequest("pictures that show nothing twice", hint="look at more products")
    return Readability(len(sights), tuple(readings), _read_appeal(features, appeal, config.ridge))


def _quotas(config: ReadabilityConfig) -> dict[str, int]:
    of_others = dict.fromkeys(("colour", "pattern", "texture"), config.per_value)
    return {"shape": config.per_shape, **of_others}


def _choose(world: World, config: ReadabilityConfig) -> list[_Sight]:
    """Products in order, each in one of its colours, that show something still wanted."""
    quotas = _quotas(config)
    chosen, count = list[_Sight](), Counter[tuple[str, str]]()
    for place, item in enumerate(islice(world.items(), config.looked)):
        colour = item.colours[place % len(item.colours)]
        shown = _shown(item, colour, world.goods)
        if any(count[pair] < quotas[pair[0]] for pair in shown.items()):
            count.update(shown.items())
            chosen.append(_Sight(item, colour, shown))
    return chosen


def _shown(item: Item, colour: str, goods: Goods) -> dict[str, str]:
    shown = {"shape": item.category.shape, "colour": goods.colours[colour].family}
    if isinstance(pattern := item.attributes.get("pattern"), str):
        shown["pattern"] = pattern
    if isinstance(material := item.attributes.get("material"), str):
        shown["texture"] = goods.textures.get(material, "smooth")
    return shown


def _split(values: Sequence[str | None], quota: int) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Places of at most `quota` pictures of each value, and which of them are to be named."""
    total = Counter(values)
    seen, chosen, is_named = Counter[str](), list[int](), list[bool]()
    for at, value in enumerate(values):
        if value is not None and total[value] >= _HELD_OUT and seen[value] < quota:
            seen[value] += 1
            chosen.append(at)
            is_named.append(seen[value] % _HELD_OUT == 0)
    return np.array(chosen, dtype=np.intp), np.array(is_named, dtype=np.bool_)


def _read(
    what: str,
    features: NDArray[np.float32],
    truth: NDArray[np.str_],
    is_named: NDArray[np.bool_],
    appeal: NDArray[np.float64],
    ridge: float,
) -> Reading:
    from sklearn.linear_model import RidgeClassifier

    model = _scaled(RidgeClassifier(alpha=ridge)).fit(features[~is_named], truth[~is_named])
    read, truth = model.predict(features[is_named]), truth[is_named]
    is_right, is_poor = read == truth, appeal[is_named] < POOR
    count = Counter(truth.tolist())
    wrong = Counter(zip(truth[~is_right].tolist(), read[~is_right].tolist(), strict=True))
    return Reading(
        what=what,
        values=len(count),
        learnt=int((~is_named).sum()),
        named=len(truth),
        accuracy=float(is_right.mean()),
        poor_accuracy=float(is_right[is_poor].mean()) if is_poor.any() else None,
        baseline=max(count.values()) / len(truth),
        confusions=tuple(
            Confusion(value, other, times / count[value])
            for (value, other), times in wrong.most_common(12)
        ),
    )


def _read_appeal(features: NDArray[np.float32], appeal: NDArray[np.float64], ridge: float) -> float:
    from sklearn.linear_model import Ridge

    is_named = np.arange(len(appeal)) % _HELD_OUT == 0
    model = _scaled(Ridge(alpha=ridge)).fit(features[~is_named], appeal[~is_named])
    return float(np.corrcoef(model.predict(features[is_named]), appeal[is_named])[0, 1])


def _scaled(model: object) -> Pipeline:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), model)
