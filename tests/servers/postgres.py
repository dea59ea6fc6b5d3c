"""A PostgreSQL to start, restart and kill."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from servers.processes import afterwards, free_port, program

PASSWORD = "p@ss/w:rd 100%"
"""With all that an address has to encode."""
ENCODED = "p%40ss%2Fw%3Ard%20100%25"
_WITHIN_S = "60"
_DEBIAN = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]


@dataclass(frozen=True)
class Postgres:
    """A server of the tests' own; its one user may do anything."""

    folder: Path
    port: int
    binaries: Path

    @property
    def address(self) -> str:
        """Of the database postgres, with the password."""
        return self.address_of("postgres")

    def address_of(self, database: str, password: str = ENCODED) -> str:
        return f"postgresql://tester:{password}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.address_of(database), autocommit=True)

    def new_database(self, name: str, options: str = "") -> str:
        """Its address."""
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} {options}".encode())
        return self.address_of(name)

    def start(self) -> None:
        self._control("start", "-l", str(self.folder / "log"))

    def stop(self, how: str = "fast") -> None:
        """fast: sessions are ended. immediate: as in a power cut, without a last word."""
        self._control("stop", "-m", how)

    def kill(self, pid: int) -> None:
        """SIGKILL one of its processes; it then ends all sessions and recovers."""
        os.kill(pid, signal.SIGKILL)

    def _control(self, *arguments: str) -> None:
        command = [str(self.binaries / "pg_ctl"), "-D", str(self.folder / "data"), "-w"]
        _as_postgres([*command, "-t", _WITHIN_S, *arguments])


def _whoever() -> dict[str, Any]:
    """The programs refuse to be root; Debian has a user for them."""
    is_root = os.geteuid() == 0
    return {"user": "postgres", "group": "postgres", "extra_groups": ()} if is_root else {}


def _as_postgres(command: list[str]) -> None:
    done = subprocess.run(
        command,
        check=False,
        text=True,
        timeout=90,
        cwd="/",
        capture_output=True,
        **_whoever(),
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A fresh server until the end. It syncs as it does in a shop."""
    binaries = Path(program("initdb", "postgresql", *_DEBIAN)).resolve().parent
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    server = Postgres(folder, free_port(), binaries)
    (folder / "password").write_text(PASSWORD)
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        for path in (folder, folder / "password"):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    ending = f'"{binaries}/pg_ctl" -D "$1/data" -m immediate -w stop; rm -rf "$1"'
    with afterwards(ending, folder, **_whoever()):
        making = [str(binaries / "initdb"), "-D", str(folder / "data"), "--no-sync", "-U", "tester"]
        _as_postgres(
            [*making, f"--pwfile={folder / 'password'}", "-A", "scram-sha-256", "-E", "UTF8"]
        )
        with (folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(
                f"port = {server.port}\nlisten_addresses = '127.0.0.1'\n"
                f"unix_socket_directories = ''\nmax_connections = 60\nshared_buffers = 32MB\n"
            )
        server.start()
        yield server
