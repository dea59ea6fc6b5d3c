"""A disk that is full: nothing acknowledged is lost, the old shop serves, space heals it."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from assemble.shops import ask, new_shop, rows
from shopkeeper.assemble.build import build_index
from shopkeeper.assemble.shop import Shop
from shopkeeper.records import Event, NoSpace
from shopkeeper.store import EVENTS, Log, ShopFolder, check_shop, read_log, versions

_OWN_MOUNTS = ["unshare", "-m"] if os.getuid() == 0 else ["unshare", "-rm"]


def can_mount() -> bool:
    command = [*_OWN_MOUNTS, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return (
        shutil.which("unshare") is not None
        and subprocess.run(command, capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not can_mount(), reason="no leave to mount a small disk in a namespace")
def test_a_shop_lives_through_a_full_disk(tmp_path):
    script = 'mount -t tmpfs -o size=3m tmpfs "$1" && exec "$2" -m faults.small_disk "$1"'
    done = subprocess.run(
        [*_OWN_MOUNTS, "sh", "-c", script, "sh", tmp_path, sys.executable],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "lived through it" in done.stdout


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """A spent quota, as far as this process sees."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_build_beyond_the_quota_leaves_the_old_generation(tmp_path):
    root = new_shop(tmp_path / "shop", rows(1500))
    folder = ShopFolder(root)
    before = versions(folder.artefacts, "index")
    with files_of_at_most(33_000), pytest.raises(NoSpace, match="then shopkeeper build --shop"):
        build_index(root)
    assert versions(folder.artefacts, "index") == before
    assert [f for f in check_shop(root) if f.severity == "error"] == []
    with Shop(root) as shop:
        assert ask(shop, "tent").total == 500
    assert build_index(root) not in before


def test_rows_that_do_not_fit_tear_nothing_and_begin_no_file(tmp_path):
    log = Log(tmp_path, EVENTS)
    log.append(Event("click", timestamp_ms=0))
    log.flush()
    (file,) = tmp_path.iterdir()
    with files_of_at_most(file.stat().st_size * 3 + 7):
        for n in range(1, 30):
            log.append(Event("click", timestamp_ms=n))
        log.flush()
        assert log.dropped == 27
        assert "the disk is full. Free space there" in log.trouble
    log.append(Event("click", timestamp_ms=99))
    log.flush()
    assert log.trouble == ""
    log.close()
    assert [event.timestamp_ms for event in read_log(tmp_path, EVENTS)] == [0, 1, 2, 99]
    assert list(tmp_path.iterdir()) == [file]
