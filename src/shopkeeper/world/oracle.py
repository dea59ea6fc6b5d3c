"""What is true about a search of a person's own? Implements ``records.simulation.Simulation``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from shopkeeper.knowledge import (
    RULES,
    Aspect,
    AttributeRelation,
    CategoryRelation,
    Intent,
    QueryReader,
    Rule,
    Slot,
)
from shopkeeper.records import Query
from shopkeeper.records.simulation import ExampleShopper, JudgedProduct, QueryTruth, ReadBy
from shopkeeper.world.market import Market
from shopkeeper.world.shelves import Aisle, TextColumn
from shopkeeper.world.shoppers import BLOCK, Shoppers
from shopkeeper.world.show import wish
from shopkeeper.world.truth import ATTRIBUTE_RELATIONS, CATEGORY_RELATIONS
from shopkeeper.world.vocabulary import CHINESE, ENGLISH
from shopkeeper.world.words import Askable

EXAMPLES = 10
"""Shoppers that are offered: those who come most often."""
_INTERESTS, _BRANDS = 3, 2
"""How many of each a summary names."""
_LISTED = 4
THRIFTY = 0.6
"""Above it a shopper minds the price."""

_RULES = tuple(RULES.values())
_FITS = {
    AttributeRelation.MATCH: "fits",
    AttributeRelation.UNKNOWN: "the listing does not say",
    AttributeRelation.SOFT_CONFLICT: "comes close",
    AttributeRelation.HARD_CONFLICT: "does not fit",
}


class Oracle:
    """Judges whatever is asked of a market, as its raters do: by what the listings say."""

    def __init__(self, market: Market, shoppers: int) -> None:
        """Of a market with so many shoppers; draws its book if nobody has."""
        self._market = market
        self._rows = {product_id: row for row, product_id in enumerate(market.shelves.ids)}
        self._meanings: dict[str, Intent] = {}
        for query in market.book.queries:  # the most frequent first
            self._meanings.setdefault(_key(query.text), query.asked.intent)
        self._reader = reader_of(market)
        self._shoppers = tuple(_examples(market, min(shoppers, BLOCK)))

    def shoppers(self) -> tuple[ExampleShopper, ...]:
        return self._shoppers

    def truth(self, query: Query, product_ids: Sequence[str]) -> QueryTruth:
        read_by, intent = self._meaning(query.text)
        if intent is None:
            return QueryTruth("nothing", "", ())
        known = [product_id for product_id in product_ids if product_id in self._rows]
        rows = np.array([self._rows[product_id] for product_id in known], dtype=np.int32)
        verdicts = self._market.truth.judge(intent, rows)
        shelves = self._market.shelves
        judged = []
        for at, product_id in enumerate(known):
            rule = _RULES[verdicts.rules[at]]
            category = shelves.aisles[shelves.aisle_of[rows[at]]].category
            relation = CATEGORY_RELATIONS[verdicts.categories[at]]
            fits = [ATTRIBUTE_RELATIONS[place] for place in verdicts.attributes[at]]
            reason = _reason(intent, rule, category, relation, fits)
            name = rule.grade.name.capitalize()
            judged.append(JudgedProduct(product_id, int(rule.grade), name, rule.id, reason))
        return QueryTruth(read_by, _in_words(intent), tuple(judged))

    def _meaning(self, text: str) -> tuple[ReadBy, Intent | None]:
        """The gold of the book where it has the query, otherwise a reading."""
        intent = self._meanings.get(_key(text))
        if intent is not None:
            return "book", intent
        intent = self._reader.read(text)
        return ("words" if intent is not None else "nothing"), intent


def reader_of(market: Market) -> QueryReader:
    """Reads queries for what this market's goods are asked for."""
    askable = market.words.askable
    aspects = {
        aisle.category: tuple(
            _aspect(asked, aisle)
            for asked in askable[aisle.category]
            if asked.attribute in aisle.columns
        )
        for aisle in market.shelves.aisles
    }
    return QueryReader(market.graph, aspects)


def _aspect(asked: Askable, aisle: Aisle) -> Aspect:
    column = aisle.columns[asked.attribute]
    values = column.values if isinstance(column, TextColumn) else None
    is_said_alone = values is None or True in values
    return Aspect(
        asked.attribute,
        values,
        forms=tuple(form for form in asked.say.values() if form) if is_said_alone else (),
        near=asked.near,
        is_core=asked.is_core,
    )


def _key(text: str) -> str:
    return " ".join(text.casefold().split())


def _in_words(intent: Intent) -> str:
    """ "Tents; colour red (preference); price ..50"."""
    parts = [_listed(intent.categories), *map(wish, intent.slots)]
    if intent.anchor is not None:
        parts.append(f"instead of {intent.anchor}")
    return "; ".join(parts)


def _reason(
    intent: Intent,
    rule: Rule,
    category: str,
    relation: CategoryRelation,
    fits: Sequence[AttributeRelation],
) -> str:
    """One sentence: the kind of thing, then each wish."""
    match relation:
        case CategoryRelation.SAME:
            parts = ["The same kind"]
        case CategoryRelation.NEAR:
            parts = [f"A near kind ({category})"]
        case CategoryRelation.FAR:
            parts = [f"An unrelated kind ({category})"]
    if rule.id == "R1":  # then no wish matters
        return f"{parts[0]}."
    if rule.id == "R0":
        parts.append(f"but of {intent.anchor}, which is to be replaced")
    parts += [_standing(slot, how) for slot, how in zip(intent.slots, fits, strict=True)]
    return "; ".join(parts) + "."


def _standing(slot: Slot, how: AttributeRelation) -> str:
    """How a product stands to one wish."""
    label = slot.attribute
    if slot.is_negated and slot.values:
        label = f"no {' or '.join(map(str, slot.values))}"
    if how is AttributeRelation.SOFT_CONFLICT and not slot.is_core:
        return f"{label}: misses a preference"
    return f"{label}: {_FITS[how]}"


def _examples(market: Market, count: int) -> Iterator[ExampleShopper]:
    """Those of the first shoppers who come most often, by number."""
    shoppers = market.shoppers(0, count)
    often = np.argsort(-shoppers.rate, kind="stable")[:EXAMPLES]
    for who in np.sort(often):
        locale = CHINESE if shoppers.is_chinese[who] else ENGLISH
        summary = _summary(market, shoppers, int(who))
        yield ExampleShopper(f"s{shoppers.first + int(who):08d}", summary, locale)


def _summary(market: Market, shoppers: Shoppers, who: int) -> str:
    aisles, brands = market.shelves.aisles, market.shelves.brands
    interests = dict.fromkeys(aisles[at].category for at in shoppers.interests[who, 0])
    liked = dict.fromkeys(brands[at] for at in shoppers.favourites[who])
    parts = [
        f"Looks for {_listed(list(interests)[:_INTERESTS])}",
        f"likes {_listed(list(liked)[:_BRANDS])}",
    ]
    if shoppers.thrift[who] > THRIFTY:
        parts.append("minds the price")
    if shoppers.is_chinese[who]:
        parts.append("searches in Chinese")
    return "; ".join(parts) + "."


def _listed(names: Sequence[str]) -> str:
    """ "A", "A and B", "A, B and C"; of many the first ones and how many more."""
    if len(names) > _LISTED:
        return f"{', '.join(names[:_LISTED])} and {len(names) - _LISTED} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
