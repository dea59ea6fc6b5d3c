"""Is the disk full, whoever met it, and what is to be done then?"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shopkeeper.records import NoSpace

_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_IN_WORDS = tuple(f"os error {number}" for number in _FULL)
"""How tantivy says it, in a ValueError."""


@contextmanager
def noticing_a_full_disk(where: Path, then: str) -> Iterator[None]:
    """Say a full disk, a spent quota or a file that may not grow as NoSpace.

    Args:
        where: the file or folder that is written.
        then: what to do once there is space, as in "try again".
    """
    try:
        yield
    except (OSError, ValueError) as error:
        if isinstance(error, OSError):
            is_full = error.errno in _FULL
        else:
            is_full = any(words in str(error) for words in _IN_WORDS)
        if not is_full:
            raise
        raise no_space(where, then) from error


def no_space(where: Path, then: str) -> NoSpace:
    """The error of a disk that is full."""
    return NoSpace("the disk is full", where=str(where), hint=f"free space there, then {then}")
