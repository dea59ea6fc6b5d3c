"""A real shop behind a real server, asked over the network."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import httpx
import pytest

from shopkeeper.assemble.shop import Shop
from shopkeeper.serve import ServeSettings
from shopkeeper.serve.app import create_server

Serve = Callable[[Path], httpx.Client]


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """Serves the shop of a folder on a free port until the end; gives a client to it."""
    with ExitStack() as stack:

        def start(root: Path) -> httpx.Client:
            shop = stack.enter_context(Shop(root))
            server = create_server(shop, ServeSettings(port=0))
            thread = Thread(target=server.run)
            thread.start()

            def stop() -> None:
                server.should_exit = True
                thread.join()

            stack.callback(stop)
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
            return stack.enter_context(client)

        yield start
