"""A corner shop and ways to ask it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from threading import Thread
from typing import Any

import pytest
from corner_shop import LOOPBACK, CornerShop, CornerTown, Live, Open, opened
from fastapi.testclient import TestClient

from shopkeeper.serve import ServeSettings
from shopkeeper.serve.app import create_app, create_server


@pytest.fixture
def shop() -> CornerShop:
    return CornerShop()


@pytest.fixture
def open_shop(shop: CornerShop) -> Iterator[Open]:
    """Serves the shop with these settings, to a client that goes by this name.

    `behind` is what may stand behind a shop: its simulation, its experiments.
    """
    with ExitStack() as stack:

        def opened(
            settings: ServeSettings | None = None, url: str = LOOPBACK, **behind: Any
        ) -> TestClient:
            app = create_app(shop, settings or ServeSettings(), **behind)
            return stack.enter_context(TestClient(app, base_url=url))

        yield opened


@pytest.fixture
def client(open_shop: Open) -> TestClient:
    return open_shop()


@pytest.fixture(scope="session")
def live() -> Iterator[Live]:
    """A corner shop behind a real server, on a free port."""
    key = "a-key-for-the-live-server"
    server = create_server(
        CornerShop(),
        ServeSettings(port=0, api_keys=(key,), largest_body=1 << 23, body_timeout_s=1.0),
        simulated_by=opened(CornerTown()),
    )
    thread = Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Live(f"http://127.0.0.1:{port}", key)
    finally:
        server.should_exit = True
        thread.join()
