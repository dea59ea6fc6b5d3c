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
        NotFound: this shop is no simulated one.
        Busy: it is still being opened.
        ShopkeeperError: why it could not be opened.
    """
    if opening is None:
        raise NotFound("this shop has no simulated marketplace", hint="shopkeeper up makes a demo")
    if not opening.done():
        raise Busy("the simulated marketplace is being opened")
    return opening.result()
