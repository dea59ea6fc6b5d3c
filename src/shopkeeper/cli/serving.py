"""How does the terminal serve a shop? In this process, or in several under a supervisor."""

from __future__ import annotations

import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shopkeeper.cli.terminal import say, working

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from shopkeeper.serve import ServeSettings


def serve_here(root: Path, settings: ServeSettings) -> None:
    """Serve in this process until Ctrl-C or SIGTERM."""
    from shopkeeper.assemble.shop import Shop
    from shopkeeper.cli.simulated import open_simulation
    from shopkeeper.serve.app import create_server
    from shopkeeper.store import ShopFolder

    with working(f"Opening {root} …"):
        opened = Shop(root)
    with opened:
        _tell(opened.name, opened.status().products, settings.host, settings.port)
        # A supervisor's SIGTERM ends it as Ctrl-C does: answers are finished, logs written.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            create_server(
                opened,
                settings,
                simulated_by=open_simulation(root),
                experiments_in=ShopFolder(root).experiments,
            ).run()


def serve_in_workers(root: Path, settings: ServeSettings, workers: int) -> None:
    """Serve in so many processes until Ctrl-C or SIGTERM. Each opens the shop for itself."""
    from shopkeeper.assemble.build import build_index
    from shopkeeper.assemble.serving import has_current_index, open_shop_products
    from shopkeeper.assemble.settings import load_settings
    from shopkeeper.serve.workers import serve_workers

    shop = load_settings(root)
    with open_shop_products(root, shop) as products:
        if not has_current_index(root, shop, products):
            with working(f"Indexing {root} …"):  # once, not in each worker
                build_index(root)
        count = products.count

    def tell(port: int) -> None:
        _tell(shop.name, count, settings.host, port)
        say(f"{workers} workers")

    serve_workers(OpenedApp(root, settings), settings, workers, tell)


@dataclass(frozen=True, slots=True)
class OpenedApp:
    """Opens the shop in a worker, and gives its application, which closes it."""

    root: Path
    settings: ServeSettings

    def __call__(self) -> ASGIApp:
        from shopkeeper.assemble.shop import Shop
        from shopkeeper.cli.simulated import open_simulation
        from shopkeeper.serve.app import create_app
        from shopkeeper.store import ShopFolder

        opened = Shop(self.root)
        return create_app(
            opened,
            self.settings,
            simulated_by=open_simulation(self.root),
            experiments_in=ShopFolder(self.root).experiments,
            at_end=opened.close,
        )


def _tell(name: str, products: int, host: str, port: int) -> None:
    say(f"{name}: {products:,} products")
    say(f"Storefront: http://{host}:{port}/   (Ctrl-C ends it)")
