"""Is the disk full, whoever met it, and what is to be done then?"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shopkeeper.records import NoSpace

_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_IN_WORDS = (*(os.strerror(number) for number in _FULL), "requested and")
"""How faiss says it, in a RuntimeError, and NumPy in an OSError without a number: "9 requested and
4 written"."""


@contextmanager
def noticing_a_full_disk(where: Path, then: str) -> Iterator[None]:
    """Say a full disk, a spent quota or a file that may not grow as NoSpace.

    Args:
        where: the file or folder that is written.
        then: what to do once there is space, as in "try again".
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        number = getattr(error, "errno", None)
        is_in_words = number is None and any(words in str(error) for words in _IN_WORDS)
        if number not in _FULL and not is_in_words:
            raise
        raise no_space(where, then) from error


def no_space(where: Path, then: str) -> NoSpace:
    """The error of a disk that is full."""
    return NoSpace("the disk is full", where=str(where), hint=f"free space there, then {then}")
