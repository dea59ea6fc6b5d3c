"""A Ray cluster of two machines, as far as Ray is concerned, on this one; made once, ended at exit.

Each has one core and a small store, so that nothing fits twice and everything has to be shared.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shopkeeper.records.ports import Engine

TESTS = Path(__file__).parents[1]
STORE = 80 * 2**20
"""Bytes of each machine's object store; Ray takes no less than 75 MiB."""


@cache
def join() -> None:
    """Start the two machines and join them with this process."""
    pytest.importorskip("ray", reason="the distributed extra is not installed")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    # Workers import the tests' functions by name.
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, (str(TESTS), os.environ.get("PYTHONPATH")))
    )
    import ray
    from ray.cluster_utils import Cluster

    scratch = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # a socket's path is at most 107 long
    machine = {"num_cpus": 1, "object_store_memory": STORE}
    cluster = Cluster(
        initialize_head=True,
        head_node_args={**machine, "include_dashboard": False, "temp_dir": scratch},
    )

    @atexit.register
    def end() -> None:
        ray.shutdown()
        cluster.shutdown()
        shutil.rmtree(scratch, ignore_errors=True)

    cluster.add_node(**machine)
    ray.init(cluster.address, log_to_driver=False, logging_level="ERROR")
    assert len(ray.nodes()) == 2


def engine() -> Engine:
    """An engine on the two machines."""
    join()
    from shopkeeper.work.cluster import RayEngine

    return RayEngine()
