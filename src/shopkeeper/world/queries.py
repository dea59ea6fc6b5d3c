"""What might shoppers ask of these goods, and which products fit?

A first grammar of short queries. The gold comes from the items' attributes, never from their texts:
a product whose merchant forgot to say "waterproof" still fits when it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shopkeeper.world.chance import pick, pick_early, stream
from shopkeeper.world.item import Item
from shopkeeper.world.listing import CHINESE, ENGLISH, misspell, say
from shopkeeper.world.vocabulary import Chance, OneOf
from shopkeeper.world.world import World

QueryKind: TypeAlias = Literal["head", "attribute", "brand", "size", "misspelt", "chinese", "mixed"]
COUNTS: Mapping[QueryKind, int] = {
    "head": 110,
    "attribute": 90,
    "brand": 50,
    "size": 40,
    "misspelt": 40,
    "chinese": 60,
    "mixed": 30,
}
"""How many of each kind, where the goods allow as many."""
_QUERIES = 3
"""The stream of chance; the world's items and listings use 1 and 2."""
_TRIES = 20
"""Draws per wanted query before a kind gives up: small worlds repeat themselves."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What is wanted: one of these categories, perhaps a brand, and these attributes."""

    categories: frozenset[str]
    brand: str | None = None
    wants: tuple[tuple[str, str | float | bool], ...] = ()
    """Attribute and value; a colour is its family, so that forest green is green."""


@dataclass(frozen=True, slots=True)
class DemoQuery:
    """A query with its gold. The ids are sorted; there is at least one."""

    id: str
    text: str
    locale: str
    kind: QueryKind
    intent: Intent
    relevant: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """The line of ``queries.jsonl``: without the intent."""
        names = ("id", "text", "locale", "kind")
        return {**{name: getattr(self, name) for name in names}, "relevant": list(self.relevant)}


def fits(item: Item, intent: Intent, families: Mapping[str, str]) -> bool:
    """Whether the item is what the intent asks for; `families` maps colours to basic ones."""
    if item.category.name not in intent.categories or intent.brand not in (None, item.brand.name):
        return False
    return all(
        value in (families[str(v)] if name == "colour" else v for v in item.values(name))
        for name, value in intent.wants
    )


def demo_queries(world: World) -> tuple[DemoQuery, ...]:
    """A few hundred different queries over the world's products, the same for the same world."""
    grammar = _Grammar(world)
    queries: list[DemoQuery] = []
    for kind, count in COUNTS.items():
        texts = {query.text for query in queries}
        for text, intent in grammar.draw_queries(kind, count * _TRIES):
            if text not in texts:
                texts.add(text)
                queries.append(grammar.finish(f"q{len(queries):03d}", text, kind, intent))
            if sum(query.kind == kind for query in queries) == count:
                break
    return tuple(queries)


class _Grammar:
    """The goods as a shopper sees them, and the words for them."""

    def __init__(self, world: World) -> None:
        self.goods = world.goods
        self.items = tuple(world.items())
        self.rng = stream(world.seed, _QUERIES)
        self.families = {name: colour.family for name, colour in world.goods.colours.items()}
        self.called: dict[str, frozenset[str]] = {}
        for category in world.goods.categories:
            for word in (*category.also, *category.zh_also):
                self.called[word] = self.called.get(word, frozenset()) | {category.name}

    def finish(self, query_id: str, text: str, kind: QueryKind, intent: Intent) -> DemoQuery:
        relevant = tuple(item.id for item in self.items if fits(item, intent, self.families))
        assert relevant, "an intent is read off an item, which fits it"
        locale = CHINESE if kind in ("chinese", "mixed") else ENGLISH
        return DemoQuery(query_id, text, locale, kind, intent, relevant)

    def draw_queries(self, kind: QueryKind, tries: int) -> Iterator[tuple[str, Intent]]:
        """Texts with their intents, each read off a product that is drawn for it."""
        for _ in range(tries):
            item = pick(self.rng, self.items)
            made = self._draw_query(kind, item)
            if made is not None:
                yield made

    def _draw_query(self, kind: QueryKind, item: Item) -> tuple[str, Intent] | None:
        """None when this product has nothing that a query of the kind could ask for."""
        locale = CHINESE if kind in ("chinese", "mixed") else ENGLISH
        words = item.category.zh_also if locale == CHINESE else item.category.also
        word = pick_early(self.rng, words)
        if kind == "size":
            return self._with_value(item, word, _measures(item), locale)
        if kind == "attribute" or (kind == "chinese" and self.rng.random() < 0.5):
            return self._with_value(item, word, _traits(item), locale)
        if kind == "misspelt":
            typo = misspell(word, self.rng)
            return None if typo == word else (typo, Intent(self.called[word]))
        if kind in ("brand", "mixed"):
            brand = item.brand.name
            text = f"{brand if kind == 'mixed' else brand.lower()} {word}"
            return text, Intent(self.called[word], brand)
        return word, Intent(self.called[word])

    def _with_value(
        self, item: Item, word: str, names: Sequence[str], locale: str
    ) -> tuple[str, Intent] | None:
        """ "waterproof tent", "running shoes eu 42", "绿色帐篷"."""
        if not names:
            return None
        name = pick(self.rng, names)
        value = pick(self.rng, item.values(name))
        if name == "colour":
            value = self.families[str(value)]
            spoken = self.goods.families[value] if locale == CHINESE else value
        else:
            spoken = say(item.category.attributes[name], value, locale).lower()
        intent = Intent(self.called[word], wants=((name, value),))
        if locale == CHINESE:
            return f"{spoken}{word}", intent
        behind = name in item.category.tail and name != "colour"
        return (f"{word} {spoken}" if behind else f"{spoken} {word}"), intent


def _traits(item: Item) -> list[str]:
    """Attributes that narrow a query: spoken texts, flags that are on, and the colour."""
    return [
        name
        for name in (*item.category.lead, *item.category.tail)
        if item.values(name) not in ((), (False,))
        and (item.category.attributes[name].kind in ("text", "texts", "flag"))
        and _narrows(item, name)
    ]


def _measures(item: Item) -> list[str]:
    """Numbers from a short list, and the sizes that variants come in."""
    sizes = [name for name in item.category.variants if name != "colour"]
    numbers = [
        name
        for name in (*item.category.lead, *item.category.tail)
        if item.category.attributes[name].kind == "number"
        and isinstance(item.category.has.get(name), OneOf)
    ]
    return [name for name in (*sizes, *numbers) if item.values(name) and _narrows(item, name)]


def _narrows(item: Item, name: str) -> bool:
    """Whether products of the category differ in the attribute at all."""
    choice = item.category.has[name]
    if isinstance(choice, Chance):
        return 0 < choice.probability < 1
    return not isinstance(choice, OneOf) or len(choice.values) > 1
