"""Programs that a test needs beside Python."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

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


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
