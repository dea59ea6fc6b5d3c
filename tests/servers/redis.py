"""A Redis to start, stop and freeze."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis

from servers.processes import afterwards, free_port, program

PASSWORD = "s3cret/word"
ENCODED = "s3cret%2Fword"


@dataclass
class Redis:
    """A server of the tests' own."""

    program: str
    folder: Path
    port: int
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        return f"redis://:{ENCODED}@127.0.0.1:{self.port}/0"

    def connect(self) -> redis.Redis:
        return redis.Redis.from_url(self.address)

    def start(self) -> None:
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        settings = ["--requirepass", PASSWORD, "--save", "", "--appendonly", "yes"]
        settings += ["--pidfile", str(self.folder / "pid")]
        self._process = subprocess.Popen(
            [self.program, *arguments, *settings], stdout=subprocess.DEVNULL
        )
        give_up_at = time.monotonic() + 30
        while not self._answers():
            assert self._process.poll() is None
            assert time.monotonic() < give_up_at
            time.sleep(0.01)

    def stop(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        (self.folder / "pid").unlink(missing_ok=True)

    def freeze(self) -> None:
        """It keeps its connections and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            with self.connect() as connection:
                return bool(connection.ping())
        except redis.exceptions.ConnectionError:
            return False


@contextmanager
def running_redis() -> Iterator[Redis]:
    """A fresh server until the end."""
    found = program("redis-server", "redis-server")
    folder = Path(tempfile.mkdtemp(prefix="redis-"))
    server = Redis(found, folder, free_port())
    with afterwards('kill -9 "$(cat "$1/pid")"; rm -rf "$1"', folder):
        server.start()
        yield server
        server.stop()
