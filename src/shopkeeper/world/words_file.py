"""Which words do departments share? Colours, attributes, brands and voices, from their tables."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

from shopkeeper.records import RESERVED_FIELDS
from shopkeeper.world.table import Table
from shopkeeper.world.vocabulary import Attribute, AttributeKind, Brand, Colour, Voice

_NAMES = ("brand", "model", "lead", "one", "also")
SLOTS = {
    "title": frozenset((*_NAMES, "tail", "specs", "comma", "adjective")),
    "description": frozenset((*_NAMES, "praise", "more", "facts")),
}
"""What a voice's templates may name."""


def read_colours(
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


def read_attributes(
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


def merge_attributes(
    known: dict[str, Attribute], own: Mapping[str, Attribute], file: Table
) -> None:
    """One attribute per name over all departments: of the same kind, with the values of all."""
    for name, attribute in own.items():
        other = known.setdefault(name, attribute)
        if other.kind != attribute.kind:
            raise file.fail(f"attributes.{name}", attribute.kind, f"{other.kind}, as elsewhere")
        known[name] = replace(other, values={**other.values, **attribute.values})


def add_values(file: Table, shared: dict[str, Attribute]) -> None:
    """A department's further values for attributes that departments share."""
    for name, table in file.tables():
        if name not in shared or shared[name].kind not in ("text", "texts"):
            raise file.fail(name, "no shared text attribute", "one of words/attributes.toml")
        values = dict(shared[name].values)
        for value in table.data:
            if values.setdefault(value, table.text(value)) != table.text(value):
                raise table.fail(value, "defined twice", f"{values[value]!r} as elsewhere")
        shared[name] = replace(shared[name], values=values)


def read_brands(
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


def read_voices(file: Table) -> tuple[Voice, ...]:
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
