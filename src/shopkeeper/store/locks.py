"""Who may write now?"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shopkeeper.records import Busy

_POLL_S = 0.01


@contextmanager
def exclusive(path: Path, what: str, *, wait_s: float = 0.1) -> Iterator[None]:
    """Hold the lock file `path` against every other thread and process, or raise.

    The operating system lets go when the holder dies, however it dies. The file stays behind: one
    that is removed while somebody waits for it would be held twice. A forked child shares the lock.

    Args:
        path: the lock file; made, with its folders, if it is not there.
        what: what it is held for, in a word or two: another process reads it in its error.
        wait_s: seconds to wait for the holder; above 0, since `is_held` holds it for an instant.

    Raises:
        Busy: somebody else holds it; the message says who, and for what.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        give_up_at = time.monotonic() + wait_s
        while not _try_lock(descriptor):
            if time.monotonic() >= give_up_at:
                raise Busy(
                    f"held by {_holder(descriptor)}",
                    where=str(path),
                    hint="wait until it is done, or end that process",
                )
            time.sleep(_POLL_S)
        with suppress(OSError):  # on a full disk it is held all the same, by "another process"
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"process {os.getpid()} ({what})".encode(), 0)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def held(descriptor: int) -> Iterator[None]:
    """Hold an open file against all others who hold it so, waiting as long as it takes."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def is_at(path: Path, descriptor: int) -> bool:
    """Whether the open file is still the one of this name, not removed or replaced."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock of this file or folder at this moment."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> str:
    return os.pread(descriptor, 200, 0).decode(errors="replace") or "another process"
