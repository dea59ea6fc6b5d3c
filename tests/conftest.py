"""Databases that every room's tests may use; one of each for a process of tests, when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from servers.postgres import Postgres, running_postgres
from servers.redis import Redis, running_redis

_SHOPS = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    with running_redis() as server:
        yield server


@pytest.fixture
def shop_id() -> str:
    """Of a shop that no other test has."""
    return f"shop-{next(_SHOPS)}"
