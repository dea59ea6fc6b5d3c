"""Embeddings that were made once: found again exactly, or not at all."""

from __future__ import annotations

import os
import random
import zlib

import numpy as np
import pytest

from shopkeeper.records import InvalidRequest, Refused
from shopkeeper.store import Vectors, text_key
from shopkeeper.store.sealed import seal

DIMENSION = 13


def some(count: int, seed: int = 1) -> tuple[list[bytes], np.ndarray]:
    generator = np.random.default_rng(seed)
    # Ends in zero bytes, which fixed-width text types of numpy would cut off.
    keys = [text_key(f"{seed} {n}")[:14] + bytes([n, 0]) for n in range(count)]
    return keys, generator.standard_normal((count, DIMENSION)).astype(np.float32)


@pytest.fixture
def vectors(tmp_path):
    return Vectors(tmp_path, "minilm-64", DIMENSION)


def test_what_was_put_is_found_bit_by_bit(vectors, tmp_path):
    keys, matrix = some(7)
    vectors.put_many(keys, matrix)
    order = [keys[5], text_key("nobody"), keys[0], keys[5]]
    for store in (vectors, Vectors(tmp_path, "minilm-64", DIMENSION)):
        found, rows = store.get_many(order)
        assert found.tolist() == [True, False, True, True]
        np.testing.assert_array_equal(
            rows, np.stack([matrix[5], 0 * matrix[0], matrix[0], matrix[5]])
        )
    assert len(vectors) == 7
    empty, none = vectors.get_many([])
    assert (empty.shape, none.shape) == ((0,), (0, DIMENSION))


def test_a_key_is_stored_once(vectors, tmp_path):
    keys, matrix = some(5)
    vectors.put_many(keys[:3], matrix[:3])
    size = (tmp_path / "minilm-64" / "rows.f32").stat().st_size
    vectors.put_many([*keys[:3], keys[0]], np.concatenate([matrix[:3], matrix[:1]]))
    assert (tmp_path / "minilm-64" / "rows.f32").stat().st_size == size == 3 * 4 * DIMENSION
    vectors.put_many([keys[3], keys[3], keys[4]], matrix[[3, 3, 4]])
    assert len(vectors) == 5


def test_another_process_adds_and_both_see_all(vectors, tmp_path):
    keys, matrix = some(6)
    vectors.put_many(keys[:2], matrix[:2])
    child = os.fork()
    if child == 0:
        Vectors(tmp_path, "minilm-64", DIMENSION).put_many(keys[2:4], matrix[2:4])
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    vectors.put_many(keys[4:], matrix[4:])
    found, rows = vectors.get_many(keys)
    assert found.all()
    np.testing.assert_array_equal(rows, matrix)


@pytest.mark.parametrize("seed", range(5))
def test_a_torn_tail_is_dropped_and_written_over(tmp_path, seed):
    pick = random.Random(seed)
    keys, matrix = some(11)
    Vectors(tmp_path, "e", DIMENSION).put_many(keys, matrix)
    for name in ("keys.bin", "rows.f32"):
        path = tmp_path / "e" / name
        path.write_bytes(path.read_bytes()[: pick.randrange(path.stat().st_size)] + b"?" * seed)
    vectors = Vectors(tmp_path, "e", DIMENSION)
    found, rows = vectors.get_many(keys)
    np.testing.assert_array_equal(rows[found], matrix[found])
    assert found.sum() <= min(
        (tmp_path / "e" / "keys.bin").stat().st_size // 20,
        (tmp_path / "e" / "rows.f32").stat().st_size // (4 * DIMENSION),
    )
    assert not found.all()
    vectors.put_many(keys, matrix)
    found, rows = Vectors(tmp_path, "e", DIMENSION).get_many(keys)
    assert found.all()
    np.testing.assert_array_equal(rows, matrix)


@pytest.mark.parametrize("name", ["keys.bin", "rows.f32"])
def test_a_flipped_bit_hides_its_vector_until_it_is_made_again(tmp_path, name):
    keys, matrix = some(11)
    Vectors(tmp_path, "e", DIMENSION).put_many(keys, matrix)
    path = tmp_path / "e" / name
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 4  # in the sixth record
    path.write_bytes(raw)
    vectors = Vectors(tmp_path, "e", DIMENSION)
    assert vectors.damage() == 1
    found, rows = vectors.get_many(keys)
    assert np.flatnonzero(~found).tolist() == [5]
    assert not rows[5].any()
    vectors.put_many([keys[5]], matrix[5:6])
    found, rows = vectors.get_many(keys)
    assert found.all()
    np.testing.assert_array_equal(rows, matrix)


def test_what_does_not_fit_is_refused(vectors, tmp_path):
    keys, matrix = some(3)
    with pytest.raises(InvalidRequest, match=r"float64.*expected float32 \[3, 13\]"):
        vectors.put_many(keys, matrix.astype(np.float64))
    with pytest.raises(InvalidRequest, match=r"\[2, 13\]"):
        vectors.put_many(keys, matrix[:2])
    with pytest.raises(Refused, match="13 numbers"):
        Vectors(tmp_path, "minilm-64", DIMENSION + 4)
    with pytest.raises(InvalidRequest, match="fingerprint"):
        Vectors(tmp_path, "../elsewhere", DIMENSION)


def test_format_1_is_still_read(tmp_path):
    folder = tmp_path / "e"
    folder.mkdir()
    seal(folder / "about.json", {"format": 1, "dimension": 2})
    key, row = bytes(range(16)), np.array([1.5, -2.0], dtype="<f4")
    (folder / "rows.f32").write_bytes(row.tobytes())
    (folder / "keys.bin").write_bytes(key + zlib.crc32(key + row.tobytes()).to_bytes(4, "little"))
    found, rows = Vectors(tmp_path, "e", 2).get_many([key])
    assert found.tolist() == [True]
    np.testing.assert_array_equal(rows, [row])
    # blake2b of "tent", as `b2sum -l 128` prints it
    assert text_key("tent").hex() == "9ea59c61b234a9da3f4e95bfaff3f3e8"
