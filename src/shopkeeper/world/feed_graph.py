"""What does a feed let one know about its goods? A tree of categories, and words for everything."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from shopkeeper.knowledge import Alias, CategoryNode, KnowledgeGraph, Taxonomy
from shopkeeper.text import normalise, stemmer
from shopkeeper.world.attributes import Asked
from shopkeeper.world.engine import words_in
from shopkeeper.world.feed_values import bare_name, in_brackets
from shopkeeper.world.units import UNITS

Path: TypeAlias = tuple[str, ...]
"""Of a category, from the department down; the last level is the category, the one above it the
group whose categories are siblings. A path of one level is a group of its own."""

_AND = re.compile(r"\s*(?:&|,|/|\band\b)\s*")
_singular = stemmer("plural")


def names_of(paths: Iterable[Path]) -> dict[Path, str]:
    """The last level, or the whole path where several have the same one."""
    paths = set(paths)
    counts = Counter(path[-1] for path in paths)
    return {path: path[-1] if counts[path[-1]] == 1 else " > ".join(path) for path in paths}


def nouns_of(path: Path) -> list[str]:
    """The words of a category and its group."""
    return words_in(" ".join(path[-2:]))


def feed_graph(
    names: Mapping[Path, str],
    asked: Mapping[Path, Sequence[Asked]],
    brands: Iterable[str],
    locale: str,
) -> KnowledgeGraph:
    """The tree of these categories, by path, with words for them, their values and the brands.

    Args:
        names: of all categories, as `names_of` gives them.
        asked: what shoppers ask for in each.
        locale: of all words.
    """
    groups = names_of({path[:-1] or path for path in names})
    nodes, aliases = {}, list[Alias]()
    for path in sorted(names):
        group = groups[path[:-1] or path]
        nodes[names[path]] = CategoryNode(names[path], group, path[0])
        for text in _spoken(path[-1]):
            aliases.append(Alias(text, locale, "category", names[path]))
        for text in _spoken(path[-2]) if len(path) > 1 else ():
            aliases.append(Alias(text, locale, "group", group))
        for one in asked[path]:
            aliases += _value_words(one, locale)
    aliases += [Alias(normalise(brand), locale, "brand", brand) for brand in brands]
    return KnowledgeGraph(Taxonomy(nodes), tuple(dict.fromkeys(aliases)), (), UNITS)


def _spoken(name: str) -> Iterator[str]:
    """ "Bags & Cases" are called bag, bags, case and cases."""
    for part in _AND.split(bare_name(name)):
        if words := part.split():
            noun = _singular(words[-1])
            plural = words[-1] if words[-1] != noun else _plural(noun)
            for form in dict.fromkeys((noun, plural)):
                yield " ".join((*words[:-1], form))


def _plural(noun: str) -> str:
    """The regular plural; the noun itself where it has none, or another."""
    if noun.endswith(("ss", "x", "z", "ch", "sh")):
        plural = f"{noun}es"
    elif noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        plural = f"{noun[:-1]}ies"
    else:
        plural = f"{noun}s"
    return plural if noun.isascii() and _singular(plural) == noun else noun


def _value_words(one: Asked, locale: str) -> Iterator[Alias]:
    """ "Polyvinyl chloride (PVC)" is called so without its brackets, or PVC."""
    for value in one.askable.values or ():
        if isinstance(value, str):
            for text in dict.fromkeys((bare_name(value), in_brackets(value))):
                if words_in(text):
                    yield Alias(text, locale, "value", value, one.askable.attribute)
