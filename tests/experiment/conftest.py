"""A tiny marketplace, opened once; nobody changes it."""

from __future__ import annotations

import pytest

from shopkeeper.world import Market
from shopkeeper.world.origin import Origin


@pytest.fixture(scope="session")
def market() -> Market:
    opened = Origin(seed=1, preset="tiny", settings=("queries.searches=700",)).open()
    assert len(opened.book) > 300
    return opened
