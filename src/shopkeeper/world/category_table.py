"""How does a ``[[category]]`` table become a category? Its keys are checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, product
from pathlib import Path
from typing import get_args

from shopkeeper.knowledge import MadeAs
from shopkeeper.world.table import Table
from shopkeeper.world.vocabulary import (
    Attribute,
    Brand,
    Category,
    Chance,
    Choice,
    Group,
    Limits,
    OneOf,
    Span,
)

HERE = Path(__file__).parent


def read_category(
    table: Table,
    file: Table,
    attributes: Mapping[str, Attribute],
    palettes: Mapping[str, tuple[str, ...]],
    brands: tuple[Brand, ...],
    homes: Mapping[str, str],
    groups: Mapping[str, Group],
) -> Category:
    has_table = table.table("has")
    has = {name: _read_choice(has_table, name, attributes, palettes) for name in has_table.data}
    fits = table.text("fits", None)
    if fits is not None and fits not in homes:
        raise table.fail("fits", f"{fits!r}", "the name of a category")
    linked = ("fits",) if fits else ()
    if fits and "fits" not in attributes:
        raise table.fail("fits", "no such attribute", "one of kind link in words/attributes.toml")
    fits_as = table.text("fits_as", "accessory")
    if fits_as not in get_args(MadeAs):
        raise table.fail("fits_as", f"{fits_as!r}", f"one of {', '.join(get_args(MadeAs))}")
    holds = table.texts("holds", [])
    for held in holds:
        if held not in homes:
            raise table.fail("holds", f"{held!r}", "the name of a category")
    group = groups.get(table.text("name"))
    if group is None:
        raise table.fail("name", "in no group", f"a [groups] table of {file.file} that lists it")
    variant_table = table.table("variants", {})
    category = Category(
        name=table.text("name"),
        zh=table.text("zh"),
        department=file.text("name"),
        department_zh=file.text("zh"),
        group=group.name,
        one=table.text("one"),
        zh_one=table.text("zh_one", table.text("zh")),
        also=table.texts("also"),
        zh_also=table.texts("zh_also"),
        shape=table.text("shape"),
        share=table.number("share", 1.0),
        price=_read_price(table),
        price_follows=table.text("price_follows", None),
        fits=fits,
        fits_as=fits_as,
        holds=holds,
        lead=table.texts("lead"),
        tail=table.texts("tail"),
        has=has,
        attributes={name: attributes[name] for name in (*has, *linked)},
        only=_read_limits(table.table("only", {}), has),
        variants={name: int(variant_table.number(name)) for name in variant_table.data},
        models=table.texts("models", list(file.texts("models"))),
        marks=table.texts("marks", list(file.texts("marks"))),
        adjectives=file.pairs("adjectives"),
        praise=table.pairs("praise"),
        more=file.pairs("praise"),
        brands=brands,
    )
    table.finish()
    _check_category(category, table)
    return category


def _read_price(table: Table) -> tuple[float, float, float]:
    price = table.get("price", list, "[low, typical, high]")
    if len(price) != 3 or not all(isinstance(p, (int, float)) for p in price):
        raise table.fail("price", f"{price!r}", "[low, typical, high]")
    low, typical, high = (float(p) for p in price)
    if not 0 < low < typical < high:
        raise table.fail("price", f"{price!r}", "0 < low < typical < high")
    return low, typical, high


def _read_choice(
    table: Table,
    name: str,
    attributes: Mapping[str, Attribute],
    palettes: Mapping[str, tuple[str, ...]],
) -> Choice:
    """What the category allows for attribute `name`, checked against the attribute's kind."""
    if name not in attributes:
        raise table.fail(name, "unknown attribute", "one of words/attributes.toml or this file")
    attribute, value = attributes[name], table.data[name]
    if attribute.kind == "flag":
        chance = table.number(name)
        if not 0 <= chance <= 1:
            raise table.fail(name, f"{chance}", "a probability, 0 … 1")
        return Chance(chance)
    if attribute.kind == "number":
        return _read_number(table, name)
    if attribute.kind == "link":
        raise table.fail(name, "a link", 'fits = "a category" beside [category.has]')
    if isinstance(value, str):
        if name != "colour" or value not in palettes:
            raise table.fail(name, f"{value!r}", f"a list, or one of {', '.join(palettes)}")
        return OneOf(palettes[value])
    values = table.texts(name)
    for text in values:
        if text not in attribute.values:
            raise table.fail(name, f"{text!r}", f"one of {', '.join(attribute.values)}")
    if not values:
        raise table.fail(name, "no value", "at least one")
    return OneOf(values)


def _read_number(table: Table, name: str) -> OneOf | Span:
    value = table.data[name]
    if isinstance(value, list):
        if not value or not all(isinstance(n, (int, float)) for n in value):
            raise table.fail(name, f"{value!r:.60}", "a list of numbers")
        return OneOf(tuple(float(n) for n in value))
    span = table.table(name)
    low, high, step = (span.number(key) for key in ("low", "high", "step"))
    follows = span.text("follows", None)
    span.finish()
    if not (low < high and step > 0):
        raise table.fail(name, f"{value!r:.60}", "low < high and step > 0")
    if follows is not None:
        leader = table.data.get(follows)
        if leader is None or (isinstance(leader, dict) and "follows" in leader):
            raise span.fail("follows", f"{follows!r}", "an attribute here that follows no other")
    return Span(low, high, step, follows)


def _read_limits(file: Table, has: Mapping[str, Choice]) -> dict[str, dict[str, Limits]]:
    """``[only.material] "Sterling silver" = { colour = ["Silver"] }``: material stands first."""
    picks = {name: choice.values for name, choice in has.items() if isinstance(choice, OneOf)}
    order = list(picks)
    limits: dict[str, dict[str, Limits]] = {}
    for holder, values in file.tables():
        if holder not in picks:
            raise file.fail(holder, "cannot narrow another", "an attribute here with a list")
        for value, table in values.tables():
            if value not in picks[holder]:
                raise values.fail(value, "not a value here", f"one of {picks[holder]}")
            narrowed = {name: table.texts(name) for name in table.data}
            for name, allowed in narrowed.items():
                if name not in order[order.index(holder) + 1 :]:
                    raise table.fail(name, "cannot be narrowed", f"a list after {holder!r}")
                if not allowed or not set(allowed) <= set(picks[name]):
                    raise table.fail(name, f"{allowed!r}", "some of the values it has")
            limits.setdefault(holder, {})[value] = narrowed
    _check_limits(limits, file)
    return limits


def _check_limits(limits: Mapping[str, Mapping[str, Limits]], file: Table) -> None:
    """Two values that may come together leave something of what both narrow."""
    for (one, ones), (other, others) in combinations(limits.items(), 2):
        for (value, first), (beside, second) in product(ones.items(), others.items()):
            if beside in first.get(other, (beside,)) and value in second.get(one, (value,)):
                for name in first.keys() & second.keys():
                    if set(first[name]).isdisjoint(second[name]):
                        what = f"nothing is left beside {one} {value!r}"
                        raise file.fail(f"{other}.{beside}.{name}", what, "a value that both leave")


def _check_category(category: Category, table: Table) -> None:
    """The references between a category's own keys, and that somebody makes it."""
    if not category.brands:
        raise table.fail("name", "no brand makes it", "a brand under [brands] that does")
    for key in ("lead", "tail"):
        for name in getattr(category, key):
            if name not in category.attributes:
                raise table.fail(key, f"{name!r}", "an attribute under [category.has]")
    if category.price_follows is not None and category.price_follows not in category.has:
        raise table.fail("price_follows", f"{category.price_follows!r}", "an attribute it has")
    for name in category.variants:
        if name not in category.has or category.attributes[name].kind != "text":
            raise table.fail("variants", f"{name!r}", "a text attribute under [category.has]")
    if "colour" not in category.has:
        raise table.fail("has.colour", "missing", "colours, which its pictures are drawn in")
    if not (HERE / "shapes" / f"{category.shape}.svg").is_file():
        raise table.fail("shape", f"{category.shape!r}", "the name of a file in shapes/")
