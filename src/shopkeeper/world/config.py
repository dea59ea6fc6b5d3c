"""Which dials does a world have? Checked when they are set: a mistake names its dial."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from shopkeeper.records import InvalidRequest


@dataclass(frozen=True, slots=True)
class GoodsDials:
    """How merchants write and stock. Every dial is a probability, 0 … 1."""

    chinese: float = 0.35
    """A product has Chinese texts beside the English ones."""
    omit: float = 0.2
    """An attribute is left out of the structured data; the texts may still name it."""
    wrong: float = 0.01
    """An attribute is stated wrongly, everywhere, as another value of its category."""
    typo: float = 0.02
    """The English title has a misspelt word."""
    sold_out: float = 0.05
    """A variant has no stock."""
    unrated: float = 0.1
    """A product has no rating yet."""

    def __post_init__(self) -> None:
        _check_probabilities(self, [dial.name for dial in fields(self)])


@dataclass(frozen=True, slots=True)
class QueryDials:
    """What is asked for, and in which words."""

    searches: int = 40_000
    """How many searches the book of queries is counted from, 100 or more: it decides how long the
    tail is."""
    demand: float = 1.4
    """Categories are wanted like 1 / place to this power, 0 … 3."""
    slots: tuple[float, ...] = (0.5, 0.42, 0.08)
    """Weights of 0, 1, 2 … wishes beside the category."""
    brevity: float = 0.45
    """A value is worth naming in spite of each word beyond its first."""
    branded: float = 0.35
    """One of the wishes is a brand."""
    priced: float = 0.04
    """A price limit is named."""
    grouped: float = 0.05
    """The word is that of a whole group: "cookware"."""
    negation: float = 0.01
    alternative: float = 0.01
    question: float = 0.01
    knowledge: float = 0.02
    """Shares of the hard types; the rest is general."""
    nicknames: float = 0.4
    """A knowledge query speaks of a nickname, rather than a need."""
    shopper_words: float = 0.17
    """Another word than a thing's common name is used, where there is one."""
    typo: float = 0.035
    """An English query has a misspelt word."""
    chinese: float = 0.15
    """A query is in Chinese."""
    mixed: float = 0.2
    """A word of a Chinese query is said in English."""
    capitals: float = 0.03
    """An English query has capitals."""
    hyphens: float = 0.2
    """An English query keeps its hyphens."""

    def __post_init__(self) -> None:
        skipped = ("searches", "demand", "slots")
        _check_probabilities(self, [dial.name for dial in fields(self) if dial.name not in skipped])
        _check_whole(self, "searches", 100, 10**9)
        _check_range(self, "demand", 0, 3)
        _check_numbers(self, "slots", 0, 10**9)
        if not sum(self.slots):
            raise InvalidRequest(f"slots {self.slots!r}", expected="weights, not all of them 0")
        if self.negation + self.alternative + self.question + self.knowledge > 1:
            raise InvalidRequest("hard types of more than 1 together", expected="at most 1")


@dataclass(frozen=True, slots=True)
class ShopperDials:
    """Who shops, and how often."""

    days: int = 28
    """How long the log is; 2 … 366."""
    sessions: float = 3.0
    """Visits with a search per shopper in that time, on average; 0 … 100."""
    activity: float = 0.9
    """How unevenly shoppers visit: the standard deviation of the log of their rates; 0 … 3."""
    feeds: float = 0.5
    """Recommendation feeds per visit with a search, on average; 0 … 20."""
    drift: float = 0.5
    """A shopper's interests change once within the log."""
    focus: float = 0.85
    """A search is about one of the shopper's own interests."""

    def __post_init__(self) -> None:
        _check_whole(self, "days", 2, 366)
        _check_range(self, "sessions", 0, 100)
        _check_range(self, "activity", 0, 3)
        _check_range(self, "feeds", 0, 20)
        _check_probabilities(self, ["drift", "focus"])


@dataclass(frozen=True, slots=True)
class BehaviourDials:
    """What a shopper does with a page. Weights stand in log-odds."""

    examined: tuple[float, ...] = (0.98, 0.8, 0.66, 0.56, 0.48, 0.42, 0.37, 0.33, 0.3, 0.28)
    """Probability that a position of the page is looked at, from 0 on; as many as a page has."""
    click: tuple[float, float, float, float] = (-6.0, -4.0, -2.6, -1.4)
    """Log-odds of a click on what is looked at, by grade of the listing 1 … 4."""
    buy: tuple[float, float, float, float] = (-7.0, -4.0, -2.6, -1.5)
    """Log-odds of buying what was clicked, by grade of the product itself 1 … 4."""
    taste: float = 1.2
    """Weight of how well the product's style suits the shopper, −1 … 1."""
    brand: float = 1.0
    """Weight of being one of the shopper's favourite brands."""
    price: float = 0.8
    """Weight of a price above the category's usual one, for a shopper who minds it fully."""
    appeal: float = 1.0
    """Weight of a well-made picture, −½ … ½; clicks only."""
    quality: float = 2.0
    """Weight of the hidden quality, −½ … ½; purchases only."""
    cart: float = 1.2
    """How much likelier a cart is than a purchase, in log-odds."""
    later: float = 0.35
    """A purchase happens later, through another door."""
    again: float = 0.45
    """A page without purchase is followed by another search."""
    same_need: float = 0.45
    """That search asks for the same in other words."""
    refine: float = 0.3
    """It asks for something else of the same category; otherwise for something quite different."""
    repeat: float = 0.1
    """A purchase is repeated within the log."""

    def __post_init__(self) -> None:
        _check_probabilities(self, ["later", "again", "same_need", "refine", "repeat"])
        for name in ("taste", "brand", "price", "appeal", "quality", "cart"):
            _check_range(self, name, 0, 20)
        _check_numbers(self, "examined", 0, 1)
        for name in ("click", "buy"):
            _check_numbers(self, name, -50, 50, count=4)
        if self.same_need + self.refine > 1:
            raise InvalidRequest("same_need + refine above 1", expected="at most 1")


@dataclass(frozen=True, slots=True)
class PolicyDials:
    """How the logged engine orders what it found."""

    window: int = 40
    """Products that are ordered, 10 or more; a page shows the first of them."""
    explore: float = 0.25
    """A page's window is shuffled evenly; otherwise it stands in the engine's order."""
    unexposed: int = 20
    """Candidates not shown that are sampled into the log, 0 or more."""

    def __post_init__(self) -> None:
        _check_whole(self, "window", 10, 1_000)
        _check_probabilities(self, ["explore"])
        _check_whole(self, "unexposed", 0, 1_000)


@dataclass(frozen=True, slots=True)
class WorldConfig:
    """All dials of a marketplace."""

    goods: GoodsDials = field(default_factory=GoodsDials)
    queries: QueryDials = field(default_factory=QueryDials)
    shoppers: ShopperDials = field(default_factory=ShopperDials)
    behaviour: BehaviourDials = field(default_factory=BehaviourDials)
    policy: PolicyDials = field(default_factory=PolicyDials)


def _check_probabilities(dials: object, names: list[str]) -> None:
    for name in names:
        _check_range(dials, name, 0, 1)


def _check_range(dials: object, name: str, low: float, high: float) -> None:
    value: Any = getattr(dials, name)
    if not _is_within(value, low, high):
        raise InvalidRequest(f"{name} {value!r}", expected=f"{low:,} … {high:,}")


def _check_whole(dials: object, name: str, low: int, high: int) -> None:
    value: Any = getattr(dials, name)
    if not (isinstance(value, int) and _is_within(value, low, high)):
        raise InvalidRequest(f"{name} {value!r}", expected=f"a whole number, {low:,} … {high:,}")


def _check_numbers(
    dials: object, name: str, low: float, high: float, count: int | None = None
) -> None:
    """A list of `count` numbers; None: of one or more."""
    values: Any = getattr(dials, name)
    is_list = isinstance(values, tuple) and len(values) in ((count,) if count else range(1, 10**6))
    if not is_list or not all(_is_within(value, low, high) for value in values):
        size = f"{count} numbers" if count else "a list of numbers"
        raise InvalidRequest(f"{name} {values!r}", expected=f"{size}, {low:,} … {high:,}")


def _is_within(value: object, low: float, high: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return low <= value <= high
