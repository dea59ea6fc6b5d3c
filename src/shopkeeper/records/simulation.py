"""What is true of a simulated shop? Its shoppers, and how well each product fits a query.

A real shop has none of it: nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from shopkeeper.records.query import Query

ReadBy: TypeAlias = Literal["book", "words", "nothing"]
"""How a query's meaning was found: written down by who made the query · read from its words ·
not at all."""


@dataclass(frozen=True, slots=True)
class ExampleShopper:
    """Somebody of the marketplace, in whose name one may shop."""

    id: str
    """As in the marketplace's own logs."""
    summary: str
    """Interests and tastes in one sentence."""
    locale: str
    """The language that he or she searches in."""


@dataclass(frozen=True, slots=True)
class JudgedProduct:
    """How well a product fits the query, in truth."""

    product_id: str
    grade: int
    """4 excellent, 3 related, 2 mismatch, 1 irrelevant."""
    name: str
    """The grade in a word."""
    rule: str
    """Id of the rule that decided."""
    reason: str
    """One sentence: how the product stands to each thing that was asked for."""


@dataclass(frozen=True, slots=True)
class QueryTruth:
    """What a query means in the marketplace, and the grade of each product for it."""

    read_by: ReadBy
    reading: str
    """The meaning in words; empty when there is none."""
    products: tuple[JudgedProduct, ...]
    """Of those asked about, the ones that the marketplace knows; none without a meaning."""


class Simulation(Protocol):
    """A simulated marketplace. Its methods are called from several threads."""

    def shoppers(self) -> tuple[ExampleShopper, ...]: ...

    def truth(self, query: Query, product_ids: Sequence[str]) -> QueryTruth: ...
