"""The lexicon of a generation, counted in a process of its own while the index is built."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shopkeeper.assemble.settings import load_settings
from shopkeeper.records import ShopkeeperError
from shopkeeper.stages.understand import Lexicon
from shopkeeper.store import ShopFolder, open_products
from shopkeeper.text import analyser


def build_lexicon(root: Path, folder: Path) -> None:
    """Count the words of all products of the shop at `root`, and save the lexicon in `folder`."""
    settings = load_settings(root)
    with open_products(ShopFolder(root), settings.shop_id, settings.products) as products:
        lexicon = Lexicon.build(products.all(), analyser(settings.locale))
    folder.mkdir()
    lexicon.save(folder)


OWN_PROCESS_FROM = 5_000
"""Products. Fewer are counted sooner than a process has started."""


@contextmanager
def lexicon_beside(root: Path, folder: Path, products: int) -> Iterator[None]:
    """Build the lexicon on another core meanwhile; it is there when the block has been left."""
    if products < OWN_PROCESS_FROM:
        yield
        build_lexicon(root, folder)
        return
    command = [sys.executable, "-m", "shopkeeper.assemble.lexicon", str(root), str(folder)]
    child = subprocess.Popen(command)
    try:
        yield
        if child.wait():
            raise ShopkeeperError(
                f"counting the catalogue's words ended with exit code {child.returncode}",
                where=str(root),
                hint="its own message stands above; try again",
            )
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


if __name__ == "__main__":
    build_lexicon(Path(sys.argv[1]), Path(sys.argv[2]))
