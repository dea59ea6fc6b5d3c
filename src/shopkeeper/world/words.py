"""Which words are there for a thing, and which things does a word name?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from shopkeeper.knowledge import Alias, AliasKind, KnowledgeGraph, Value

Key = tuple[AliasKind, str, str | None, str]
"""Kind, target, attribute, locale."""


@dataclass(frozen=True, slots=True)
class Askable:
    """How an attribute of a category is asked for."""

    attribute: str
    is_core: bool
    """A product that contradicts it is a mismatch; otherwise it merely comes close."""
    is_behind: bool
    """Spoken after the noun: "tent 4 kg"."""
    say: Mapping[str, str]
    """By locale, ``{}`` standing for the value; a flag's has none."""
    values: tuple[Value, ...] | None = None
    """Those that shoppers speak of, basic colours; None: any."""
    near: Mapping[Value, tuple[Value, ...]] = field(default_factory=dict)
    """By value, those that come close to it."""


@dataclass(frozen=True, slots=True)
class Words:
    """The aliases of a graph, both ways round, and what each category is asked for."""

    askable: Mapping[str, Sequence[Askable]]
    """By category; attributes that are asked for most come first."""
    of: Mapping[Key, tuple[Alias, ...]]
    """All words of a thing in a locale, the common name first."""
    categories: Mapping[str, tuple[str, ...]]
    """By word: the categories that it names, alphabetically. A group's word names its leaves."""

    def things(self, category: str, locale: str) -> tuple[Alias, ...]:
        return self.of.get(("category", category, None, locale), ())

    def groups(self, group: str, locale: str) -> tuple[Alias, ...]:
        return self.of.get(("group", group, None, locale), ())

    def brands(self, brand: str, locale: str) -> tuple[Alias, ...]:
        return self.of.get(("brand", brand, None, locale), ())

    def values(self, attribute: str, value: Value, locale: str) -> tuple[Alias, ...]:
        return self.of.get(("value", str(value), attribute, locale), ())


def words_of(graph: KnowledgeGraph, askable: Mapping[str, Sequence[Askable]]) -> Words:
    of: dict[Key, list[Alias]] = {}
    named: dict[str, set[str]] = {}
    for alias in graph.aliases:
        of.setdefault((alias.kind, alias.target, alias.attribute, alias.locale), []).append(alias)
        named.setdefault(alias.text, set()).update(_leaves(alias, graph))
    return Words(
        askable=askable,
        of={key: tuple(aliases) for key, aliases in of.items()},
        categories={word: tuple(sorted(found)) for word, found in named.items() if found},
    )


def _leaves(alias: Alias, graph: KnowledgeGraph) -> Iterable[str]:
    if alias.kind == "category":
        return (alias.target,)
    return graph.taxonomy.in_group(alias.target) if alias.kind == "group" else ()
