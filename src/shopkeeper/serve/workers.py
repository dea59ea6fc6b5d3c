"""How is a shop served by several processes? On one socket, under one supervisor.

uvicorn's own supervisor starts the workers, starts another where one died or no longer answers, and
on SIGTERM or Ctrl-C lets each finish its requests. This module gives it a worker to start, and the
workers a folder in which their figures add up.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from shopkeeper.records import Refused, ShopkeeperError
from shopkeeper.serve.border import LARGEST_HEADERS
from shopkeeper.serve.settings import ServeSettings

SHARED_METRICS = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client's own variable: the folder in which the processes' figures meet."""

MUTE_FOR_S = 30
"""A worker that says nothing for so long is taken for dead."""

_log = logging.getLogger(__name__)

_HAS_SERVED = "has-served"
_REST_S = 1.0
"""Before a worker that could not open the shop is tried again."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Makes the application in a process of its own; goes there by value.

    Attributes:
        opened: opens the shop and gives the application.
        shared: the folder of the workers' figures.
    """

    opened: Callable[[], ASGIApp]
    shared: Path

    def __call__(self) -> ASGIApp:
        _end_with_the_supervisor()
        _forget_the_dead(self.shared)
        mark = self.shared / _HAS_SERVED
        is_first = not mark.exists()
        try:
            app = self.opened()
        except ShopkeeperError as error:
            _log.error("%s", error)
            if is_first:  # the supervisor ends too: no worker would fare better
                sys.exit(STARTUP_FAILURE)
            time.sleep(_REST_S)
            sys.exit(1)
        mark.touch()
        return app


def serve_workers(
    opened: Callable[[], ASGIApp],
    settings: ServeSettings,
    workers: int,
    tell: Callable[[int], None],
) -> None:
    """Serve until SIGTERM or SIGINT, and return when the last worker has ended.

    Args:
        opened: makes the application in each worker; it can be pickled.
        workers: how many processes, ≥ 2.
        tell: hears the port, once it is taken.

    Raises Refused when the first worker could not open the shop.
    """
    with tempfile.TemporaryDirectory(prefix="shopkeeper-figures-") as shared:
        os.environ[SHARED_METRICS] = shared
        config = server_config(Worker(opened, Path(shared)), settings, workers)
        socket = config.bind_socket()
        tell(socket.getsockname()[1])
        supervisor = Multiprocess(config, sockets=[socket])
        try:
            supervisor.run()
        finally:
            socket.close()
            del os.environ[SHARED_METRICS]
        if any(worker.exitcode == STARTUP_FAILURE for worker in supervisor.processes):
            raise Refused("no worker could open the shop", hint="the message before says why")


def server_config(
    app: ASGIApp | Callable[[], ASGIApp], settings: ServeSettings, workers: int = 1
) -> uvicorn.Config:
    """How uvicorn serves: one application, or several workers that each make their own."""
    return uvicorn.Config(
        app,
        factory=workers > 1,
        workers=workers,
        host=settings.host,
        port=settings.port,
        http="h11",  # bounds what it keeps of an unfinished request head; httptools does not
        h11_max_incomplete_event_size=2 * LARGEST_HEADERS,
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=10,
        timeout_worker_healthcheck=MUTE_FOR_S,
        backlog=256,
    )


def _end_with_the_supervisor() -> None:
    """A worker whose supervisor was killed would hold the port for ever."""
    supervisor = multiprocessing.parent_process()
    if supervisor is None:
        return

    def watch() -> None:
        supervisor.join()
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=watch, name="shopkeeper-supervisor", daemon=True).start()


def _forget_the_dead(shared: Path) -> None:
    """Requests that a dead worker had inside are no longer there; what it counted stays."""
    from prometheus_client.multiprocess import mark_process_dead

    for file in shared.glob("gauge_live*_*.db"):
        process = int(file.stem.rpartition("_")[2])
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            mark_process_dead(process, str(shared))  # type: ignore[no-untyped-call]
