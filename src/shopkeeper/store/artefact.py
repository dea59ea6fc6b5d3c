"""What did we build, from what, and is it whole?

An artefact is a folder that never changes: ``<root>/<name>/<version>/``, with a manifest that
knows every byte of it. It appears at once and whole, or not at all.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from shopkeeper.records import CorruptArtefact, InvalidRecord, NotFound
from shopkeeper.store.locks import exclusive, is_held
from shopkeeper.store.sealed import JSON, seal, sync, unseal

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"

_MEND = (
    "roll back to another version (shopkeeper rollback), restore the folder from a copy, or build "
    "it again (shopkeeper build)"
)
_HASHING_THREADS = 4
_LOCK_WAIT_S = 30.0
_STAMP = "%Y%m%dT%H%M%S.%fZ"
_STAMP_LENGTH = len("20260101T000000.000000Z")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """What the manifest knows about one file."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Artefact:
    """An opened artefact: its folder, and its manifest in words."""

    path: Path
    name: str
    version: str
    """Sorts by the time of publishing."""
    created: str
    """ISO 8601, UTC."""
    config: Mapping[str, JSON]
    """Of the code that built it, complete."""
    lineage: tuple[str, ...]
    """What it was built from: ``name@version`` of artefacts, or a source in words."""
    files: Mapping[str, FileEntry]
    """By path relative to the folder, with / between."""

    def file(self, relative: str) -> Path:
        """The path of one of its files. Raises NotFound when the manifest does not list it."""
        if relative not in self.files:
            raise NotFound(
                f"no file {relative!r}",
                where=f"{self.name}@{self.version}",
                expected=f"one of {', '.join(sorted(self.files))}",
            )
        return self.path / relative


class ArtefactWriter:
    """Build an artefact in `folder`; leaving the `with` block publishes it as `artefact`.

    An error inside the block leaves nothing behind, and what a killed process left behind is swept
    by the next writer of that name.
    """

    folder: Path
    """To write files and folders into. Lies on the same disk as the artefact will."""
    artefact: Artefact
    """What was published; set on leaving the block."""

    def __init__(
        self,
        root: Path,
        name: str,
        *,
        config: Mapping[str, JSON],
        lineage: Sequence[str] = (),
    ) -> None:
        """`root` is the shop's folder of artefacts; `name` is made of a-z, 0-9 and - _ inside."""
        if not re.fullmatch(r"[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?", name):
            raise InvalidRecord(
                f"artefact name {name!r}", expected="a-z and 0-9, with - or _ inside, up to 64"
            )
        self._home, self._name = root / name, name
        self._config, self._lineage = config, lineage
        self._descriptor = -1

    def __enter__(self) -> ArtefactWriter:
        self._home.mkdir(parents=True, exist_ok=True)
        with self._lock("begin"):
            for folder in abandoned(self._home):
                shutil.rmtree(folder)
            self.folder = self._home / f".{secrets.token_hex(8)}"
            self.folder.mkdir()
            # Held until the folder is published: whoever can take it knows that its maker is gone.
            self._descriptor = os.open(self.folder, os.O_RDONLY)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._publish()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
            os.close(self._descriptor)

    def _publish(self) -> None:
        files = _hashed(self.folder, _listed(self.folder), durably=True)
        if MANIFEST in files:
            raise InvalidRecord(f"a file named {MANIFEST}", where=self._name, hint="rename it")
        with self._lock("publish"):
            created = _later_than(versions(self._home.parent, self._name))
            version = f"{created:{_STAMP}}-{secrets.token_hex(4)}"
            seal(
                self.folder / MANIFEST,
                {
                    "format": FORMAT,
                    "name": self._name,
                    "version": version,
                    "created": created.isoformat(),
                    "config": self._config,
                    "lineage": list(self._lineage),
                    "files": {
                        path: {"sha256": entry.sha256, "bytes": entry.bytes}
                        for path, entry in files.items()
                    },
                },
            )
            os.rename(self.folder, self._home / version)
            sync(self._home)
        self.artefact = open_artefact(self._home / version, verify=False)

    def _lock(self, what: str) -> AbstractContextManager[None]:
        return exclusive(self._home / ".lock", what, wait_s=_LOCK_WAIT_S)


def open_artefact(path: Path, *, verify: bool = True) -> Artefact:
    """Read the manifest, and hold every byte of the folder against it.

    Args:
        path: the artefact's folder.
        verify: False only looks at the names and sizes of the files, for one just verified.

    Raises:
        NotFound: there is no artefact.
        CorruptArtefact: a file is missing, unknown or differs in any bit; the manifest included.
        Refused: a newer Shopkeeper wrote it.
    """
    artefact = _read_manifest(path)
    present = _listed(path)
    present.pop(MANIFEST)
    for relative in sorted(present.keys() ^ artefact.files.keys()):
        raise _corrupt(path / relative, "unknown" if relative in present else "missing")
    for relative, size in present.items():
        if size != artefact.files[relative].bytes:
            raise _corrupt(
                path / relative, f"{size:,} bytes", f"{artefact.files[relative].bytes:,}"
            )
    if verify:
        for relative, entry in _hashed(path, present, durably=False).items():
            if entry != artefact.files[relative]:
                raise _corrupt(path / relative, "the bytes differ from what was written")
    return artefact


def versions(root: Path, name: str) -> list[str]:
    """The versions of an artefact that are on the disk, the oldest first."""
    home = root / name
    if not home.is_dir():
        return []
    return sorted(p.name for p in home.iterdir() if p.is_dir() and not p.name.startswith("."))


def remove(root: Path, name: str, version: str) -> None:
    """Take a version off the disk, at once for every reader; files already open stay readable."""
    gone = root / name / f".{version}"
    with exclusive(root / name / ".lock", "remove", wait_s=_LOCK_WAIT_S):
        os.rename(root / name / version, gone)
        sync(root / name)
        shutil.rmtree(gone)


def abandoned(home: Path) -> list[Path]:
    """The unfinished folders whose writers have died, among those of one artefact's name."""
    return [folder for folder in home.glob(".*/") if not is_held(folder)]


def _read_manifest(path: Path) -> Artefact:
    if not path.is_dir():
        raise NotFound("no artefact", where=str(path), hint=_MEND)
    if not (path / MANIFEST).is_file():
        raise _corrupt(path / MANIFEST, "missing")
    manifest: Any = unseal(path / MANIFEST, FORMAT)
    if path.name != manifest["version"]:
        raise _corrupt(path, f"holds version {manifest['version']}", "the folder's own")
    return Artefact(
        path=path,
        name=manifest["name"],
        version=manifest["version"],
        created=manifest["created"],
        config=manifest["config"],
        lineage=tuple(manifest["lineage"]),
        files={name: FileEntry(**entry) for name, entry in manifest["files"].items()},
    )


def _listed(folder: Path) -> dict[str, int]:
    """Size of every file below, by relative path; anything else than files and folders is named."""
    sizes = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise _corrupt(path, "neither a file nor a folder")
        if path.is_file():
            sizes[path.relative_to(folder).as_posix()] = path.stat().st_size
    return sizes


def _hashed(folder: Path, sizes: Mapping[str, int], *, durably: bool) -> dict[str, FileEntry]:
    def entry(relative: str) -> FileEntry:
        with (folder / relative).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            if durably:
                os.fsync(file.fileno())
        return FileEntry(digest, sizes[relative])

    with ThreadPoolExecutor(_HASHING_THREADS) as threads:
        entries = dict(zip(sizes, threads.map(entry, sizes), strict=True))
    if durably:
        for path in [folder, *(p for p in folder.rglob("*") if p.is_dir())]:
            sync(path)
    return entries


def _later_than(existing: Sequence[str]) -> datetime:
    """Now, or just after the newest version if the clock has been turned back since."""
    now = datetime.now(UTC)
    if not existing:
        return now
    newest = datetime.strptime(existing[-1][:_STAMP_LENGTH], _STAMP).replace(tzinfo=UTC)
    return max(now, newest + timedelta(microseconds=1))


def _corrupt(path: Path, what: str, expected: str = "") -> CorruptArtefact:
    return CorruptArtefact(
        what,
        where=str(path),
        expected=expected,
        hint=_MEND,
    )
