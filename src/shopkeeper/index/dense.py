"""Which products lie nearest to the query, and how near?

An immutable index of unit vectors. One function compares a query with named vectors, whatever the
plan that named them, so a product's score never depends on the plan, the filter or the company.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from shopkeeper.index.dense_lists import NearLists, learn_lists
from shopkeeper.records import CorruptArtefact, InvalidRecord, InvalidRequest
from shopkeeper.store.sealed import seal, unseal

Vectors: TypeAlias = NDArray[np.float32]
Rows: TypeAlias = NDArray[np.int64]

FORMAT: Final = 2
_LISTS: Final = "near.faiss"
LEAST_REFINED: Final = 500
"""Vectors compared at least: codes tell little between the very nearest."""
LENGTH_TOLERANCE: Final = 1e-3
"""How far from 1 a vector's length may be."""


@dataclass(frozen=True, slots=True)
class DenseConfig:
    """When vectors are compared one and all, and when only those nearby."""

    exact_rows: int = 50_000
    """Up to so many vectors that pass the filter are all compared; an index of no more has no
    lists."""
    near_share: float = 1 / 6
    """Otherwise this share of those that pass, from the nearest lists: 0 … 1. Real queries on
    122,267 real titles had a recall@10 of 0.96; what that takes grows almost as fast as the
    index."""
    refined: int = 3
    """For each product wanted, so many are compared that seem nearest by their codes."""
    threads: int = 2
    """While lists are learnt; a search computes in its caller's thread."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.exact_rows < 1:
            raise InvalidRequest(f"exact_rows {self.exact_rows}", expected="1 or more")
        if not 0 < self.near_share <= 1:
            raise InvalidRequest(f"near_share {self.near_share:g}", expected="above 0, up to 1")
        if self.refined < 1:
            raise InvalidRequest(f"refined {self.refined}", expected="1 or more")
        if self.threads < 1:
            raise InvalidRequest(f"threads {self.threads}", expected="1 or more")


class DenseIndex:
    """Vectors by row (a product's ordinal); a row may lack a vector. Safe in any thread."""

    def __init__(
        self, vectors: Vectors, rows: Rows, lists: NearLists | None, config: DenseConfig
    ) -> None:
        self.vectors, self.rows, self.config = vectors, rows, config
        self._lists = lists
        self._has_every_row = len(rows) == 0 or int(rows[-1]) == len(rows) - 1

    @classmethod
    def build(cls, vectors: Vectors, rows: Rows, config: DenseConfig) -> DenseIndex:
        """Index vectors [n, dimension] of unit length under their rows [n], ascending and ≥ 0.

        Raises:
            InvalidRecord: a vector is not finite or not of unit length, the rows do not ascend.
        """
        vectors = np.ascontiguousarray(vectors, np.float32)
        rows = np.ascontiguousarray(rows, np.int64)
        _check(vectors, rows)
        lists = None
        if len(rows) > config.exact_rows:
            lists = learn_lists(vectors, config.seed, config.threads)
        return cls(vectors, rows, lists, config)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def dimension(self) -> int:
        return int(self.vectors.shape[1])

    def search(
        self, query: Vectors, k: int, mask: NDArray[np.bool_] | None
    ) -> tuple[Rows, Vectors]:
        """The k nearest rows, best first (of equals the lower row), and their cosines.

        Fewer than k when fewer pass. Exact while at most `exact_rows` pass, else approximate.

        Args:
            query: unit vector [dimension].
            mask: by row, longer than the highest row; True passes, None: all do.
        """
        if k < 1:
            raise InvalidRequest(f"k {k}", expected="1 or more")
        self._check_query(query)
        passing = self._passing(mask)
        count = len(self) if passing is None else np.count_nonzero(passing)
        if count == len(self):
            passing = None
        if self._lists is not None and count > self.config.exact_rows:
            least = max(k, int(self.config.near_share * count))
            wanted = max(self.config.refined * k, LEAST_REFINED)
            positions = self._lists.near(query, passing, least, wanted)
        elif passing is None:
            positions = np.arange(len(self))
        else:
            positions = np.flatnonzero(passing)
        scores = self._cosines(query, positions)
        if len(scores) > k:
            # All that tie with the k-th stay until the sort, so that the lower row wins.
            kept = scores >= np.partition(scores, -k)[-k]
            positions, scores = positions[kept], scores[kept]
        rows = self.rows[positions]
        best = np.lexsort((rows, -scores))[:k]
        return rows[best], scores[best]

    def scores(self, query: Vectors, rows: Rows) -> Vectors:
        """The cosine of the query with each row, float32 [n]; NaN where a row has no vector."""
        self._check_query(query)
        found = np.full(len(rows), np.nan, np.float32)
        places = np.searchsorted(self.rows, rows)
        inside = np.flatnonzero(places < len(self))
        positions = places[inside]
        known = self.rows[positions] == rows[inside]
        found[inside[known]] = self._cosines(query, positions[known])
        return found

    def save(self, folder: Path) -> None:
        """Write plain arrays into `folder`, which exists."""
        arrays: dict[str, NDArray[Any]] = {"vectors": self.vectors, "rows": self.rows}
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        if self._lists is not None:
            self._lists.save(folder / _LISTS)
        seal(folder / "dense.json", {"format": FORMAT, **asdict(self.config)})

    @classmethod
    def load(cls, folder: Path) -> DenseIndex:
        """Open what `save` wrote; vectors stay on disk and are mapped into memory.

        Raises:
            NotFound: there is no index.
            CorruptArtefact: a file is missing, is no array, or does not fit the others. Changed
                numbers inside a vector are for the checksums of the artefact around it to find.
        """
        settings: dict[str, Any] = unseal(folder / "dense.json", FORMAT)
        del settings["format"]
        vectors = _open(folder / "vectors.npy", np.float32, 2, mapped=True)
        rows = _open(folder / "rows.npy", np.int64, 1)
        config = DenseConfig(**settings)
        lists = NearLists.load(folder / _LISTS) if len(rows) > config.exact_rows else None
        fits = len(vectors) == len(rows) and _ascend(rows)
        if lists is not None:
            fits &= lists.fits(vectors)
        if not fits:
            raise CorruptArtefact("arrays do not belong together", where=str(folder))
        return cls(vectors, rows, lists, config)

    def _passing(self, mask: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
        """The mask by position; None: all pass."""
        if mask is None:
            return None
        last = self.rows[-1] if len(self) else -1
        if len(mask) <= last:
            raise InvalidRequest(f"mask of {len(mask):,} rows", expected=f"row {last:,} in it")
        return mask[: len(self)] if self._has_every_row else mask[self.rows]

    def _check_query(self, query: Vectors) -> None:
        if query.shape != (self.dimension,) or not np.isfinite(query).all():
            raise InvalidRequest(
                f"query vector of shape {query.shape}", expected=f"{self.dimension} finite numbers"
            )

    def _cosines(self, query: Vectors, positions: Rows) -> Vectors:
        """query · vectors[positions], each summed alone and in one order, without copying them.

        A matrix product would be as fast, but rounds differently with the number of its rows.
        """
        import faiss

        query = np.ascontiguousarray(query, np.float32)
        cosines = np.empty(len(positions), np.float32)
        # OpenMP counts threads per calling thread; one query alone gains nothing from a team.
        faiss.omp_set_num_threads(1)
        faiss.fvec_inner_products_by_idx(  # type: ignore[attr-defined]
            faiss.swig_ptr(cosines),
            faiss.swig_ptr(query),
            faiss.swig_ptr(self.vectors),
            faiss.swig_ptr(positions),
            self.dimension,
            1,
            len(positions),
        )
        return cosines


def _check(vectors: Vectors, rows: Rows) -> None:
    if vectors.ndim != 2 or rows.shape != vectors.shape[:1]:
        raise InvalidRecord(
            f"vectors {vectors.shape} under rows {rows.shape}", expected="[n, d], [n]"
        )
    if not _ascend(rows):
        raise InvalidRecord("rows of vectors", expected="0 or more, ascending")
    lengths = np.sqrt(np.vecdot(vectors, vectors))
    wrong = np.flatnonzero(~(np.abs(lengths - 1) <= LENGTH_TOLERANCE))  # NaN is wrong too
    if len(wrong):
        first = wrong[0]
        raise InvalidRecord(
            f"vector of length {lengths[first]:g}", where=f"row {rows[first]}", expected="length 1"
        )


def _ascend(rows: Rows) -> bool:
    return len(rows) == 0 or bool(rows[0] >= 0 and (np.diff(rows) > 0).all())


def _open(path: Path, dtype: DTypeLike, dimensions: int, *, mapped: bool = False) -> NDArray[Any]:
    try:
        array = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise CorruptArtefact(f"no array ({error})", where=str(path)) from error
    if array.dtype != dtype or array.ndim != dimensions or not array.flags.c_contiguous:
        raise CorruptArtefact(
            f"{array.dtype} {array.shape}",
            where=str(path),
            expected=f"{np.dtype(dtype)} of {dimensions} axes",
        )
    return np.asarray(array)
