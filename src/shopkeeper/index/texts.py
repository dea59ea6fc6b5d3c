"""How do a million short texts lie in memory? As one buffer, which may be mapped from disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 65_536
"""Texts decoded together by an iteration."""

_PAGE = 4096
"""Bytes."""


class Texts(Sequence[str]):
    """Texts by place, and the places of a text. Immutable; opening it reads nothing.

    Args:
        buffer: UTF-8 of all texts, one behind the other; bytes.
        starts: [n + 1]; text i is buffer[starts[i] : starts[i + 1]].
        order: [n] places in the order of the texts; None: they lie in order.
    """

    __slots__ = ("_buffer", "_order", "_starts")

    def __init__(
        self,
        buffer: NDArray[np.uint8],
        starts: NDArray[np.int64],
        order: NDArray[np.int32] | None = None,
    ) -> None:
        self._buffer, self._starts, self._order = buffer, starts, order

    @classmethod
    def of(cls, texts: Iterable[str], *, is_sorted: bool = False) -> Texts:
        """Pack the texts; `is_sorted` promises that they come in the order of their characters."""
        encoded = [text.encode() for text in texts]
        starts = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(one) for one in encoded], out=starts[1:])
        order = None
        if not is_sorted:
            order = np.array(sorted(range(len(encoded)), key=encoded.__getitem__), np.int32)
        return cls(np.frombuffer(b"".join(encoded), np.uint8), starts, order)

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> Texts: ...

    def __getitem__(self, place: int | slice) -> str | Texts:
        """A text; or a run of texts that lie in order, as a view of the same buffer."""
        if isinstance(place, slice):
            assert self._order is None, "a part of texts in order is in order"
            first, last, _ = place.indices(len(self))
            return Texts(self._buffer, self._starts[first : last + 1])
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        place %= len(self)
        return self._bytes(place).decode()

    def take(self, places: NDArray[np.integer]) -> list[str]:
        """The texts at these places."""
        begins, ends = self._starts[places].tolist(), self._starts[places + 1].tolist()
        buffer = self._buffer.data  # slices of which cost half of an array's
        return [str(buffer[b:e], "utf-8") for b, e in zip(begins, ends, strict=True)]

    def __iter__(self) -> Iterator[str]:
        for first in range(0, len(self), _AT_ONCE):
            starts = self._starts[first : first + _AT_ONCE + 1].tolist()
            block = self._buffer[starts[0] : starts[-1]].tobytes()
            base = starts[0]
            for begin, end in pairwise(starts):
                yield block[begin - base : end - base].decode()

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and self.find(text) is not None

    def find(self, text: str) -> int | None:
        """The place of the text, the first of several; None when it is not there."""
        if self._order is not None:
            places = self.find_all(text)
            return int(places[0]) if len(places) else None
        wanted = text.encode("utf-8", "surrogatepass")
        place = self._bisect(wanted, from_above=False)
        return place if place < len(self) and self._bytes(place) == wanted else None

    def find_all(self, text: str) -> NDArray[np.int32]:
        """Every place of the text."""
        wanted = text.encode("utf-8", "surrogatepass")
        low = self._bisect(wanted, from_above=False)
        high = low
        if low < len(self) and self._bytes(self._place(low)) == wanted:
            high = self._bisect(wanted, from_above=True)
        if self._order is None:
            return np.arange(low, high, dtype=np.int32)
        return np.sort(self._order[low:high])

    def starting(self, prefix: str) -> tuple[int, int]:
        """Of texts in order: the first that begins like this, and the first behind those."""
        assert self._order is None, "they lie in order"
        wanted = prefix.encode()
        return (
            self._bisect(wanted, from_above=False),
            self._bisect(wanted + b"\xff", from_above=True),  # which no UTF-8 contains
        )

    def _bisect(self, wanted: bytes, *, from_above: bool) -> int:
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            there = self._bytes(self._place(middle))
            if there < wanted or (from_above and there == wanted):
                low = middle + 1
            else:
                high = middle
        return low

    def _place(self, rank: int) -> int:
        return rank if self._order is None else int(self._order[rank])

    def _bytes(self, place: int) -> bytes:
        return self._buffer[self._starts[place] : self._starts[place + 1]].tobytes()

    def save(self, folder: Path, name: str) -> None:
        """Write ``<name>_buffer.npy`` and its neighbours into the folder, which exists."""
        arrays: dict[str, NDArray[np.uint8] | NDArray[np.int64] | NDArray[np.int32]] = {
            "buffer": self._buffer,
            "starts": self._starts,
        }
        if self._order is not None:
            arrays["order"] = self._order
        for part, array in arrays.items():
            np.save(folder / f"{name}_{part}.npy", array, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, name: str) -> Texts:
        """Map what `save` wrote into memory."""
        order = folder / f"{name}_order.npy"
        return cls(
            mapped(folder / f"{name}_buffer.npy"),
            mapped(folder / f"{name}_starts.npy"),
            mapped(order) if order.exists() else None,
        )

    @classmethod
    def joined(cls, several: Sequence[Texts]) -> Texts:
        """All of them behind each other; only parts of it can be searched."""
        buffers = [t._buffer[t._starts[0] : t._starts[-1]] for t in several]
        lengths = [np.diff(t._starts) for t in several]
        starts = np.zeros(sum(map(len, lengths)) + 1, np.int64)
        if several:
            np.cumsum(np.concatenate(lengths), out=starts[1:])
        return cls(np.concatenate(buffers) if buffers else np.empty(0, np.uint8), starts)


def mapped(path: Path) -> NDArray:  # type: ignore[type-arg]
    """An array on disk, mapped into memory; a plain view, since memmaps are slow to slice."""
    is_small = path.stat().st_size <= _PAGE  # and no empty array can be mapped
    array = np.load(path, mmap_mode=None if is_small else "r", allow_pickle=False)
    return np.asarray(array)
