"""Artefacts: whole or absent, and not a bit different."""

from __future__ import annotations

import os
import random
import threading

import pytest

from shopkeeper.records import CorruptArtefact, InvalidRecord, NotFound, Refused
from shopkeeper.store import ArtefactWriter, open_artefact, versions


def publish(root, *, content=b"vectors" * 1000):
    with ArtefactWriter(
        root, "index", config={"k": 3, "deep": {"x": (1.5, None)}}, lineage=["model@1", "feed.tsv"]
    ) as writer:
        (writer.folder / "vectors.bin").write_bytes(content)
        (writer.folder / "empty").touch()
        (writer.folder / "words" / "一").mkdir(parents=True)
        (writer.folder / "words" / "一" / "meta.json").write_text("{}")
    return writer.artefact


def test_what_was_built_is_opened(tmp_path):
    built = publish(tmp_path)
    opened = open_artefact(built.path)
    assert opened == built
    assert opened.path == tmp_path / "index" / opened.version
    assert opened.config == {"k": 3, "deep": {"x": [1.5, None]}}
    assert opened.lineage == ("model@1", "feed.tsv")
    assert sorted(opened.files) == ["empty", "vectors.bin", "words/一/meta.json"]
    assert opened.file("vectors.bin").read_bytes() == b"vectors" * 1000
    # sha256 of nothing
    assert opened.files["empty"].sha256.startswith("e3b0c44298fc1c14")
    with pytest.raises(NotFound, match=r"'nothing'.*vectors\.bin"):
        opened.file("nothing")


@pytest.mark.parametrize("seed", range(8))
def test_a_flipped_bit_in_any_file_is_found(tmp_path, seed):
    pick = random.Random(seed)
    path = publish(tmp_path).path
    files = [file for file in path.rglob("*") if file.is_file() and file.stat().st_size]
    assert sorted(file.name for file in files) == ["manifest.json", "meta.json", "vectors.bin"]
    for file in files:
        whole = file.read_bytes()
        for _ in range(1 if len(whole) < 10 else 40):
            changed = bytearray(whole)
            changed[pick.randrange(len(whole))] ^= 1 << pick.randrange(8)
            file.write_bytes(changed)
            with pytest.raises(CorruptArtefact, match=rf"{file.name}.*[Rr]estore"):
                open_artefact(path)
        file.write_bytes(whole)
    open_artefact(path)


def test_every_byte_of_the_manifest_counts(tmp_path):
    path = publish(tmp_path).path
    manifest = path / "manifest.json"
    whole = manifest.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        manifest.write_bytes(changed)
        with pytest.raises(CorruptArtefact):
            open_artefact(path, verify=False)


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        (lambda path: (path / "more").touch(), "more", "unknown"),
        (lambda path: (path / "empty").unlink(), "empty", "missing"),
        (lambda path: (path / "manifest.json").unlink(), "manifest.json", "missing"),
        (lambda path: os.truncate(path / "vectors.bin", 6999), r"vectors\.bin", "6,999 bytes"),
        (lambda path: (path / "link").symlink_to("empty"), "link", "neither a file nor"),
    ],
)
@pytest.mark.parametrize("verify", [True, False])
def test_files_that_are_not_as_listed_are_found(tmp_path, change, where, what, verify):
    path = publish(tmp_path).path
    change(path)
    with pytest.raises(CorruptArtefact, match=f"{where}: {what}"):
        open_artefact(path, verify=verify)


def test_a_version_under_another_ones_name_is_found(tmp_path):
    first, second = publish(tmp_path), publish(tmp_path)
    first.path.rename(tmp_path / "aside")
    second.path.rename(first.path)
    with pytest.raises(CorruptArtefact, match=second.version):
        open_artefact(first.path)
    with pytest.raises(NotFound):
        open_artefact(second.path)


def test_an_error_leaves_nothing(tmp_path):
    def build():
        with ArtefactWriter(tmp_path, "index", config={}) as writer:
            (writer.folder / "half").write_bytes(b"x")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        build()
    assert versions(tmp_path, "index") == []
    assert [path.name for path in (tmp_path / "index").iterdir()] == [".lock"]


def test_two_writers_at_once_do_not_meet(tmp_path):
    def work():
        for _ in range(4):
            built.append(publish(tmp_path).version)

    built: list[str] = []
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert versions(tmp_path, "index") == sorted(built)
    assert len(set(built)) == 12
    for version in built:
        open_artefact(tmp_path / "index" / version)


def test_versions_sort_by_publishing_even_when_the_clock_goes_back(tmp_path):
    first = publish(tmp_path)
    future = tmp_path / "index" / "29991231T235959.999998Z-ffffffff"
    first.path.rename(future)
    second, third = publish(tmp_path), publish(tmp_path)
    assert versions(tmp_path, "index") == [future.name, second.version, third.version]
    assert second.version.startswith("29991231T235959.999999Z-")


@pytest.mark.parametrize("name", ["", "../x", "Index", "a/b", ".a", "a" * 65])
def test_a_name_is_checked(tmp_path, name):
    with pytest.raises(InvalidRecord, match="artefact name"):
        ArtefactWriter(tmp_path, name, config={})


@pytest.mark.parametrize("config", [{"x": float("nan")}, {"x": object()}])
def test_a_config_that_is_no_json_is_refused(tmp_path, config):
    with (
        pytest.raises(InvalidRecord, match="no JSON"),
        ArtefactWriter(tmp_path, "a", config=config),
    ):
        pass
    assert versions(tmp_path, "a") == []


def test_a_newer_format_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("shopkeeper.store.artefact.FORMAT", 2)
    path = publish(tmp_path).path
    monkeypatch.undo()
    with pytest.raises(Refused, match=r"format 2 of a newer Shopkeeper.*Update"):
        open_artefact(path)


# Its own sha256 is that of the text without that line.
FORMAT_1_MANIFEST = """\
{
  "config": {
    "k": 3
  },
  "created": "2026-01-02T03:04:05.000006+00:00",
  "files": {
    "a.txt": {
      "bytes": 3,
      "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    }
  },
  "format": 1,
  "lineage": [
    "model@1"
  ],
  "name": "index",
  "sha256": "a08329ea59f20e1393d559ca550b6ea602bfe6e9f1093d426510421b70d470ab",
  "version": "20260102T030405.000006Z-01234567"
}
"""


def test_format_1_is_still_opened(tmp_path):
    path = tmp_path / "20260102T030405.000006Z-01234567"
    path.mkdir()
    (path / "a.txt").write_text("abc")  # whose sha256 above is FIPS 180's own example
    (path / "manifest.json").write_text(FORMAT_1_MANIFEST)
    opened = open_artefact(path)
    assert opened.file("a.txt").read_text() == "abc"
    assert (opened.name, opened.config, opened.lineage) == ("index", {"k": 3}, ("model@1",))
