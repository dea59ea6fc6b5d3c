"""What is known about these goods? Groups, other words, needs and nicknames, from the data files.

``[groups]`` are the siblings of a department, ``[also]`` what shoppers say instead of a value,
``[[need]]`` a situation that asks for something without naming it, ``[[nickname]]`` slang.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import get_args

from shopkeeper.knowledge import (
    HELD_ALIASES,
    HELD_CATEGORIES,
    HELD_PHRASES,
    Alias,
    AliasKind,
    CategoryNode,
    Concept,
    ConceptKind,
    KnowledgeGraph,
    Phrase,
    Slot,
    Taxonomy,
    falls,
    split_of,
)
from shopkeeper.world.table import Table
from shopkeeper.world.units import UNITS
from shopkeeper.world.vocabulary import (
    CHINESE,
    ENGLISH,
    Attribute,
    Category,
    Colour,
    Group,
    OneOf,
)


def read_groups(file: Table) -> dict[str, Group]:
    """By category, its group. A category in two groups is an error."""
    groups: dict[str, Group] = {}
    for name, table in file.table("groups").tables():
        group = Group(name, table.text("zh"), table.texts("also"), table.texts("zh_also"))
        for category in table.texts("of"):
            if category in groups:
                raise table.fail("of", f"{category!r} is in two groups", "one group each")
            groups[category] = group
        table.finish()
    names = {str(entry.get("name")) for entry in file.data.get("category", ())}
    for category in groups:
        if category not in names:
            raise file.fail("groups", f"{category!r}", "a [[category]] of this file")
    return groups


def read_lore(
    files: Mapping[str, Table],
    categories: Sequence[Category],
    attributes: Mapping[str, Attribute],
    families: Mapping[str, str],
    colours: Mapping[str, Colour],
) -> KnowledgeGraph:
    """The graph: the tree, every word for everything, the concepts, and what of it is held out."""
    by_name = {category.name: category for category in categories}
    nodes = {
        c.name: CategoryNode(c.name, c.group, c.department, c.fits, c.fits_as, c.holds)
        for c in categories
    }
    aliases: list[Alias] = []
    concepts: list[Concept] = []
    brands = {brand.name: brand.zh for category in categories for brand in category.brands}
    for file in files.values():
        aliases += _words("department", file.text("name"), [file.text("name")], [file.text("zh")])
        for name, table in file.table("groups").tables():
            aliases += _words("group", name, table.texts("also"), table.texts("zh_also"))
        concepts += _read_needs(file, by_name, families)
        concepts += _read_nicknames(file, by_name, brands, families)
    for category in categories:
        aliases += _words("category", category.name, category.also, category.zh_also)
    for brand, zh in brands.items():
        aliases += _words("brand", brand, [brand], [zh])
    aliases += _read_values(files, attributes, families, colours)
    return KnowledgeGraph(
        taxonomy=Taxonomy(nodes),
        aliases=_held_back(aliases, categories, concepts),
        concepts=tuple(concepts),
        units=UNITS,
        hidden_categories=frozenset(
            name for name in nodes if falls("category", name) < HELD_CATEGORIES
        ),
    )


def _words(
    kind: AliasKind,
    target: str,
    english: Iterable[str],
    chinese: Iterable[str],
    attribute: str | None = None,
) -> Iterator[Alias]:
    """The first word of each language is common knowledge; of the others some are held out."""
    for locale, words in ((ENGLISH, english), (CHINESE, chinese)):
        for place, word in enumerate(dict.fromkeys(words)):
            held = place > 0 and falls("alias", f"{kind} {target} {word}") < HELD_ALIASES
            yield Alias(word, locale, kind, target, attribute, held)


def _held_back(
    aliases: Sequence[Alias], categories: Iterable[Category], concepts: Iterable[Concept]
) -> tuple[Alias, ...]:
    """A word that a title, a phrase or an open alias uses anyway cannot be held out."""
    known = {alias.text for alias in aliases if not alias.is_held_out}
    known.update(word for c in categories for word in (c.name.lower(), c.one.lower(), c.zh_one))
    known.update(phrase.text for concept in concepts for phrase in concept.phrases)
    return tuple(
        replace(alias, is_held_out=alias.is_held_out and alias.text not in known)
        for alias in aliases
    )


def _read_values(
    files: Mapping[str, Table],
    attributes: Mapping[str, Attribute],
    families: Mapping[str, str],
    colours: Mapping[str, Colour],
) -> Iterator[Alias]:
    """Each text value in both languages, then what shoppers say instead."""
    also: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    for file in files.values():
        for attribute, table in file.table("also", {}).tables():
            if attribute not in attributes:
                raise table.fail("", f"attribute {attribute!r}", "one that a category has")
            for value, words in table.tables():
                if value not in attributes[attribute].values:
                    raise table.fail(value, "no value", "one of the attribute's values")
                english, chinese = also.setdefault((attribute, value), ([], []))
                english += words.texts("en", [])
                chinese += words.texts("zh", [])
                words.finish()
    word = partial(_words, "value")
    for family, zh in families.items():
        yield from word(family, [family], [zh], "colour")
    for name, colour in colours.items():
        english, chinese = also.get(("colour", name), ([], []))
        yield from word(name, [name.lower(), *english], [colour.zh, *chinese], "colour")
    for name, attribute_ in attributes.items():
        for value, zh in attribute_.values.items() if name != "colour" else ():
            english, chinese = also.get((name, value), ([], []))
            yield from word(value, [value.lower(), *english], [zh, *chinese], name)


def _read_needs(
    file: Table, categories: Mapping[str, Category], families: Mapping[str, str]
) -> Iterator[Concept]:
    for place, entry in enumerate(file.get("need", list, "[[need]] tables", []), start=1):
        table = Table(entry, file.file, f"need {place}")
        kind = table.text("kind", "need")
        if kind not in get_args(ConceptKind):
            raise table.fail("kind", f"{kind!r}", "need or occasion")
        of = table.texts("of")
        slots = _read_wants(table, _categories(table, of, categories), families)
        if kind == "need" and not slots:
            raise table.fail("wants", "nothing", "what the need asks for")
        english, chinese = table.pair("why")
        yield _concept(table, kind, of, slots, why={ENGLISH: english, CHINESE: chinese})


def _read_nicknames(
    file: Table,
    categories: Mapping[str, Category],
    brands: Mapping[str, str],
    families: Mapping[str, str],
) -> Iterator[Concept]:
    for place, entry in enumerate(file.get("nickname", list, "[[nickname]] tables", []), start=1):
        table = Table(entry, file.file, f"nickname {place}")
        brand, of = table.text("brand", None), table.texts("of", [])
        if (brand is None) == (not of):
            raise table.fail("of", "what it stands for", "either `of` or `brand`")
        if brand is not None and brand not in brands:
            raise table.fail("brand", f"{brand!r}", "a brand under [brands]")
        slots = _read_wants(table, _categories(table, of, categories), families)
        if brand is not None:
            slots = (Slot("brand", (brand,)),)
        yield _concept(table, "nickname", of, slots, why=None)


def _concept(
    table: Table,
    kind: ConceptKind,
    of: tuple[str, ...],
    slots: tuple[Slot, ...],
    why: Mapping[str, str] | None,
) -> Concept:
    """Its id is its first phrase. Of further phrasings some are held out."""
    said = {ENGLISH: table.texts("say"), CHINESE: table.texts("zh", [])}
    if not said[ENGLISH]:
        raise table.fail("say", "nothing", "at least one phrase")
    concept_id = said[ENGLISH][0]
    phrases = tuple(
        Phrase(text, locale, place > 0 and falls("phrase", f"{concept_id} {text}") < HELD_PHRASES)
        for locale, texts in said.items()
        for place, text in enumerate(texts)
    )
    table.finish()
    return Concept(concept_id, kind, phrases, tuple(sorted(of)), slots, why, split_of(concept_id))


def _categories(
    table: Table, of: Iterable[str], categories: Mapping[str, Category]
) -> list[Category]:
    for name in of:
        if name not in categories:
            raise table.fail("of", f"{name!r}", "the name of a category")
    return [categories[name] for name in of]


def _read_wants(
    table: Table, of: Sequence[Category], families: Mapping[str, str]
) -> tuple[Slot, ...]:
    wants = table.table("wants", {})
    return tuple(_read_want(wants, name, of, families) for name in wants.data)


def _read_want(
    wants: Table, name: str, of: Sequence[Category], families: Mapping[str, str]
) -> Slot:
    """One wish, which every category of the concept must be able to meet or miss."""
    for category in of:
        if name not in category.has:
            raise wants.fail(name, f"{category.name} has no such attribute", "one that all have")
    value, kinds = wants.data[name], {category.attributes[name].kind for category in of}
    wants.asked.add(name)
    if kinds == {"flag"} and isinstance(value, bool):
        return Slot(name, (value,))
    if kinds == {"number"} and isinstance(value, dict) and value:
        ends = wants.table(name)
        low, high = (float(ends.number(key)) if key in value else None for key in ("min", "max"))
        ends.finish()
        return Slot(name, low=low, high=high)
    if kinds <= {"text", "texts"} and isinstance(value, list) and value:
        texts = wants.texts(name)
        allowed = set(families) if name == "colour" else _allowed(of, name)
        for text in texts:
            if text not in allowed:
                raise wants.fail(name, f"{text!r}", f"one of {', '.join(sorted(allowed))}")
        return Slot(name, texts)
    raise wants.fail(name, f"{value!r}", "a list of values, true or false, or { min =, max = }")


def _allowed(of: Iterable[Category], name: str) -> set[str]:
    """Texts that some of the categories may have."""
    choices = (category.has[name] for category in of)
    return {str(v) for choice in choices if isinstance(choice, OneOf) for v in choice.values}
