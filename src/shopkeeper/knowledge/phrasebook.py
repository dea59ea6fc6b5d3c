"""Which words say what? Every word of a graph, and the turns of phrase around them, to look up.

A phrase is looked up as terms: words without case, accents and plural, Han characters one by one,
so that a text that mixes languages is read as it comes. In a phrase ``#`` stands for any number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, product
from typing import Literal, NamedTuple, TypeAlias

from shopkeeper.knowledge.graph import Alias, Concept, KnowledgeGraph, Unit
from shopkeeper.knowledge.intent import Value
from shopkeeper.text import HAN, fold, normalise, simplify, stemmer

NUMBER = "#"
_SOME_NUMBER = "31415926"
Terms: TypeAlias = tuple[str, ...]

_TERM = re.compile(
    rf"[{HAN}]|\d+(?:\.\d+)?|[^\W\d_{HAN}]+(?:'[^\W\d_{HAN}]+)?|[°\"]|(?<!\S)-(?=\w|$)"
)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")

_MOST = ("under", "below", "max", "up to", "at most", "less than", "no more than", "cheaper than")
_MOST_ZH = ("不超过", "最多", "低于")
_WITHIN_ZH = ("以内", "以下", "之内")
_MONEY, _MONEY_ZH = ("", " dollars", " usd", " bucks"), ("", "元", "块", "块钱", "美元", "刀")


@dataclass(frozen=True, slots=True)
class Aspect:
    """How goods of a category may be asked for by one attribute."""

    attribute: str
    values: tuple[Value, ...] | None = None
    """None: a number."""
    forms: tuple[str, ...] = ()
    """Words for a flag that is true; for a number with ``{}`` in its place, as in "{} dB"."""
    near: Mapping[Value, tuple[Value, ...]] = field(default_factory=dict)
    """By value, those that come close to it."""
    is_core: bool = True
    """False: a preference, that a product may miss and still be related."""


Aspects: TypeAlias = Mapping[str, Sequence[Aspect]]
"""By category; what is asked for most comes first."""

SenseKind: TypeAlias = Literal[
    "category", "group", "brand", "value", "form", "unit", "concept", "price", "not", "for",
    "instead", "asks",
]  # fmt: skip


_TURNS: Mapping[SenseKind, tuple[str, ...]] = {
    "not": ("without", "no", "not", "non", "except", "anything but", "nothing", "isn't", "-",
            "不要", "非", "不含", "不带", "不是", "别是", "除了"),
    "for": ("for", "with", "fits", "fit", "like"),
    "instead": ("dupe", "alternative", "cheaper", "similar to", "style", "平替", "类似", "同款"),
    "asks": ("what", "which", "how", "best", "什么", "哪些", "哪个", "怎么"),
}  # fmt: skip


class Sense(NamedTuple):
    """One of the things that a phrase may say."""

    kind: SenseKind
    target: str = ""
    """A category, group or department, brand, value, unit's symbol or concept's id."""
    attribute: str = ""
    """Of a value or form."""
    factor: float = 1.0
    """Of a unit: how many `target` one of it is."""
    is_limit: bool = False
    """Of a unit: at most so much."""


class Phrasebook(NamedTuple):
    senses: Mapping[Terms, tuple[Sense, ...]]
    longest: int
    """Terms in the longest phrase."""


def terms_of(text: str) -> Terms:
    """The terms of a text, in order; what stands between words is dropped."""
    plain = fold(simplify(normalise(_THOUSANDS.sub("", text))))
    return tuple(map(_term, _TERM.findall(plain)))


def write_phrasebook(graph: KnowledgeGraph, aspects: Aspects) -> Phrasebook:
    """Everything that a graph's words, and the forms of `aspects`, may say."""
    nodes = graph.taxonomy.nodes.values()
    senses: dict[Terms, dict[Sense, None]] = {}
    for phrase, sense in (
        *_turns(),
        *map(_alias, graph.aliases),
        *((name, Sense("group", name)) for node in nodes for name in (node.group, node.department)),
        *_concepts(graph.concepts),
        *_forms(aspects),
        *_units(graph.units),
    ):
        if terms := _terms_of_phrase(phrase):
            senses.setdefault(terms, {})[sense] = None
    longest = max(map(len, senses))
    return Phrasebook({terms: tuple(found) for terms, found in senses.items()}, longest)


def _terms_of_phrase(phrase: str) -> Terms:
    """The same, where ``{}`` stands for any number."""
    terms = terms_of(phrase.replace("{}", _SOME_NUMBER))
    return tuple(NUMBER if term == _SOME_NUMBER else term for term in terms)


def _term(word: str) -> str:
    return stemmer("plural")(word.removesuffix("'s"))


def _turns() -> Iterator[tuple[str, Sense]]:
    for kind, phrases in _TURNS.items():
        yield from ((phrase, Sense(kind)) for phrase in phrases)
    for limit in (*_limits(*_MONEY), *_limits_zh(*_MONEY_ZH)):
        yield limit, Sense("price")


def _limits(*units: str) -> Iterator[str]:
    return (f"{most} {{}}{unit}" for most, unit in product(_MOST, units))


def _limits_zh(*units: str) -> Iterator[str]:
    yield from (f"{most}{{}}{unit}" for most, unit in product(_MOST_ZH, units))
    yield from (f"{{}}{unit}{within}" for unit, within in product(units, _WITHIN_ZH))


def _alias(alias: Alias) -> tuple[str, Sense]:
    if alias.kind == "department":
        return alias.text, Sense("group", alias.target)
    return alias.text, Sense(alias.kind, alias.target, alias.attribute or "")


def _concepts(concepts: Sequence[Concept]) -> Iterator[tuple[str, Sense]]:
    for concept in concepts:
        yield from ((phrase.text, Sense("concept", concept.id)) for phrase in concept.phrases)


def _units(units: Sequence[Unit]) -> Iterator[tuple[str, Sense]]:
    """Amounts in every spelling of every unit, and limits to them."""
    says = {unit.symbol: {unit.symbol, *chain(*unit.says.values())} for unit in units}
    for unit in units:
        ways = {unit.symbol: 1.0}
        if unit.other is not None and unit.factor is not None:
            ways[unit.other] = unit.factor
        for symbol, factor in ways.items():
            exact = Sense("unit", unit.symbol, factor=factor)
            for word in says.get(symbol, {symbol}):
                yield f"{{}} {word}", exact
                for limit in (*_limits(f" {word}"), *_limits_zh(word)):
                    yield limit, exact._replace(is_limit=True)


def _forms(aspects: Aspects) -> Iterator[tuple[str, Sense]]:
    for each in aspects.values():
        for aspect in each:
            for form in aspect.forms:
                yield form, Sense("form", attribute=aspect.attribute)
