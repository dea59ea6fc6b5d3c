"""Programs that a test needs beside Python."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def program(name: str, package: str, *folders: str) -> str:
    """Where the program is; without it the test is skipped, and fails under CI."""
    places = [os.environ.get("PATH", ""), *(str(path) for path in map(Path, folders))]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        missing = f"NO {name}: apt-get install --no-install-recommends {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@contextmanager
def afterwards(script: str, folder: Path, **whoever: Any) -> Iterator[None]:
    """Run the shell script, with the folder as $1, at the end: also of a process that is killed."""
    command = ["sh", "-c", f"read -r _; {script}", "sh", str(folder)]
    # In a session of its own, out of the reach of Ctrl-C; it ends when nobody holds its input.
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        **whoever,
    ):
        yield


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
