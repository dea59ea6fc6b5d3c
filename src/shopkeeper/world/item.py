"""What is one product, in truth? Everything about it, before a merchant describes it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import product as combinations

import numpy as np

from shopkeeper.records import AttributeValue, Money, Variant
from shopkeeper.world.chance import (
    bell,
    pick,
    pick_early,
    pick_index,
    pick_some,
    pick_weighted,
)
from shopkeeper.world.vocabulary import Brand, Category, Chance, Choice, OneOf, Span

CURRENCY = "USD"
SALE = 0.12
"""Share of colours that are reduced in price."""
MARKED = 0.45
"""Share of models whose name carries a mark ("Pro")."""
NICHE = 0.8
"""A brand's sales fall with its place in its category's list to this power."""


@dataclass(frozen=True, slots=True)
class Item:
    """A product as it is: complete attributes, no wording, and what no shop can see."""

    id: str
    category: Category
    brand: Brand
    model: str
    attributes: Mapping[str, AttributeValue]
    """Values that all variants share."""
    variants: tuple[Variant, ...]
    quality: float
    """Hidden; 0 … 1."""
    popularity: float
    """Purchases a month; Zipf-like over the whole shop."""
    rating: float
    """Mean stars, 1 … 5, rounded to a tenth; follows quality."""
    appeal: float
    """How well its picture is made; 0 … 1, seen in the picture and told nowhere."""

    def values(self, name: str) -> tuple[str | float | bool, ...]:
        """Every value that the product, or one of its variants, has for an attribute."""
        if name in self.attributes:
            value = self.attributes[name]
            return value if isinstance(value, tuple) else (value,)
        offered = (v.options[name] for v in self.variants if name in v.options)
        return tuple(dict.fromkeys(offered))

    @property
    def colours(self) -> tuple[str, ...]:
        return tuple(str(colour) for colour in self.values("colour"))


def make_item(
    item_id: str,
    category: Category,
    rng: np.random.Generator,
    *,
    sold_out: float,
    fits: Item | None,
) -> Item:
    """Draw one product of a category.

    Args:
        item_id: its id, and the beginning of its skus.
        category: what it is; `fits` is the product it is made for, when the category has such.
        rng: the item's own stream.
        sold_out: probability that a variant has no stock, 0 … 1.
    """
    places = [1 / (place + 1) ** NICHE for place in range(len(category.brands))]
    brand = pick_weighted(rng, category.brands, places)
    model = pick(rng, category.models)
    if rng.random() < MARKED:
        model = f"{model} {pick(rng, category.marks)}"
    allowed = dict(category.has)
    values = _pick_attributes(category, allowed, rng)
    if fits is not None:
        values["fits"] = f"{fits.brand.name} {fits.model}"
    options = _pick_options(category, allowed, rng)
    for name, offered in options.items():
        values.pop(name, None)
        if len(offered) == 1:
            values[name] = offered[0]
    options = {name: offered for name, offered in options.items() if len(offered) > 1}
    quality = min(1.0, max(0.0, 0.5 + 0.18 * bell(rng) + 0.2 * math.log(brand.factor)))
    list_price = _set_price(category, brand, values, quality, rng)
    # A Pareto tail of index 1.1 gives rank–size a Zipf slope near −0.9.
    wanted = (0.4 + quality) * (1 - rng.random()) ** (-1 / 1.1)
    return Item(
        id=item_id,
        category=category,
        brand=brand,
        model=model,
        attributes=values,
        variants=_make_variants(item_id, options, list_price, sold_out, rng),
        quality=quality,
        popularity=round(4 * wanted, 1),
        rating=round(min(5.0, max(1.0, 3.0 + 2.0 * quality + 0.25 * bell(rng))), 1),
        appeal=min(1.0, max(0.0, 0.5 + 0.25 * bell(rng))),
    )


def _pick_attributes(
    category: Category, allowed: dict[str, Choice], rng: np.random.Generator
) -> dict[str, AttributeValue]:
    """A value for each attribute, in the category's order; followers after what they follow.

    A value that narrows later attributes narrows them in `allowed`.
    """
    drawn: dict[str, AttributeValue] = {}
    for name in category.has:
        choice = allowed[name]
        if not (isinstance(choice, Span) and choice.follows):
            several = category.attributes[name].kind == "texts"
            drawn[name] = value = _pick_value(choice, several, rng)
            if name in category.only:
                for later, limit in category.only[name].get(str(value), {}).items():
                    allowed[later] = _narrow(allowed[later], limit)
    for name, choice in category.has.items():
        if isinstance(choice, Span) and choice.follows:
            place = place_of(drawn[choice.follows], category.has[choice.follows])
            drawn[name] = _on_grid(choice, place + 0.08 * bell(rng))
    return {name: drawn[name] for name in category.has}


def _narrow(choice: Choice, limit: Collection[str]) -> OneOf:
    assert isinstance(choice, OneOf), "the loader allows only lists here"
    return OneOf(tuple(value for value in choice.values if value in limit))


def _pick_value(choice: Choice, several: bool, rng: np.random.Generator) -> AttributeValue:
    match choice:
        case Chance(probability):
            return rng.random() < probability
        case Span():
            return _on_grid(choice, 0.5 + 0.2 * bell(rng))
        case OneOf(values) if several:
            return tuple(str(v) for v in pick_some(rng, values, 1 + pick_index(rng, 3)))
        case OneOf(values):
            return pick_early(rng, values)


def _on_grid(span: Span, place: float) -> float:
    """The grid point at `place` of the span, 0 being its low end and 1 its high end."""
    steps = round((span.high - span.low) / span.step)
    step = round(min(1.0, max(0.0, place)) * steps)
    return round(span.low + step * span.step, 6)


def place_of(value: AttributeValue, choice: Choice) -> float:
    """Where a value stands within what its category allows: 0 lowest … 1 highest.

    Numbers stand by size, texts by their order in the list, a flag at an end.
    """
    if isinstance(choice, Chance):
        return float(bool(value))
    if isinstance(choice, Span):
        assert isinstance(value, float)
        return (value - choice.low) / (choice.high - choice.low)
    ranked = list(choice.values)
    if isinstance(ranked[0], float):
        ranked.sort()
    return ranked.index(value) / max(1, len(ranked) - 1)  # type: ignore[arg-type]


def _pick_options(
    category: Category, allowed: Mapping[str, Choice], rng: np.random.Generator
) -> dict[str, tuple[str, ...]]:
    """What the product comes in: colours in any mix, sizes as an unbroken run."""
    options = {}
    for name, most in category.variants.items():
        choice = allowed[name]
        assert isinstance(choice, OneOf), "the loader allows only lists here"
        values = tuple(str(value) for value in choice.values)
        limit = min(most, len(values))
        if name == "colour":
            options[name] = pick_some(rng, values, 1 + pick_index(rng, limit))
        else:
            count = limit - pick_index(rng, max(1, limit // 3))
            start = pick_index(rng, len(values) - count + 1)
            options[name] = values[start : start + count]
    return options


def _set_price(
    category: Category,
    brand: Brand,
    values: Mapping[str, AttributeValue],
    quality: float,
    rng: np.random.Generator,
) -> Money:
    """typical × tier × 2^(place − ½) × noise, kept within the category, with a shop's ending."""
    low, typical, high = category.price
    follows = category.price_follows
    place = place_of(values[follows], category.has[follows]) if follows else 0.5
    noise = math.exp(0.22 * bell(rng) + 0.4 * (quality - 0.5))
    price = min(high, max(low, typical * brand.factor * 2 ** (place - 0.5) * noise))
    ending = {"value": -1, "premium": 0}.get(brand.tier, -5 if price < 100 else 0)
    if price >= 150:
        ending = -100 if brand.tier == "value" else 0
    return Money(max(round(price) * 100 + ending, 99), CURRENCY)


def _make_variants(
    item_id: str,
    options: Mapping[str, tuple[str, ...]],
    list_price: Money,
    sold_out: float,
    rng: np.random.Generator,
) -> tuple[Variant, ...]:
    """One variant per combination; each colour has its picture and may be reduced."""
    cuts = {
        colour: pick(rng, (0.1, 0.2, 0.3)) if rng.random() < SALE else 0.0
        for colour in options.get("colour", ())
    }
    pictures = {colour: picture_url(item_id, place) for place, colour in enumerate(cuts)}
    variants = []
    for number, values in enumerate(combinations(*options.values()), start=1):
        chosen = dict(zip(options, values, strict=True))
        colour = chosen.get("colour", "")
        price = Money(round(list_price.minor * (1 - cuts.get(colour, 0.0))), CURRENCY)
        stock = 0 if rng.random() < sold_out else 1 + int(120 * rng.random() ** 2)
        variants.append(
            Variant(f"{item_id}-{number:02d}", chosen, price, stock, pictures.get(colour))
        )
    return tuple(variants)


def picture_url(item_id: str, place: int = 0) -> str:
    """Where the picture of an item's colour number `place` (from 0) is served."""
    return f"/pictures/{item_id}{f'-{place + 1}' if place else ''}.svg"
