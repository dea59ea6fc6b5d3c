"""How do the data files become the vocabulary?

``goods/<department>.toml`` holds a department: its names, its models and phrases, attributes of
its own, and a ``[[category]]`` for each leaf, whose keys are the fields of vocabulary.Category.
What is known about them stands in the same file and is read by lore.py. ``words/*.toml`` holds what
departments share. The head of each file says what its keys mean.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import replace
from functools import cache
from pathlib import Path

from shopkeeper.records import InvalidRecord
from shopkeeper.world.category_table import read_category
from shopkeeper.world.lore import read_groups, read_lore
from shopkeeper.world.table import Table
from shopkeeper.world.vocabulary import Category, Goods
from shopkeeper.world.words_file import (
    add_values,
    merge_attributes,
    read_attributes,
    read_brands,
    read_colours,
    read_voices,
)

HERE = Path(__file__).parent


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
    families, colours, palettes, near = read_colours(_open(folder / "words" / "colours.toml"))
    colour_names = {name: colour.zh for name, colour in colours.items()}
    words = _open(folder / "words" / "attributes.toml")
    shared = read_attributes(words.table("attributes"), colour_names)
    textures = _open(folder / "words" / "looks.toml").table("textures")
    files = {path.stem: _open(path) for path in sorted((folder / "goods").glob("*.toml"))}
    if not files:
        raise InvalidRecord("no department", where="goods/*.toml", expected="at least one file")
    homes = {
        str(entry.get("name")): stem
        for stem, file in files.items()
        for entry in file.data.get("category", ())
    }
    brands = read_brands(_open(folder / "words" / "tiers.toml"), files, homes)
    for file in files.values():
        add_values(file.table("values", {}), shared)
    categories: list[Category] = []
    attributes = dict(shared)
    for stem, file in files.items():
        own = read_attributes(file.table("attributes", {}), colour_names, shared)
        groups = read_groups(file)
        for group in {group.name for group in groups.values()} & {c.group for c in categories}:
            raise file.fail(f"groups.{group}", "defined twice", "a new group")
        for entry in file.get("category", list, "[[category]] tables"):
            table = Table(entry, file.file, f"category {entry.get('name', '?')}")
            name = str(entry.get("name"))
            if any(name == category.name for category in categories):
                raise table.fail("name", "defined twice", "a new category")
            by = tuple(brand for brand in brands[stem] if {stem, name} & set(brand.makes))
            categories.append(read_category(table, file, own, palettes, by, homes, groups))
        merge_attributes(attributes, own, file)
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
        voices=read_voices(_open(folder / "words" / "voices.toml")),
        textures={material: textures.text(material) for material in textures.data},
    )


def _open(path: Path) -> Table:
    name = f"{path.parent.name}/{path.name}"
    try:
        return Table(tomllib.loads(path.read_text("utf-8")), name)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InvalidRecord(f"cannot be read ({error})", where=name, expected="TOML") from None


def _without(held_out: Collection[tuple[str, str, str]], category: Category) -> Category:
    """Merchants do not write what is held out from training."""
    also, zh_also = (
        tuple(word for word in words if ("category", category.name, word) not in held_out)
        for words in (category.also, category.zh_also)
    )
    return replace(category, also=also, zh_also=zh_also)
