"""Is a simulated marketplace behind the shop? The server opens without it and takes it in later."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TypeAlias

from shopkeeper.records import Busy, NotFound
from shopkeeper.records.simulation import Simulation

Opening: TypeAlias = Future[Simulation]
"""A simulation that is there, is being opened, or could not be."""


def require(opening: Opening | None) -> Simulation:
    """The simulation, when it is open.

    Raises:
        NotFound: there is none, or it could not be opened.
        Busy: it is still being opened.
    """
    if opening is None:
        raise NotFound("this shop has no simulated marketplace", hint="shopkeeper up makes a demo")
    if not opening.done():
        raise Busy("the simulated marketplace is being opened")
    if opening.exception() is not None:
        raise NotFound(
            "the simulated marketplace could not be opened", hint="the server's log says why"
        )
    return opening.result()
