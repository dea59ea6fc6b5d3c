"""How is a server made for a load?"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from shopkeeper.records import NotFound

OPENS_WITHIN_S = 120.0
ENDS_WITHIN_S = 30.0
_MAIN = "from shopkeeper.cli import main; main()"


@contextmanager
def serving(shop: Path, workers: int) -> Iterator[tuple[str, int]]:
    """`shopkeeper serve` on a free port of loopback: its address and its process.

    Raises NotFound, with its own words, when it does not come up.
    """
    from shopkeeper.cli.shop_commands import open_port

    address = f"http://127.0.0.1:{open_port('127.0.0.1', 0)}"
    arguments = ["--shop", str(shop), "--port", address.rpartition(":")[2]]
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(
            [sys.executable, "-c", _MAIN, "serve", *arguments, "--workers", str(workers)],
            stderr=said,
        )
        try:
            if not _is_up(server, address):
                said.seek(0)
                words = said.read().decode(errors="replace").strip().removeprefix("shopkeeper: ")
                raise NotFound(f"the server did not come up: {words[-300:]}", where=str(shop))
            yield address, server.pid
        finally:
            server.terminate()
            try:
                server.wait(ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                server.kill()


def _is_up(server: subprocess.Popen[bytes], address: str) -> bool:
    give_up_at = time.monotonic() + OPENS_WITHIN_S
    while server.poll() is None and time.monotonic() < give_up_at:
        try:
            with urlopen(f"{address}/readyz", timeout=OPENS_WITHIN_S):
                return True
        except URLError:
            time.sleep(0.1)
    return False
