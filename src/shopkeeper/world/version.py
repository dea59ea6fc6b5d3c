"""Which generator made this world? A changed generator has another version, by itself."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

ROOMS = ("shopkeeper.world", "shopkeeper.knowledge")


@cache
def generator_version() -> str:
    """Twelve hexadecimal digits of the SHA-256 over code and data files that make a world."""
    digest = hashlib.sha256()
    for room in ROOMS:
        _add(files(room), digest)
    return digest.hexdigest()[:12]


def _add(folder: Traversable, digest: hashlib._Hash) -> None:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name == "__pycache__":
            continue
        digest.update(entry.name.encode())
        if entry.is_dir():
            _add(entry, digest)
        else:
            digest.update(entry.read_bytes())
