"""How does a merchant describe it? In a voice, with gaps, slips and keywords."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from shopkeeper.records import AttributeValue, Product
from shopkeeper.world.chance import pick, pick_index, pick_some, pick_weighted
from shopkeeper.world.config import WorldConfig
from shopkeeper.world.item import Item, picture_url
from shopkeeper.world.vocabulary import Attribute, Goods, OneOf, Voice

ENGLISH, CHINESE = "en", "zh-Hans"
_SMALL_WORDS = frozenset(("and", "for", "of", "the", "with", "to", "in"))
_UNSPOKEN = frozenset(("Plain", "Unisex", "Uncoated"))
_SHORTEST_SLIP = 5
"""Letters; a typo in a shorter word would make another word of it."""


def write_listing(
    item: Item, goods: Goods, config: WorldConfig, rng: np.random.Generator
) -> Product:
    """The record a shop receives for an item: what the merchant says, not what is true."""
    stated = _state(item, config.wrong, rng)
    weights = [voice.share for voice in goods.voices]
    voice = pick_weighted(rng, goods.voices, weights)
    is_chinese = rng.random() < config.chinese
    writers = [_Writer(item, voice, stated, ENGLISH, rng)]
    if is_chinese:
        writers.append(_Writer(item, voice, stated, CHINESE, rng))
    titles = {writer.locale: writer.title() for writer in writers}
    descriptions = {writer.locale: writer.description() for writer in writers}
    if rng.random() < config.typo:
        titles[ENGLISH] = misspell(titles[ENGLISH], rng)
    is_rated = rng.random() >= config.unrated
    return Product(
        id=item.id,
        title=titles,
        variants=item.variants,
        description={locale: text for locale, text in descriptions.items() if text},
        brand=item.brand.name,
        category=(item.category.department, item.category.name),
        attributes={
            name: value
            for name, value in stated.items()
            if name == "colour" or rng.random() >= config.omit
        },
        image=picture_url(item.id),
        popularity=item.popularity,
        rating=item.rating if is_rated else None,
    )


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

    def title(self) -> str:
        """One of the voice's templates, filled; what joins an empty slot to the rest vanishes."""
        category, brand, comma = self.item.category, self.item.brand, self.voice.commas[self.locale]
        text = pick(self.rng, self.voice.titles[self.locale]).format(
            brand=f"{brand.zh}（{brand.name}）" if self.in_chinese else brand.name,
            model=self.item.model,
            lead=self.gap.join(self._say_all(category.lead)),
            one=self.one,
            tail=comma.join(self._say_all(category.tail)),
            specs=comma.join(self._say_all(category.lead + category.tail)),
            comma=comma,
            adjective=self._phrase(category.adjectives),
            also=self._keywords(),
        )
        parts = (re.sub(" +", " ", part).strip() for part in text.split(comma))
        return comma.join(part for part in parts if part)

    def description(self) -> str:
        category, brand = self.item.category, self.item.brand
        text = pick(self.rng, self.voice.descriptions[self.locale]).format(
            brand=brand.zh if self.in_chinese else brand.name,
            model=self.item.model,
            lead=self.gap.join(self._say_all(category.lead)),
            one=self.one,
            praise=self._phrase(category.praise),
            more=self._phrase(category.more),
            facts=self._facts(),
            also=self._keywords(),
        )
        return re.sub(r" +", " ", text).strip()

    def _phrase(self, pairs: tuple[tuple[str, str], ...]) -> str:
        return pick(self.rng, pairs)[self.in_chinese]

    def _keywords(self) -> str:
        words = self.item.category.zh_also if self.in_chinese else self.item.category.also
        chosen = pick_some(self.rng, words, 3)
        return " ".join(chosen if self.in_chinese else map(titled, chosen))

    def _say_all(self, names: tuple[str, ...]) -> list[str]:
        """The stated ones of these attributes, spoken, without those that go without saying."""
        stated = {name: self.stated[name] for name in names if name in self.stated}
        spoken = (
            say(self.item.category.attributes[name], value, self.locale)
            for name, value in stated.items()
            if value not in _UNSPOKEN
        )
        return [words for words in spoken if words]

    def _facts(self) -> str:
        """ "Material: Cotton; Length: 18 cm." for some of the attributes."""
        facts = [
            self._fact(self.item.category.attributes[name], value)
            for name, value in self.stated.items()
            if value is not False
        ]
        facts = sorted(pick_some(self.rng, facts, self.voice.facts), key=facts.index)
        if self.in_chinese:
            return "；".join(facts) + "。" if facts else ""
        return "; ".join(facts) + "." if facts else ""

    def _fact(self, attribute: Attribute, value: AttributeValue) -> str:
        """ "Length: 18 cm": the unit moves from the attribute's name behind the number."""
        values = value if isinstance(value, tuple) else (value,)
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
