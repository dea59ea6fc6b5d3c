"""Which vectors lie near a query? An inverted file of one-bit codes, by faiss (IVF, RaBitQ).

A vector's code takes a thirtieth of the vector, and tells roughly how near it lies: enough to name
those that are worth comparing (Gao and Long 2024, RaBitQ, arXiv:2405.12497). The vectors themselves
stay where they are, once. What a filter leaves of each list is counted before lists are chosen, so
a filter that empties the nearest ones reaches further.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shopkeeper.records import CorruptArtefact

TRAINING_VECTORS_PER_LIST = 64
"""faiss asks for 39 at least; more than this moves no centroid that matters."""


@dataclass(frozen=True, slots=True)
class NearLists:
    """The codes of vectors, in lists by their nearest centroid."""

    index: Any
    """A faiss.IndexIVFRaBitQ over the vectors' positions."""
    centroids: NDArray[np.float32]
    """[lists, dimension]."""
    assigned: NDArray[np.int32]
    """[vectors]: the list of each."""
    sizes: NDArray[np.int64]
    """[lists]: how many vectors each has."""

    @classmethod
    def of(cls, index: Any) -> NearLists:
        """Read off a faiss index what choosing lists needs."""
        import faiss

        lists = index.invlists
        assigned = np.full(index.ntotal, -1, np.int32)
        sizes = np.array([lists.list_size(number) for number in range(index.nlist)], np.int64)
        for number, size in enumerate(sizes.tolist()):
            if size:
                assigned[faiss.rev_swig_ptr(lists.get_ids(number), size)] = number
        return cls(index, index.quantizer.reconstruct_n(0, index.nlist), assigned, sizes)

    def fits(self, vectors: NDArray[np.float32]) -> bool:
        """Whether these can be the codes of these vectors."""
        return len(self.assigned) == len(vectors) and self.index.d == vectors.shape[1]

    def near(
        self, query: NDArray[np.float32], mask: NDArray[np.bool_] | None, least: int, wanted: int
    ) -> NDArray[np.int64]:
        """Positions that pass the mask, in the lists nearest to the query.

        Args:
            least: as many lists are looked through as together have so many that pass.
            wanted: of those, so many are named that seem nearest.
        """
        import faiss

        held = self.sizes
        parameters = faiss.IVFRaBitQSearchParameters()
        if mask is not None:
            held = self._held(mask)
            bits = np.packbits(mask, bitorder="little")
            parameters.sel = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]
        nearest_first = np.argsort(-(self.centroids @ query), kind="stable")
        enough = int(np.searchsorted(np.cumsum(held[nearest_first]), least)) + 1
        parameters.nprobe = min(enough, len(self.centroids))
        parameters.qb = self.index.qb
        # OpenMP counts threads per calling thread; one query alone gains nothing from a team.
        faiss.omp_set_num_threads(1)
        _, found = self.index.search(query[None], wanted, params=parameters)
        positions: NDArray[np.int64] = found[0]
        return positions[positions >= 0]

    def _held(self, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        """[lists]: how many of each pass; whichever are fewer are counted."""
        most_pass = 2 * np.count_nonzero(mask) > len(mask)
        counted = (~mask if most_pass else mask).nonzero()[0]
        counts = np.bincount(self.assigned[counted], minlength=len(self.centroids))
        return self.sizes - counts if most_pass else counts

    def save(self, path: Path) -> None:
        """Write faiss' own file."""
        import faiss

        faiss.write_index(self.index, str(path))

    @classmethod
    def load(cls, path: Path) -> NearLists:
        """Open what `save` wrote. Raises CorruptArtefact for anything else."""
        import faiss

        try:
            index = faiss.read_index(str(path))
        except RuntimeError as error:
            raise CorruptArtefact("no index of faiss'", where=str(path)) from error
        if not isinstance(index, faiss.IndexIVFRaBitQ):
            raise CorruptArtefact(f"a {type(index).__name__}", where=str(path))
        return cls.of(index)


def learn_lists(vectors: NDArray[np.float32], seed: int, threads: int) -> NearLists:
    """Partition unit vectors [n, dimension] into 2√n lists. The same seed, the same lists."""
    import faiss

    faiss.omp_set_num_threads(threads)
    dimension, count = vectors.shape[1], int(2 * len(vectors) ** 0.5)
    centroids = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFRaBitQ(centroids, dimension, count, faiss.METRIC_INNER_PRODUCT)
    index.cp.niter, index.cp.seed, index.cp.spherical = 10, seed, True
    index.cp.max_points_per_centroid = TRAINING_VECTORS_PER_LIST
    index.train(vectors)
    index.add(vectors)
    return NearLists.of(index)
