"""Which vectors lie near a query? The lists of an inverted file (IVF), by faiss k-means.

Only each vector's list is kept, four bytes: the vectors themselves stay where they are, once, and
whoever asks compares the few that are named here. What a filter leaves of each list is counted
before lists are chosen, so a filter that empties the nearest ones reaches further.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TRAINING_VECTORS_PER_LIST = 64
"""faiss asks for 39 at least; more than this moves no centroid that matters."""


@dataclass(frozen=True, slots=True)
class NearLists:
    """A partition of vectors by their nearest centroid."""

    centroids: NDArray[np.float32]
    """[lists, dimension]."""
    assigned: NDArray[np.int32]
    """[vectors]: the list of each."""

    def fits(self, vectors: NDArray[np.float32]) -> bool:
        """Whether this can be a partition of these vectors."""
        return (
            self.centroids.shape[1:] == vectors.shape[1:]
            and len(self.assigned) == len(vectors)
            and bool(((self.assigned >= 0) & (self.assigned < len(self.centroids))).all())
        )

    def near(
        self, query: NDArray[np.float32], positions: NDArray[np.int64], least: int
    ) -> NDArray[np.int64]:
        """Those of `positions` in the lists nearest to the query: `least` of them or a few more."""
        lists = self.assigned[positions]
        held = np.bincount(lists, minlength=len(self.centroids))
        nearest_first = np.argsort(-(self.centroids @ query), kind="stable")
        enough = np.searchsorted(np.cumsum(held[nearest_first]), least) + 1
        chosen = np.zeros(len(self.centroids), np.bool_)
        chosen[nearest_first[:enough]] = True
        return positions[chosen[lists]]


def learn_lists(vectors: NDArray[np.float32], seed: int, threads: int) -> NearLists:
    """Partition unit vectors [n, dimension] into 2√n lists. The same seed, the same lists."""
    import faiss

    faiss.omp_set_num_threads(threads)
    count = int(2 * len(vectors) ** 0.5)
    kmeans = faiss.Kmeans(
        vectors.shape[1],
        count,
        niter=10,
        seed=seed,
        spherical=True,
        max_points_per_centroid=TRAINING_VECTORS_PER_LIST,
    )
    kmeans.train(vectors)
    _, assigned = kmeans.assign(vectors)
    assert kmeans.centroids is not None, "trained above"
    return NearLists(kmeans.centroids, assigned.astype(np.int32))
