"""A corner shop behind a real server, for programs on the other end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Thread

import pytest

from serve.corner_shop import CornerShop, Live
from shopkeeper.serve import ServeSettings
from shopkeeper.serve.app import create_server

KEY = "a-key-for-the-client-tests"


@pytest.fixture(scope="module")
def server() -> Iterator[Live]:
    serving = create_server(CornerShop(), ServeSettings(port=0, api_keys=(KEY,)))
    thread = Thread(target=serving.run)
    thread.start()
    try:
        while not serving.started:
            assert thread.is_alive()
            time.sleep(0.01)
        port = serving.servers[0].sockets[0].getsockname()[1]
        yield Live(f"http://127.0.0.1:{port}", KEY)
    finally:
        serving.should_exit = True
        thread.join()
