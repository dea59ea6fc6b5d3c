"""How is a server made for a load, and how are its figures shown?"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from rich.table import Table

from shopkeeper.records import NotFound

if TYPE_CHECKING:
    from shopkeeper.assemble.load_bench import LoadReport

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


def load_table(report: LoadReport, workers: int) -> Table:
    """The figures for a person; a process's queue is bounded by its server's settings."""
    title = f"{report.capacity_per_s:.0f} searches a second, {report.queries:,} queries in turn"
    if workers:
        title = f"{workers} worker{'s' * (workers > 1)}: {title}"
    table = Table(title=title)
    for heading in ("× capacity", "asked /s", "pages /s", "p50 ms", "p99 ms", "p99.9 ms",
                    "503", "without Retry-After", "failed", "degraded", "most inside",
                    "own lateness p99 ms"):  # fmt: skip
        table.add_column(heading, justify="right")
    for level in report.levels:
        table.add_row(
            f"{level.share:g}",
            f"{level.offered_per_s:.0f}",
            f"{level.pages_per_s:.0f}",
            *(f"{ms:.0f}" if ms is not None else "-"
              for ms in (level.p50_ms, level.p99_ms, level.p999_ms)),
            f"{level.refused_share:.1%}",
            f"{level.refused_without_retry}",
            f"{level.failed}",
            f"{level.degraded_share:.1%}",
            "-" if level.queue_most is None else f"{level.queue_most}",
            f"{level.late_p99_ms:.1f}",
        )  # fmt: skip
    if report.memory_before_mb is not None and report.memory_after_mb is not None:
        table.caption = f"{report.memory_before_mb:.0f} → {report.memory_after_mb:.0f} MB"
    return table
