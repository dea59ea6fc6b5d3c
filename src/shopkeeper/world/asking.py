"""What are the goods asked for, and in which words? The vocabulary, as shoppers use it."""

from __future__ import annotations

from collections.abc import Mapping

from shopkeeper.knowledge import Value
from shopkeeper.world.vocabulary import CHINESE, ENGLISH, Category, Goods
from shopkeeper.world.words import Askable, Words, words_of

PREFERENCES = frozenset(("colour", "pattern"))
"""Whoever misses these has missed a preference, not the point."""


def askables_of(goods: Goods) -> Mapping[str, tuple[Askable, ...]]:
    """By category: what titles name is asked for most, then the rest in the category's order."""
    return {category.name: _askables(category, goods) for category in goods.categories}


def goods_words(goods: Goods) -> Words:
    return words_of(goods.knowledge, askables_of(goods))


def _askables(category: Category, goods: Goods) -> tuple[Askable, ...]:
    near: dict[Value, tuple[Value, ...]] = {name: tuple(to) for name, to in goods.near.items()}
    names = dict.fromkeys((*category.lead, *category.tail, *category.has))
    return tuple(
        Askable(
            attribute=name,
            is_core=name not in PREFERENCES,
            is_behind=_is_behind(name, category),
            say={ENGLISH: attribute.say, CHINESE: attribute.say_zh},
            values=tuple(goods.families) if name == "colour" else None,
            near=near if name == "colour" else {},
        )
        for name in names
        if (attribute := category.attributes[name]).kind != "link"
        and (attribute.kind in {"text", "texts"} or attribute.say != "{}")
    )


def _is_behind(name: str, category: Category) -> bool:
    """As titles have it; "with …" and "for …" can stand nowhere else."""
    say = category.attributes[name].say.lower()
    return (name in category.tail and name != "colour") or say.startswith(("with ", "for "))
