"""How do a million short texts lie in memory? As one buffer, which may be mapped from disk."""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, pairwise, repeat
from operator import itemgetter
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
        wanted = _encoded(text)
        rank = self._rank(wanted)
        return self._place(rank) if self._is_at(rank, wanted) else None

    def find_all(self, text: str) -> NDArray[np.int32]:
        """Every place of the text."""
        wanted = _encoded(text)
        low = high = self._rank(wanted)
        if self._is_at(low, wanted):
            high = self._rank(wanted, behind=True)
        if self._order is None:
            return np.arange(low, high, dtype=np.int32)
        return np.sort(self._order[low:high])

    def starting(self, prefix: str) -> tuple[int, int]:
        """Of texts in order: the first that begins like this, and the first behind those."""
        assert self._order is None, "they lie in order"
        wanted = prefix.encode()
        return (
            self._rank(wanted),
            self._rank(wanted + b"\xff", behind=True),  # which no UTF-8 contains
        )

    def _rank(self, wanted: bytes, *, behind: bool = False) -> int:
        """How many texts come before it in order; with `behind`, those that equal it too."""
        # A memoryview gives Python's own numbers, several times as fast as an array gives NumPy's.
        buffer, starts = self._buffer.data, self._starts.data
        places = range(len(self)) if self._order is None else self._order.data
        bisect = bisect_right if behind else bisect_left
        return bisect(places, wanted, key=lambda at: bytes(buffer[starts[at] : starts[at + 1]]))

    def _is_at(self, rank: int, wanted: bytes) -> bool:
        return rank < len(self) and self._bytes(self._place(rank)) == wanted

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


def united(several: Sequence[Texts]) -> tuple[Texts, list[NDArray[np.int64]]]:
    """All texts of several that are in order, each once; and where those of each stand in it."""
    if len(several) == 1:
        return several[0], [np.arange(len(several[0]))]
    places = [np.empty(len(texts), np.int64) for texts in several]
    streams = [zip(texts, repeat(own), count()) for texts, own in zip(several, places, strict=True)]
    names: list[str] = []
    for text, own, at in heapq.merge(*streams, key=itemgetter(0)):
        if not names or names[-1] != text:
            names.append(text)
        own[at] = len(names) - 1
    return Texts.of(names, is_sorted=True), places


def _encoded(text: str) -> bytes:
    """As UTF-8; what a caller made up, and no text can contain, is looked for all the same."""
    return text.encode("utf-8", "surrogatepass")


def mapped(path: Path) -> NDArray:  # type: ignore[type-arg]
    """An array on disk, mapped into memory; a plain view, since memmaps are slow to slice."""
    is_small = path.stat().st_size <= _PAGE  # and no empty array can be mapped
    array = np.load(path, mmap_mode=None if is_small else "r", allow_pickle=False)
    return np.asarray(array)
