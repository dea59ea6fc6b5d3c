"""How does a merchant describe it? In a voice, with gaps, slips and keywords."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from shopkeeper.knowledge import Value
from shopkeeper.records import AttributeValue, Product
from shopkeeper.world.chance import pick, pick_index, pick_some, pick_weighted
from shopkeeper.world.config import GoodsDials
from shopkeeper.world.item import Item, picture_url
from shopkeeper.world.vocabulary import CHINESE, ENGLISH, Attribute, Goods, OneOf, Voice

_SMALL_WORDS = frozenset(("and", "for", "of", "the", "with", "to", "in"))
_UNSPOKEN = frozenset(("Plain", "Unisex", "Uncoated"))
_SHORTEST_SLIP = 5
"""Letters; a typo in a shorter word would make another word of it."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What the shop is told about an item, and what a careful reader learns from it."""

    product: Product
    told: Mapping[str, frozenset[Value]]
    """By attribute, the values that data or texts give, right or wrong. An attribute that they
    leave out is not here; a colour stands under its name only."""


def write_listing(item: Item, goods: Goods, dials: GoodsDials, rng: np.random.Generator) -> Listing:
    """The record a shop receives for an item: what the merchant says, not what is true."""
    stated = _state(item, dials.wrong, rng)
    weights = [voice.share for voice in goods.voices]
    voice = pick_weighted(rng, goods.voices, weights)
    is_chinese = rng.random() < dials.chinese
    writers = [_Writer(item, voice, stated, ENGLISH, rng)]
    if is_chinese:
        writers.append(_Writer(item, voice, stated, CHINESE, rng))
    titles = {writer.locale: writer.title() for writer in writers}
    descriptions = {writer.locale: writer.description() for writer in writers}
    if rng.random() < dials.typo:
        titles[ENGLISH] = misspell(titles[ENGLISH], rng)
    is_rated = rng.random() >= dials.unrated
    data = {
        name: value
        for name, value in stated.items()
        if name == "colour" or rng.random() >= dials.omit
    }
    told: dict[str, set[Value]] = {name: set(_several(value)) for name, value in data.items()}
    for variant in item.variants:
        for name, option in variant.options.items():
            told.setdefault(name, set()).add(option)
    for writer in writers:
        for name, values in writer.told.items():
            told.setdefault(name, set()).update(values)
    product = Product(
        id=item.id,
        title=titles,
        variants=item.variants,
        description={locale: text for locale, text in descriptions.items() if text},
        brand=item.brand.name,
        category=(item.category.department, item.category.group, item.category.name),
        attributes=data,
        image=picture_url(item.id),
        popularity=item.popularity,
        rating=item.rating if is_rated else None,
    )
    return Listing(product, {name: frozenset(values) for name, values in told.items()})


def misspell(text: str, rng: np.random.Generator) -> str:
    """Swap two neighbouring letters inside one word, or lose one; short words are left alone."""
    words = [m for m in re.finditer(r"[A-Za-z]+", text) if len(m[0]) >= _SHORTEST_SLIP]
    if not words:
        return text
    word = pick(rng, words)
    at = word.start() + 1 + pick_index(rng, len(word[0]) - 2)
    if rng.random() < 0.5 and text[at] != text[at + 1]:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + text[at + 1 :]


def say(attribute: Attribute, value: AttributeValue, locale: str) -> str:
    """An attribute's value as a title speaks it; "" for a flag that is off."""
    if value is False:
        return ""
    spoken = _spell(attribute, value[0] if isinstance(value, tuple) else value, locale)
    if locale == CHINESE:
        return attribute.say_zh.replace("{}", spoken)
    if attribute.kind in ("text", "texts"):
        spoken = titled(spoken)
    return attribute.say.replace("{}", spoken)


def titled(text: str) -> str:
    """Each word with a capital, but for small words inside: "Made for the Trail"."""
    words = text.split(" ")
    return " ".join(
        word if place and word in _SMALL_WORDS else word[:1].upper() + word[1:]
        for place, word in enumerate(words)
    )


def _spell(attribute: Attribute, value: str | float | bool, locale: str) -> str:
    if isinstance(value, str):
        return attribute.values.get(value, value) if locale == CHINESE else value
    return f"{value:g}"


def _several(value: AttributeValue) -> tuple[str | float | bool, ...]:
    return value if isinstance(value, tuple) else (value,)


def _state(item: Item, wrong: float, rng: np.random.Generator) -> dict[str, AttributeValue]:
    """The attributes as the merchant believes them: now and then another of the allowed values."""
    stated = {}
    for name, value in item.attributes.items():
        choice = item.category.has.get(name)
        slips = rng.random() < wrong and name != "colour" and not isinstance(value, tuple)
        stated[name] = pick(rng, choice.values) if slips and isinstance(choice, OneOf) else value
    return stated


class _Writer:
    """The words for one item, in one voice and language."""

    def __init__(
        self,
        item: Item,
        voice: Voice,
        stated: Mapping[str, AttributeValue],
        locale: str,
        rng: np.random.Generator,
    ) -> None:
        self.item, self.voice, self.stated = item, voice, stated
        self.locale, self.rng = locale, rng
        self.in_chinese = locale == CHINESE
        self.gap = "" if self.in_chinese else " "
        self.one = item.category.zh_one if self.in_chinese else item.category.one
        self.brand = item.brand.name
        self.told: dict[str, set[Value]] = {}
        """What the texts have given away so far."""

    def title(self) -> str:
        """One of the voice's templates, filled; what joins an empty slot to the rest vanishes."""
        comma = self.voice.commas[self.locale]
        brand = self.item.brand
        self.brand = f"{brand.zh}（{brand.name}）" if self.in_chinese else brand.name
        text = pick(self.rng, self.voice.titles[self.locale]).format_map(self)
        parts = (re.sub(" +", " ", part).strip() for part in text.split(comma))
        return comma.join(part for part in parts if part)

    def description(self) -> str:
        self.brand = self.item.brand.zh if self.in_chinese else self.item.brand.name
        text = pick(self.rng, self.voice.descriptions[self.locale]).format_map(self)
        return re.sub(r" +", " ", text).strip()

    def __getitem__(self, slot: str) -> str:
        """What stands in a template's slot: made only when a template has the slot."""
        category, comma = self.item.category, self.voice.commas[self.locale]
        makers: dict[str, Callable[[], str]] = {
            "brand": lambda: self.brand,
            "model": lambda: self.item.model,
            "one": lambda: self.one,
            "comma": lambda: comma,
            "lead": lambda: self.gap.join(self._say_all(category.lead)),
            "tail": lambda: comma.join(self._say_all(category.tail)),
            "specs": lambda: comma.join(self._say_all(category.lead + category.tail)),
            "adjective": lambda: self._phrase(category.adjectives),
            "praise": lambda: self._phrase(category.praise),
            "more": lambda: self._phrase(category.more),
            "facts": self._facts,
            "also": self._keywords,
        }
        return makers[slot]()

    def _phrase(self, pairs: tuple[tuple[str, str], ...]) -> str:
        return pick(self.rng, pairs)[self.in_chinese]

    def _keywords(self) -> str:
        words = self.item.category.zh_also if self.in_chinese else self.item.category.also
        chosen = pick_some(self.rng, words, 3)
        return " ".join(chosen if self.in_chinese else map(titled, chosen))

    def _say_all(self, names: tuple[str, ...]) -> list[str]:
        """The stated ones of these attributes, spoken, without those that go without saying."""
        spoken = []
        for name in names:
            value = self.stated.get(name)
            if value is None or value in _UNSPOKEN:
                continue
            words = say(self.item.category.attributes[name], value, self.locale)
            if words:
                self.told.setdefault(name, set()).add(_several(value)[0])
                spoken.append(words)
        return spoken

    def _facts(self) -> str:
        """ "Material: Cotton; Length: 18 cm." for some of the attributes."""
        names = [name for name, value in self.stated.items() if value is not False]
        names = sorted(pick_some(self.rng, names, self.voice.facts), key=names.index)
        for name in names:
            self.told.setdefault(name, set()).update(_several(self.stated[name]))
        facts = [self._fact(self.item.category.attributes[n], self.stated[n]) for n in names]
        if self.in_chinese:
            return "；".join(facts) + "。" if facts else ""
        return "; ".join(facts) + "." if facts else ""

    def _fact(self, attribute: Attribute, value: AttributeValue) -> str:
        """ "Length: 18 cm": the unit moves from the attribute's name behind the number."""
        values = _several(value)
        if self.in_chinese:
            name, _, unit = attribute.zh.rstrip("）").partition("（")
            spoken = "、".join(_spell(attribute, v, CHINESE) for v in values)
            return name if value is True else f"{name}：{spoken}{unit}"
        name, _, unit = attribute.name.rstrip(")").partition(" (")
        name = name[:1].upper() + name[1:]
        spoken = ", ".join(_spell(attribute, v, ENGLISH) for v in values)
        if value is True:
            return name
        return f"{name}: {spoken} {unit}".rstrip() if unit != "count" else f"{name}: {spoken}"
