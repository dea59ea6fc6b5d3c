"""A small marketplace, opened once for all tests; nobody changes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from shopkeeper.world import Market, PolicyDials, QueryDials, World, WorldConfig, market_of
from shopkeeper.world.behaviour import Behaviour

SMALL_GOODS = Path(__file__).parent / "small_goods"
SHOPPERS = 400


@pytest.fixture(scope="session")
def world() -> World:
    return World(seed=3, size=1_200)


@pytest.fixture(scope="session")
def market(world: World) -> Market:
    """Some 2,000 searches; windows are short, so that pages are deep."""
    dials = QueryDials(searches=2_500, negation=0.1, alternative=0.1, chinese=0.3)
    config = WorldConfig(queries=dials, policy=PolicyDials(window=24, unexposed=5))
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
