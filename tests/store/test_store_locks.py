"""One at a time, and who it is."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from shopkeeper.records import Busy
from shopkeeper.store import exclusive, is_held


def test_a_second_holder_learns_who_the_first_is(tmp_path):
    path = tmp_path / "deep" / "lock"
    assert not is_held(path)
    with exclusive(path, "ingest"):
        assert is_held(path)
        with (
            pytest.raises(Busy, match=rf"process {os.getpid()} \(ingest\)"),
            exclusive(path, "other"),
        ):
            pytest.fail("held twice")
    assert not is_held(path)
    with exclusive(path, "again"):
        pass


def test_the_death_of_the_holder_frees_it(tmp_path):
    path = tmp_path / "lock"
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        with exclusive(path, "write"):
            os.write(write, b"!")
            signal.pause()
    os.read(read, 1)
    with pytest.raises(Busy, match=rf"process {child} \(write\)"), exclusive(path, "x"):
        pytest.fail("held twice")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with exclusive(path, "x"):
        assert is_held(path)


def test_waiting_is_worth_it(tmp_path):
    path, counted = tmp_path / "lock", [0]

    def count():
        for _ in range(20):
            with exclusive(path, "count", wait_s=30):
                seen = counted[0]
                os.sched_yield()
                counted[0] = seen + 1

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted == [60]
