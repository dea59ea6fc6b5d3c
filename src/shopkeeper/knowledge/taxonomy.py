"""Which kinds of goods are there, and how do they stand to each other?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from shopkeeper.knowledge.rules import CategoryRelation
from shopkeeper.records import InvalidRecord, NotFound

MadeAs: TypeAlias = Literal["accessory", "part"]


@dataclass(frozen=True, slots=True)
class CategoryNode:
    """A leaf of the tree: department > group > category."""

    name: str
    group: str
    """Its siblings are the other categories of the group."""
    department: str
    made_for: str | None = None
    """The category whose products it is made for."""
    made_as: MadeAs = "accessory"
    """What it is to `made_for`; without one, nothing."""
    holds: tuple[str, ...] = ()
    """Of a bundle: the categories in it."""


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The tree and its cross-links. A reference to an unknown category is an InvalidRecord."""

    nodes: Mapping[str, CategoryNode]
    _near: Mapping[str, frozenset[str]] = field(init=False, repr=False)
    """By category asked for: those that come near."""

    def __post_init__(self) -> None:
        near = {name: set[str]() for name in self.nodes}
        for one, other in _neighbours(self.nodes.values()):
            for name in (one, other):
                if name not in near:
                    raise InvalidRecord(f"category {name!r}", expected="one of the taxonomy")
            near[one].add(other)
        object.__setattr__(self, "_near", {name: frozenset(near[name]) for name in near})

    def __contains__(self, category: str) -> bool:
        return category in self.nodes

    def near(self, category: str) -> frozenset[str]:
        """Siblings, accessories, spare parts and bundles of a category, and what it is made for."""
        if category not in self._near:
            raise NotFound(f"category {category!r}", hint="the taxonomy lists them all")
        return self._near[category]

    def relation(self, wanted: Collection[str], category: str) -> CategoryRelation:
        """How `category` stands to the categories asked for."""
        if category in wanted:
            return CategoryRelation.SAME
        if any(category in self.near(name) for name in wanted):
            return CategoryRelation.NEAR
        return CategoryRelation.FAR

    def in_group(self, group: str) -> tuple[str, ...]:
        return tuple(node.name for node in self.nodes.values() if node.group == group)


def _neighbours(nodes: Iterable[CategoryNode]) -> Iterator[tuple[str, str]]:
    """(asked for, near it): both ways round."""
    groups: dict[str, list[str]] = {}
    for node in nodes:
        pairs = [(node.name, other) for other in groups.get(node.group, ())]
        pairs += [(node.name, held) for held in node.holds]
        if node.made_for is not None:
            pairs.append((node.name, node.made_for))
        for one, other in pairs:
            yield one, other
            yield other, one
        groups.setdefault(node.group, []).append(node.name)
