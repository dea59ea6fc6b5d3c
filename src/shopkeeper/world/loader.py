"""How do the data files become the vocabulary?

``goods/<department>.toml`` holds a department: its names, its models and phrases, attributes of
its own, and a ``[[category]]`` for each leaf, whose keys are the fields of vocabulary.Category.
What is known about them stands in the same file and is read by lore.py. ``words/*.toml`` holds what
departments share. The head of each file says what its keys mean.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import get_args

from shopkeeper.knowledge import MadeAs
from shopkeeper.records import RESERVED_FIELDS, InvalidRecord
from shopkeeper.world.lore import read_groups, read_lore
from shopkeeper.world.table import Table
from shopkeeper.world.vocabulary import (
    Attribute,
    AttributeKind,
    Brand,
    Category,
    Chance,
    Choice,
    Colour,
    Goods,
    Group,
    Limits,
    OneOf,
    Span,
    Voice,
)

HERE = Path(__file__).parent
_NAMES = ("brand", "model", "lead", "one", "also")
SLOTS = {
    "title": frozenset((*_NAMES, "tail", "specs", "comma", "adjective")),
    "description": frozenset((*_NAMES, "praise", "more", "facts")),
}
"""What a voice's templates may name."""


def load_goods(folder: Path | None = None) -> Goods:
    """Read ``words/*.toml`` and ``goods/*.toml`` of `folder`; None: the ones that ship.

    Raises InvalidRecord that names file and key: a missing or unknown key, a value of the wrong
    kind, a colour, attribute, category or shape that is not defined.
    """
    return _shipped() if folder is None else _read_goods(folder)


@cache
def _shipped() -> Goods:
    return _read_goods(HERE)


def _read_goods(folder: Path) -> Goods:
    families, colours, palettes, near = _read_colours(_open(folder / "words" / "colours.toml"))
    colour_names = {name: colour.zh for name, colour in colours.items()}
    words = _open(folder / "words" / "attributes.toml")
    shared = _read_attributes(words.table("attributes"), colour_names)
    textures = _open(folder / "words" / "looks.toml").table("textures")
    files = {path.stem: _open(path) for path in sorted((folder / "goods").glob("*.toml"))}
    if not files:
        raise InvalidRecord("no department", where="goods/*.toml", expected="at least one file")
    homes = {
        str(entry.get("name")): stem
        for stem, file in files.items()
        for entry in file.data.get("category", ())
    }
    brands = _read_brands(_open(folder / "words" / "tiers.toml"), files, homes)
    for file in files.values():
        _add_values(file.table("values", {}), shared)
    categories: list[Category] = []
    attributes = dict(shared)
    for stem, file in files.items():
        own = _read_attributes(file.table("attributes", {}), colour_names, shared)
        groups = read_groups(file)
        for group in {group.name for group in groups.values()} & {c.group for c in categories}:
            raise file.fail(f"groups.{group}", "defined twice", "a new group")
        for entry in file.get("category", list, "[[category]] tables"):
            table = Table(entry, file.file, f"category {entry.get('name', '?')}")
            name = str(entry.get("name"))
            if any(name == category.name for category in categories):
                raise table.fail("name", "defined twice", "a new category")
            by = tuple(brand for brand in brands[stem] if {stem, name} & set(brand.makes))
            categories.append(_read_category(table, file, own, palettes, by, homes, groups))
        _merge(attributes, own, file)
    known = read_lore(files, categories, attributes, families, colours)
    for file in files.values():
        file.finish()
    held_out = {(a.kind, a.target, a.text) for a in known.aliases if a.is_held_out}
    return Goods(
        categories=tuple(_without(held_out, category) for category in categories),
        brands=tuple({brand.name: brand for made in brands.values() for brand in made}.values()),
        knowledge=known,
        colours=colours,
        families=families,
        near=near,
        voices=_read_voices(_open(folder / "words" / "voices.toml")),
        textures={material: textures.text(material) for material in textures.data},
    )


def _open(path: Path) -> Table:
    name = f"{path.parent.name}/{path.name}"
    try:
        return Table(tomllib.loads(path.read_text("utf-8")), name)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InvalidRecord(f"cannot be read ({error})", where=name, expected="TOML") from None


def _read_colours(
    file: Table,
) -> tuple[
    dict[str, str], dict[str, Colour], dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]
]:
    """Basic colours, all colours, palettes, and by basic colour those that come close."""
    family_table = file.table("families")
    families = {name: family_table.text(name) for name in family_table.data}
    colours = {}
    for name, table in file.table("colours").tables():
        colour = Colour(name, table.text("zh"), table.text("family"), table.text("hex"))
        if not re.fullmatch("#[0-9a-f]{6}", colour.hex):
            raise table.fail("hex", f"{colour.hex!r}", "a colour as in #2f5f45")
        if colour.family not in families:
            raise table.fail("family", f"{colour.family!r}", f"one of {', '.join(families)}")
        table.finish()
        colours[name] = colour
    palette_table = file.table("palettes")
    palettes = {name: palette_table.texts(name) for name in palette_table.data}
    for name, members in palettes.items():
        for member in members:
            if member not in colours:
                raise palette_table.fail(name, f"colour {member!r}", "a name under [colours]")
    near_table = file.table("near")
    near = {family: near_table.texts(family) for family in near_table.data}
    for family in {*near, *(other for others in near.values() for other in others)}:
        if family not in families:
            raise near_table.fail(family, "no family", f"one of {', '.join(families)}")
    file.finish()
    return families, colours, palettes, near


def _read_attributes(
    file: Table, colours: Mapping[str, str], known: Mapping[str, Attribute] | None = None
) -> dict[str, Attribute]:
    """The attributes defined here, on top of the `known` ones, which none may redefine."""
    attributes = dict(known or {})
    for name, table in file.tables():
        if name in attributes or name in RESERVED_FIELDS:
            raise file.fail(name, "defined twice or reserved", "a new attribute name")
        kind = table.text("kind")
        if kind not in get_args(AttributeKind):
            raise table.fail("kind", f"{kind!r}", f"one of {', '.join(get_args(AttributeKind))}")
        values: Mapping[str, str] = {}
        if kind in ("text", "texts"):
            if table.data.get("values") == "colours":
                values = colours
                table.asked.add("values")
            else:
                value_table = table.table("values")
                values = {value: value_table.text(value) for value in value_table.data}
        say, say_zh = table.text("say", "{}"), table.text("say_zh", "{}")
        attributes[name] = Attribute(name, kind, table.text("zh"), values, say, say_zh)
        table.finish()
    return attributes


def _merge(known: dict[str, Attribute], own: Mapping[str, Attribute], file: Table) -> None:
    """One attribute per name over all departments: of the same kind, with the values of all."""
    for name, attribute in own.items():
        other = known.setdefault(name, attribute)
        if other.kind != attribute.kind:
            raise file.fail(f"attributes.{name}", attribute.kind, f"{other.kind}, as elsewhere")
        known[name] = replace(other, values={**other.values, **attribute.values})


def _add_values(file: Table, shared: dict[str, Attribute]) -> None:
    """A department's further values for attributes that departments share."""
    for name, table in file.tables():
        if name not in shared or shared[name].kind not in ("text", "texts"):
            raise file.fail(name, "no shared text attribute", "one of words/attributes.toml")
        values = dict(shared[name].values)
        for value in table.data:
            if values.setdefault(value, table.text(value)) != table.text(value):
                raise table.fail(value, "defined twice", f"{values[value]!r} as elsewhere")
        shared[name] = replace(shared[name], values=values)


def _read_brands(
    tier_file: Table, files: Mapping[str, Table], homes: Mapping[str, str]
) -> dict[str, tuple[Brand, ...]]:
    """By department's file, the brands that may make its goods: those at home there first."""
    tiers = {name: tier_file.number(name) for name in tier_file.data}
    at_home: dict[str, list[Brand]] = {stem: [] for stem in files}
    names: dict[str, str] = {}
    for stem, file in files.items():
        for name, table in file.table("brands", {}).tables():
            tier = table.text("tier")
            if tier not in tiers:
                raise table.fail("tier", f"{tier!r}", f"one of {', '.join(tiers)}")
            if name in names:
                raise table.fail("", f"{name!r}", f"a new brand, it is in {names[name]}")
            makes = table.texts("makes", [stem])
            for made in makes:
                if made not in files and made not in homes:
                    raise table.fail("makes", f"{made!r}", "a department's file or a category")
            names[name] = file.file
            at_home[stem].append(Brand(name, table.text("zh"), tier, tiers[tier], makes))
            table.finish()
    brands = [(stem, brand) for stem, made in at_home.items() for brand in made]
    return {
        stem: tuple(brand for home, brand in sorted(brands, key=lambda pair: pair[0] != stem))
        for stem in files
    }


def _read_category(
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


def _without(held_out: Collection[tuple[str, str, str]], category: Category) -> Category:
    """Merchants do not write what is held out from training."""
    also, zh_also = (
        tuple(word for word in words if ("category", category.name, word) not in held_out)
        for words in (category.also, category.zh_also)
    )
    return replace(category, also=also, zh_also=zh_also)


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


def _read_voices(file: Table) -> tuple[Voice, ...]:
    voices = []
    for name, table in file.tables():
        forms = {
            key: table.texts(key) for key in ("title", "title_zh", "description", "description_zh")
        }
        for key, templates in forms.items():
            slots = {slot for t in templates for _, slot, _, _ in string.Formatter().parse(t)}
            known = SLOTS[key.removesuffix("_zh")]
            for slot in slots - {None} - known:
                raise table.fail(key, f"slot {slot!r}", f"one of {', '.join(sorted(known))}")
        voices.append(
            Voice(
                name,
                table.number("share"),
                int(table.number("facts")),
                {"en": table.text("comma"), "zh-Hans": table.text("comma_zh")},
                {"en": forms["title"], "zh-Hans": forms["title_zh"]},
                {"en": forms["description"], "zh-Hans": forms["description_zh"]},
            )
        )
        table.finish()
    return tuple(voices)
