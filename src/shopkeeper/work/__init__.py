"""Who does the work of a long job? This process, several of this machine, or a Ray cluster.

The functions are the same and so are the results, bit for bit: a job is cut into parts before
anybody begins, and what is done of a part depends on that part alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Literal, TypeAlias

from shopkeeper.records import NotFound
from shopkeeper.records.ports import Engine
from shopkeeper.work.local import LocalEngine

EngineName: TypeAlias = Literal["local", "ray"]

EXTRA = "pip install 'shopkeeper-search[distributed]'"


@contextmanager
def open_engine(name: EngineName, processes: int = 1) -> Iterator[Engine]:
    """The engine of that name; what it started ends with the context.

    Args:
        name: "local", or "ray": the cluster at RAY_ADDRESS, or else the cores of this machine.
        processes: of the local engine; a cluster has its own number of cores.

    Raises:
        NotFound: Ray is not installed, or no cluster answers at RAY_ADDRESS.
    """
    if name == "local":
        yield LocalEngine(processes)
        return
    if find_spec("ray") is None:
        raise NotFound("the engine needs Ray", where="--engine ray", hint=f"install it: {EXTRA}")
    from shopkeeper.work.cluster import ray_engine

    with ray_engine() as engine:
        yield engine


__all__ = ["Engine", "EngineName", "LocalEngine", "open_engine"]
