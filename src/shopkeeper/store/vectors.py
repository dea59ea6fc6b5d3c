"""Which texts have been encoded already?

Two files that only grow, a record of each per text: its key and a checksum, and its vector. A crash
can tear their ends apart; the checksum, over key and vector, tells what is whole.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
import zlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shopkeeper.records import CorruptArtefact, InvalidRequest, NotFound, Refused
from shopkeeper.store.locks import exclusive
from shopkeeper.store.sealed import seal, unseal

FORMAT: Final = 1
KEY_BYTES: Final = 16

_ABOUT = "about.json"
_RECORD = np.dtype([("key", f"V{KEY_BYTES}"), ("checksum", "<u4")])
_WAIT_S = 30.0


def text_key(text: str) -> bytes:
    """The key of a text: 16 bytes, by which no two texts are ever mistaken."""
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=KEY_BYTES).digest()


def stored_dimension(folder: Path) -> int:
    """Numbers in each vector of the folder. Raises CorruptArtefact."""
    dimension = unseal(folder / _ABOUT, FORMAT)["dimension"]
    assert isinstance(dimension, int), "sealed by us"
    return dimension


class Vectors:
    """The embeddings that one encoder has made; several processes may read and add.

    Takes about 150 bytes of memory for each text, and the vectors stay on the disk.
    """

    def __init__(self, root: Path, fingerprint: str, dimension: int) -> None:
        """Open ``<root>/<fingerprint>/``, or make it.

        Args:
            fingerprint: of the encoder and everything that changes its output; 1 … 128 letters,
                digits and . _ - inside.
            dimension: numbers in a vector.

        Raises:
            Refused: the folder holds vectors of another dimension, or of a newer Shopkeeper.
        """
        if not re.fullmatch(r"\w[\w.-]{0,127}", fingerprint, re.ASCII):
            raise InvalidRequest(
                f"fingerprint {fingerprint!r}", expected="1 … 128 letters, digits and . _ -"
            )
        self._folder, self._dimension = root / fingerprint, dimension
        self._keys, self._rows = self._folder / "keys.bin", self._folder / "rows.f32"
        self._row_of: dict[bytes, int] = {}
        self._checksums = np.empty(0, dtype=np.uint32)
        self._lock = threading.Lock()
        with self._exclusive():
            self._make_or_check()

    def get_many(self, keys: Sequence[bytes]) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """Which are there, [n], and their vectors, [n, dimension]; zeros where there is none.

        A vector whose checksum is wrong is not there.
        """
        matrix = np.zeros((len(keys), self._dimension), dtype=np.float32)
        with self._lock:
            self._catch_up()
            known = np.array([self._row_of.get(key, -1) for key in keys], dtype=np.int64)
            checksums = self._checksums
        found = known >= 0
        if found.any():
            matrix[found] = self._mapped(len(checksums))[known[found]]
        for place in np.flatnonzero(found).tolist():
            if _checksum(keys[place], matrix[place]) != checksums[known[place]]:
                found[place] = False
                matrix[place] = 0
                with self._lock:  # so that the next put writes it anew
                    self._row_of.pop(keys[place], None)
        return found, matrix

    def put_many(self, keys: Sequence[bytes], matrix: NDArray[np.float32]) -> None:
        """Add vectors, [n, dimension], for the keys that are not there yet."""
        if matrix.shape != (len(keys), self._dimension) or matrix.dtype != np.float32:
            raise InvalidRequest(
                f"vectors {matrix.dtype} {list(matrix.shape)}",
                where=str(self._folder),
                expected=f"float32 [{len(keys)}, {self._dimension}]",
            )
        with self._lock, self._exclusive():
            self._catch_up()
            place_of = {key: n for n, key in enumerate(keys) if key not in self._row_of}
            if not place_of:
                return
            rows = np.ascontiguousarray(matrix[list(place_of.values())])
            records = np.array(
                [(key, _checksum(key, row)) for key, row in zip(place_of, rows, strict=True)],
                dtype=_RECORD,
            )
            # Vectors first: a key on the disk then has its vector, but for a power cut.
            _append(self._rows, len(self._checksums) * rows[0].nbytes, rows.tobytes())
            _append(self._keys, len(self._checksums) * _RECORD.itemsize, records.tobytes())
            self._catch_up()

    def __len__(self) -> int:
        """How many texts there are."""
        with self._lock:
            self._catch_up()
            return len(self._row_of)

    def damage(self) -> int:
        """Read every byte: how many vectors differ from what was written."""
        with self._lock:
            self._catch_up()
            rows, count = dict(self._row_of), len(self._checksums)
        if not rows:
            return 0
        matrix = self._mapped(count)
        return sum(_checksum(key, matrix[n]) != self._checksums[n] for key, n in rows.items())

    def _make_or_check(self) -> None:
        self._keys.touch()
        self._rows.touch()
        try:
            dimension = stored_dimension(self._folder)
        except (NotFound, CorruptArtefact):
            # A damaged one is no loss: vectors of another dimension have no right checksum.
            seal(self._folder / _ABOUT, {"format": FORMAT, "dimension": self._dimension})
            return
        if dimension != self._dimension:
            raise Refused(
                f"vectors of {dimension} numbers",
                where=str(self._folder),
                expected=f"{self._dimension}",
                hint="give another encoder another fingerprint",
            )

    def _catch_up(self) -> None:
        """Read the records that were added, here or by another process, since the last look."""
        seen = len(self._checksums)
        whole = min(
            self._keys.stat().st_size // _RECORD.itemsize,
            self._rows.stat().st_size // (4 * self._dimension),
        )
        if whole > seen:
            with self._keys.open("rb") as file:
                file.seek(seen * _RECORD.itemsize)
                new = np.frombuffer(file.read((whole - seen) * _RECORD.itemsize), dtype=_RECORD)
            self._checksums = np.concatenate([self._checksums, new["checksum"]])
            keys = new["key"].tolist()
            self._row_of.update(zip(keys, range(seen, whole), strict=True))

    def _mapped(self, rows: int) -> NDArray[np.float32]:
        return np.memmap(self._rows, np.float32, mode="r", shape=(rows, self._dimension))

    def _exclusive(self) -> AbstractContextManager[None]:
        return exclusive(self._folder / ".lock", "add vectors", wait_s=_WAIT_S)


def _append(path: Path, size: int, more: bytes) -> None:
    """Write behind the first `size` bytes; what a crash left after them is cut off."""
    with path.open("r+b") as file:
        file.truncate(size)
        file.seek(0, os.SEEK_END)
        file.write(more)


def _checksum(key: bytes, row: NDArray[np.float32]) -> int:
    return zlib.crc32(row.tobytes(), zlib.crc32(key))
