"""The dense index against brute force in float64."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from shopkeeper.index.dense import DenseConfig, DenseIndex
from shopkeeper.records import CorruptArtefact, InvalidRecord, InvalidRequest, NotFound

EXACT = DenseConfig()
NEAR = DenseConfig(exact_rows=300, near_share=0.2)
"""Small enough that an index of a thousand vectors has lists."""


def unit(n: int, d: int, seed: int = 0) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).standard_normal((n, d))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def brute_force(
    vectors: NDArray[np.float32], query: NDArray[np.float32], passing: NDArray[np.bool_], k: int
) -> tuple[list[int], NDArray[np.float64]]:
    cosines = vectors.astype(np.float64) @ query.astype(np.float64)
    best = sorted(np.flatnonzero(passing), key=lambda row: (-cosines[row], row))[:k]
    return best, cosines[best]


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(0, 101),
    k=st.integers(1, 120),
    share=st.sampled_from([0.0, 0.03, 0.5, 1.0]),
    seed=st.integers(0, 2**32 - 1),
)
def test_exact_search_is_brute_force(n: int, k: int, share: float, seed: int) -> None:
    vectors, query = unit(n, 7, seed), unit(1, 7, seed + 1)[0]
    mask = np.random.default_rng(seed).random(n) < share
    rows, scores = DenseIndex.build(vectors, np.arange(n), EXACT).search(query, k, mask)
    expected, cosines = brute_force(vectors, query, mask, k)
    assert rows.tolist() == expected
    np.testing.assert_allclose(scores, cosines, atol=1e-6)


def test_no_mask_passes_all_and_a_false_mask_none() -> None:
    vectors = unit(31, 7)
    index = DenseIndex.build(vectors, np.arange(31), EXACT)
    assert index.search(vectors[3], 50, None)[0].tolist() == (
        index.search(vectors[3], 50, np.ones(31, np.bool_))[0].tolist()
    )
    assert len(index.search(vectors[3], 50, None)[0]) == 31
    assert len(index.search(vectors[3], 50, np.zeros(31, np.bool_))[0]) == 0


def test_rows_have_gaps_and_the_mask_goes_by_row() -> None:
    rows = np.array([2, 3, 11, 40])
    vectors = np.eye(4, 5, dtype=np.float32)
    index = DenseIndex.build(vectors, rows, EXACT)
    assert index.search(vectors[2], 1, None)[0].tolist() == [11]
    mask = np.ones(41, np.bool_)
    mask[11] = False
    # Without row 11 every cosine is 0, and the lowest row wins.
    assert index.search(vectors[2], 2, mask)[0].tolist() == [2, 3]
    with pytest.raises(InvalidRequest, match="row 40 in it"):
        index.search(vectors[2], 1, np.ones(40, np.bool_))


def test_equal_products_come_in_order_of_row_even_at_the_cut() -> None:
    vectors = np.repeat(unit(3, 7), 5, axis=0)
    index = DenseIndex.build(vectors, np.arange(15), EXACT)
    for k in range(1, 6):
        assert index.search(vectors[7], k, None)[0].tolist() == list(range(5, 5 + k))


def test_scores_are_nan_exactly_where_a_row_has_no_vector() -> None:
    vectors = unit(3, 7)
    index = DenseIndex.build(vectors, np.array([1, 4, 6]), EXACT)
    scores = index.scores(vectors[1], np.array([6, 0, 4, 7, 1, 4]))
    assert np.isnan(scores).tolist() == [False, True, False, True, False, False]
    assert scores[2] == pytest.approx(1, abs=1e-6)
    assert len(index.scores(vectors[1], np.array([], np.int64))) == 0


def test_a_score_has_the_same_bits_on_every_plan() -> None:
    vectors = unit(1009, 37)
    near = DenseIndex.build(vectors, np.arange(1009), NEAR)
    exact = DenseIndex.build(vectors, np.arange(1009), EXACT)
    for query in unit(11, 37, seed=1):
        every_row = exact.scores(query, np.arange(1009))
        odd = np.arange(1009) % 2 == 1
        for rows, scores in (
            near.search(query, 101, None),
            exact.search(query, 101, None),
            exact.search(query, 13, odd),
        ):
            assert scores.tobytes() == every_row[rows].tobytes()
            assert exact.scores(query, rows[::-1]).tobytes() == scores[::-1].tobytes()


def test_a_tight_filter_is_exact_where_a_loose_one_is_not() -> None:
    vectors = unit(1009, 37)
    near = DenseIndex.build(vectors, np.arange(1009), NEAR)
    mask = np.arange(1009) < 300
    missed = 0
    for query in unit(23, 37, seed=1):
        assert (
            near.search(query, 20, mask)[0].tolist() == (brute_force(vectors, query, mask, 20)[0])
        )
        everything = brute_force(vectors, query, np.ones(1009, np.bool_), 20)[0]
        missed += len(set(everything) - set(near.search(query, 20, None)[0].tolist()))
    assert missed > 0  # uniform directions have no near lists: the plans did differ


def test_near_lists_reach_as_far_as_k_asks_and_the_filter_forces() -> None:
    vectors = unit(1009, 37)
    near = DenseIndex.build(vectors, np.arange(1009), NEAR)
    assert len(near.search(vectors[0], 900, None)[0]) == 900
    # Everything near the query is filtered away: 400 remain, the farthest of all.
    mask = np.zeros(1009, np.bool_)
    mask[np.argsort(vectors @ vectors[0])[:400]] = True
    assert len(near.search(vectors[0], 150, mask)[0]) == 150


def clustered(n: int, d: int, seed: int) -> NDArray[np.float32]:
    """A few hundred kinds of product, some large and some small, spread around their centres."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((307, d))
    kinds = random.choice(307, n, p=random.dirichlet(np.full(307, 0.7)))
    vectors = centres[kinds] + 0.8 * random.standard_normal((n, d))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_filtered_recall_at_every_selectivity_and_after_tombstones() -> None:
    n, d, k = 60_000, 64, 10
    vectors = clustered(n, d, seed=5)
    config = DenseConfig(exact_rows=10_000)
    index = DenseIndex.build(vectors, np.arange(n), config)
    random = np.random.default_rng(6)
    alive = random.random(n) > 0.05
    one_kind = vectors @ vectors[17] > np.quantile(vectors @ vectors[17], 0.7)
    masks = {f"{share:.1%}": random.random(n) < share for share in (0.001, 0.01, 0.1, 1.0)}
    masks |= {"95% alive": alive, "one kind": one_kind & alive}
    queries = vectors[random.choice(n, 40)]
    for name, mask in masks.items():
        found = 0
        for query in queries:
            expected = np.argsort(-np.where(mask, vectors @ query, -2), kind="stable")[:k]
            rows, _ = index.search(query, k, mask)
            assert mask[rows].all()
            found += len(set(rows.tolist()) & set(expected.tolist()))
        assert found / (k * len(queries)) >= 0.95, name


@pytest.mark.parametrize("config", [EXACT, NEAR])
def test_a_saved_index_answers_as_before(tmp_path: Path, config: DenseConfig) -> None:
    vectors, rows = unit(1009, 37), np.arange(1009) * 2
    built = DenseIndex.build(vectors, rows, config)
    built.save(tmp_path)
    loaded = DenseIndex.load(tmp_path)
    assert (len(loaded), loaded.dimension, loaded.config) == (1009, 37, config)
    for query in unit(5, 37, seed=1):
        for one, other in zip(
            built.search(query, 17, None), loaded.search(query, 17, None), strict=True
        ):
            assert one.tobytes() == other.tobytes()


def test_an_empty_index_is_an_index(tmp_path: Path) -> None:
    empty = DenseIndex.build(np.empty((0, 7), np.float32), np.empty(0, np.int64), EXACT)
    empty.save(tmp_path)
    loaded = DenseIndex.load(tmp_path)
    assert loaded.search(unit(1, 7)[0], 3, None)[0].tolist() == []
    assert np.isnan(loaded.scores(unit(1, 7)[0], np.array([0, 5]))).all()


def test_the_same_seed_learns_the_same_lists(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        DenseIndex.build(unit(1009, 37), np.arange(1009), NEAR).save(tmp_path / name)
    one, other = ((tmp_path / name / "near.faiss").read_bytes() for name in ("one", "other"))
    assert one == other


@pytest.mark.parametrize("file", ["vectors", "rows"])
@pytest.mark.parametrize("damage", ["missing", "short", "other type", "other length", "pickle"])
def test_a_damaged_folder_does_not_open(tmp_path: Path, file: str, damage: str) -> None:
    DenseIndex.build(unit(1009, 37), np.arange(1009), NEAR).save(tmp_path)
    path = tmp_path / f"{file}.npy"
    array = np.load(path)
    if damage == "missing":
        path.unlink()
    elif damage == "short":
        path.write_bytes(path.read_bytes()[:-1])
    elif damage == "other type":
        np.save(path, array.astype(np.float16))
    elif damage == "other length":
        np.save(path, array[:-1])
    else:
        np.save(path, np.array([{"a": "pickle"}]), allow_pickle=True)
    with pytest.raises(CorruptArtefact, match=str(tmp_path)):
        DenseIndex.load(tmp_path)


@pytest.mark.parametrize("damage", ["missing", "short", "of others"])
def test_damaged_lists_do_not_open(tmp_path: Path, damage: str) -> None:
    DenseIndex.build(unit(1009, 37), np.arange(1009), NEAR).save(tmp_path)
    path = tmp_path / "near.faiss"
    if damage == "missing":
        path.unlink()
    elif damage == "short":
        path.write_bytes(path.read_bytes()[:-9])
    else:
        (tmp_path / "other").mkdir()
        DenseIndex.build(unit(1007, 37), np.arange(1007), NEAR).save(tmp_path / "other")
        path.write_bytes((tmp_path / "other" / "near.faiss").read_bytes())
    with pytest.raises(CorruptArtefact, match=str(tmp_path)):
        DenseIndex.load(tmp_path)


def test_no_index_and_changed_settings_are_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"dense\.json"):
        DenseIndex.load(tmp_path)
    DenseIndex.build(unit(3, 7), np.arange(3), EXACT).save(tmp_path)
    settings_file = tmp_path / "dense.json"
    settings_file.write_text(settings_file.read_text().replace("50000", "50001"))
    with pytest.raises(CorruptArtefact, match=r"dense\.json"):
        DenseIndex.load(tmp_path)


@pytest.mark.parametrize(
    ("vectors", "rows", "message"),
    [
        (unit(3, 7), [0, 1], "under rows"),
        (unit(3, 7), [2, 0, 2], "ascending"),
        (unit(3, 7), [-1, 0, 2], "0 or more"),
        (unit(3, 7) * 2, [4, 5, 6], "row 4: vector of length 2"),
        (np.full((3, 7), np.nan, np.float32), [4, 5, 6], "row 4"),
    ],
)
def test_wrong_vectors_are_refused(
    vectors: NDArray[np.float32], rows: list[int], message: str
) -> None:
    with pytest.raises(InvalidRecord, match=message):
        DenseIndex.build(vectors, np.array(rows), EXACT)


@pytest.mark.parametrize("query", [unit(1, 5)[0], unit(2, 7), np.full(7, np.nan, np.float32)])
def test_wrong_queries_are_refused(query: NDArray[np.float32]) -> None:
    index = DenseIndex.build(unit(3, 7), np.arange(3), EXACT)
    with pytest.raises(InvalidRequest, match="7 finite numbers"):
        index.search(query, 3, None)
    with pytest.raises(InvalidRequest, match="7 finite numbers"):
        index.scores(query, np.arange(3))


def test_wrong_settings_are_refused() -> None:
    index = DenseIndex.build(unit(3, 7), np.arange(3), EXACT)
    with pytest.raises(InvalidRequest, match="k 0"):
        index.search(unit(1, 7)[0], 0, None)
    for wrong, message in (
        ({"exact_rows": 0}, "exact_rows 0"),
        ({"near_share": 1.5}, "near_share 1.5"),
        ({"threads": 0}, "threads 0"),
    ):
        with pytest.raises(InvalidRequest, match=message):
            DenseConfig(**wrong)


def test_many_threads_get_the_same_answer_and_wake_no_others() -> None:
    vectors = unit(1009, 37)
    index = DenseIndex.build(vectors, np.arange(1009), NEAR)
    queries = unit(97, 37, seed=1)
    expected = [index.search(query, 10, None)[0].tolist() for query in queries]
    barrier = threading.Barrier(4)
    before = _tasks()

    def search_all() -> list[list[int]]:
        barrier.wait(10)
        return [index.search(query, 10, None)[0].tolist() for query in queries]

    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(search_all) for _ in range(4)]
        assert all(run.result() == expected for run in runs)
        # OpenMP would put a team of its own beside each of the four.
        assert _tasks() <= before + 4


def _tasks() -> int:
    """Threads of this process, those of native libraries included."""
    return len(list(Path("/proc/self/task").iterdir()))
