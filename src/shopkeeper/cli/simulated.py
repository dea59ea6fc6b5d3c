"""How does a demo shop get its marketplace? It is opened while the shop already serves."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from threading import Thread

from shopkeeper.records.simulation import Simulation


def open_simulation(shop: Path) -> Future[Simulation] | None:
    """The marketplace that the shop's goods come from; None: they come from none.

    It is opened in a thread of its own, which ends with the process. InvalidRecord for a
    ``world.json`` that cannot be read; what goes wrong later is the future's exception.
    """
    from shopkeeper.store import ShopFolder

    # A real shop does not load the world to learn that it has none.
    if not ShopFolder(shop).world.exists():
        return None
    from shopkeeper.world.oracle import Oracle
    from shopkeeper.world.origin import read_origin

    origin = read_origin(shop)
    if origin is None:
        return None
    opening: Future[Simulation] = Future()

    def work() -> None:
        try:
            opening.set_result(Oracle(origin.open(), origin.scale.shoppers))
        except Exception as error:
            opening.set_exception(error)
            raise

    Thread(target=work, name="shopkeeper-simulation", daemon=True).start()
    return opening
