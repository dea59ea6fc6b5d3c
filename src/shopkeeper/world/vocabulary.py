"""What is sold, and in which words? The records that the vocabulary's data files become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shopkeeper.knowledge import KnowledgeGraph, MadeAs

ENGLISH, CHINESE = "en", "zh-Hans"
"""The locales of every text here."""

AttributeKind: TypeAlias = Literal["text", "texts", "number", "flag", "link"]
"""One value · one to three values · a number · yes or no · the name of another product."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A property of goods and how it is spoken. A number's unit stands in its name, in brackets."""

    name: str
    kind: AttributeKind
    zh: str
    values: Mapping[str, str]
    """Of a text: each value with its Chinese form. Empty for every other kind."""
    say: str
    """How an English title speaks it, ``{}`` standing for the value."""
    say_zh: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these values; earlier ones are more common."""

    values: tuple[str | float, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A number in low … high on a grid of `step`.

    With `follows`, it grows along with that other attribute instead of being drawn alone.
    """

    low: float
    high: float
    step: float
    follows: str | None = None


@dataclass(frozen=True, slots=True)
class Chance:
    """A flag that is true with this probability."""

    probability: float


Choice: TypeAlias = OneOf | Span | Chance
"""What an attribute may be in one category."""

Limits: TypeAlias = Mapping[str, tuple[str, ...]]
"""Attributes and what is left of their values."""

Pair: TypeAlias = tuple[str, str]
"""The same phrase in English and in Chinese."""


@dataclass(frozen=True, slots=True)
class Colour:
    name: str
    zh: str
    family: str
    """The basic colour that a shopper types: "green" for forest green."""
    hex: str


@dataclass(frozen=True, slots=True)
class Brand:
    name: str
    zh: str
    tier: str
    factor: float
    """What the tier does to a price: below 1 is cheaper than typical."""
    makes: tuple[str, ...]
    """Departments (the name of their file) and categories."""


@dataclass(frozen=True, slots=True)
class Group:
    """The level between department and category: its leaves are siblings."""

    name: str
    zh: str
    also: tuple[str, ...]
    """What shoppers call all of it, the most common word first."""
    zh_also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Category:
    """A leaf of the tree: everything needed to make one of its products."""

    name: str
    zh: str
    department: str
    department_zh: str
    group: str
    one: str
    """The noun in an English title."""
    zh_one: str
    """The noun in a Chinese title."""
    also: tuple[str, ...]
    """What it is called, the most common word first; without what is held out."""
    zh_also: tuple[str, ...]
    shape: str
    """The silhouette that its pictures show: a file of ``shapes/``."""
    share: float
    """Products in the category, relative to the others."""
    price: tuple[float, float, float]
    """Lowest, typical and highest price, in dollars."""
    price_follows: str | None
    """The attribute that makes the product dearer."""
    fits: str | None
    """Of an accessory or spare part: the category whose products it fits."""
    fits_as: MadeAs
    holds: tuple[str, ...]
    """Of a bundle: the categories in it."""
    lead: tuple[str, ...]
    """Attributes that a title names before the noun, in this order."""
    tail: tuple[str, ...]
    """Attributes that a title names after the noun."""
    has: Mapping[str, Choice]
    attributes: Mapping[str, Attribute]
    """Definition of each attribute in `has`, and of ``fits``."""
    only: Mapping[str, Mapping[str, Limits]]
    """By attribute and value, what that value leaves of later ones: sterling silver is silver."""
    variants: Mapping[str, int]
    """Attributes that a product offers in several values, and how many at most."""
    models: tuple[str, ...]
    marks: tuple[str, ...]
    """What may follow a model's name: "Pro", "2"."""
    adjectives: tuple[Pair, ...]
    praise: tuple[Pair, ...]
    """Sentences without full stop that only fit this category."""
    more: tuple[Pair, ...]
    """Sentences that fit the whole department."""
    brands: tuple[Brand, ...]
    """Who makes it, the most common first."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One way in which merchants write; templates by locale."""

    name: str
    share: float
    facts: int
    """How many attributes a description names at most."""
    commas: Mapping[str, str]
    """What joins the parts of a title."""
    titles: Mapping[str, tuple[str, ...]]
    descriptions: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Goods:
    """The whole vocabulary."""

    categories: tuple[Category, ...]
    brands: tuple[Brand, ...]
    colours: Mapping[str, Colour]
    families: Mapping[str, str]
    """Basic colours with their Chinese names."""
    near: Mapping[str, tuple[str, ...]]
    """By basic colour, those that come close to it."""
    voices: tuple[Voice, ...]
    textures: Mapping[str, str]
    """What a picture draws on each material; a material that is absent is smooth."""
    knowledge: KnowledgeGraph

    def category(self, name: str) -> Category:
        return next(c for c in self.categories if c.name == name)
