"""A small marketplace, opened once for all tests; nobody changes it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from shopkeeper.knowledge import KnowledgeGraph, Taxonomy
from shopkeeper.world import (
    Behaviour,
    Goods,
    Market,
    PolicyDials,
    QueryDials,
    World,
    WorldConfig,
    load_goods,
    market_of,
)

SMALL_GOODS = Path(__file__).parent / "small_goods"
DEPARTMENTS = ("Camping & Hiking", "Kitchen & Dining")
"""Few enough that a category has forty products."""
SHOPPERS = 400
DIALS = QueryDials(
    searches=2_500,
    demand=0.6,
    slots=(0.3, 0.4, 0.2, 0.1),
    negation=0.1,
    alternative=0.1,
    question=0.1,
    knowledge=0.1,
    shopper_words=0.35,
    typo=0.1,
    chinese=0.3,
    capitals=0.1,
)


@pytest.fixture(scope="session")
def world() -> World:
    return World(seed=3, size=1_200, goods=_of(DEPARTMENTS, load_goods()))


@pytest.fixture(scope="session")
def market(world: World) -> Market:
    config = WorldConfig(queries=DIALS, policy=PolicyDials(window=24, unexposed=5))
    opened = market_of(world, config)
    assert len(opened.book) > 1_000
    return opened


@pytest.fixture(scope="session")
def behaviour(market: Market) -> Behaviour:
    """What the first 400 shoppers do."""
    return market.shopping.run(market.shoppers(0, SHOPPERS))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a vocabulary of three categories, to break."""
    return shutil.copytree(SMALL_GOODS, tmp_path / "small")


def _of(departments: tuple[str, ...], goods: Goods) -> Goods:
    """The goods of some departments, and what is known of them."""
    names = {c.name for c in goods.categories if c.department in departments}
    assert len(names) > 20
    categories = tuple(
        replace(
            category,
            fits=category.fits if category.fits in names else None,
            holds=tuple(held for held in category.holds if held in names),
        )
        for category in goods.categories
        if category.name in names
    )
    return replace(goods, categories=categories, knowledge=_about(names, goods.knowledge))


def _about(names: set[str], graph: KnowledgeGraph) -> KnowledgeGraph:
    nodes = {
        name: replace(
            node,
            made_for=node.made_for if node.made_for in names else None,
            holds=tuple(held for held in node.holds if held in names),
        )
        for name, node in graph.taxonomy.nodes.items()
        if name in names
    }
    things = names | {node.group for node in nodes.values()}
    return replace(
        graph,
        taxonomy=Taxonomy(nodes),
        aliases=tuple(
            alias
            for alias in graph.aliases
            if alias.kind not in ("category", "group") or alias.target in things
        ),
        concepts=tuple(
            concept for concept in graph.concepts if names.issuperset(concept.categories)
        ),
        hidden_categories=graph.hidden_categories & names,
    )
