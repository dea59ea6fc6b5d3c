"""How does a cluster do a long job? As a Ray Data stream: one reader, a pool of workers, in order.

The parts are read in one process on this machine, since what they are read from (a feed, a
database) is a file here, and mostly one that cannot be split. Workers anywhere in the cluster take
a part each; Ray starts one that dies anew and gives its parts out again. What is done comes back
in the order of the parts, and the reader is held back while it is waited for.
"""

from __future__ import annotations

import logging
import os
import platform
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

# Read when Ray is imported: nothing is sent to anybody, and errors are told in our own words.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")

import pyarrow as pa
import ray
from ray import data as ray_data
from ray.cloudpickle import dumps, loads  # between our own processes only, never from a file
from ray.data.block import BlockMetadata
from ray.data.datasource import Datasource, ReadTask
from ray.exceptions import RayError

from shopkeeper.records import InvalidRequest, NotFound, ShopkeeperError
from shopkeeper.records.ports import Done, Part, Shared

ADDRESS = "RAY_ADDRESS"
"""Ray's own variable: ``host:port`` of a cluster's head."""

MUST_AGREE = ("shopkeeper-search", "ray", "numpy", "pyarrow", "tokenizers", "onnxruntime")
"""Distributions whose version can change a byte of a result."""

_BOX = "box"
"""The one column of the stream: a part, or what became of it."""


@contextmanager
def ray_engine() -> Iterator[RayEngine]:
    """Join the cluster that `ADDRESS` names, or start one on this machine's cores; leave it after.

    Raises NotFound when no cluster answers there.
    """
    if ray.is_initialized():
        yield RayEngine()
        return
    address = os.environ.get(ADDRESS, "local")
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise NotFound(
            f"no Ray cluster answers ({type(error).__name__})",
            where=f"{ADDRESS}={address}",
            hint="start one with ray start --head, or unset the variable to use this machine",
        ) from error
    try:
        yield RayEngine()
    finally:
        ray.shutdown()


class RayEngine:
    """An `Engine` on the Ray cluster that this process has joined."""

    def run(
        self, work: Callable[[Shared, Part], Done], parts: Iterable[Part], shared: Shared
    ) -> Iterator[Done]:
        if iter(parts) is parts:
            raise InvalidRequest("parts that can be read once only", expected="an iterable")
        stream = _stream(work, ray.put(parts), ray.put(shared))
        try:
            for batch in stream.iter_batches(batch_size=None, batch_format="pyarrow"):
                for box in batch[_BOX]:
                    yield _opened(box.as_py())
        except RayError as error:
            raise ShopkeeperError(
                f"the cluster gave up: {str(error).strip().splitlines()[-1]}",
                where=f"{ADDRESS}={os.environ.get(ADDRESS, 'local')}",
                hint="look at the cluster's logs, or use --engine local",
            ) from error


def _stream(work: Callable[[Any, Any], Any], parts: Any, shared: Any) -> Any:
    """The results as a data set that has not begun: a row and a block for each part."""
    context = ray_data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.target_max_block_size = 1  # bytes: each row is a block, so each part a task
    context.enable_progress_bars = context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    here = ray.get_runtime_context().get_node_id()
    rows = ray_data.read_datasource(
        _PartSource(parts),
        override_num_blocks=1,
        num_cpus=0,  # it mostly waits, and must not take a worker's core
        label_selector={"ray.io/node-id": here},
    )
    cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
    return rows.map_batches(
        _Worker,
        fn_constructor_args=(work, shared, versions()),
        batch_size=None,
        batch_format="pyarrow",
        compute=ray_data.ActorPoolStrategy(min_size=1, max_size=cores, initial_size=cores),
        num_cpus=1,
    )


class _PartSource(Datasource):  # type: ignore[misc]
    """The parts, read by one task."""

    def __init__(self, parts: Any) -> None:
        super().__init__()
        self._parts = parts

    def estimate_inmemory_data_size(self) -> int | None:
        return None

    def get_read_tasks(
        self, parallelism: int, per_task_row_limit: int | None = None, data_context: Any = None
    ) -> list[ReadTask]:
        unknown = BlockMetadata(num_rows=None, size_bytes=None, input_files=None, exec_stats=None)
        return [ReadTask(partial(_read, self._parts), unknown)]


def _read(parts: Any) -> Iterator[pa.Table]:
    try:
        for part in ray.get(parts):
            yield _boxed(part)
    except Exception as error:
        yield _boxed(None, error)


class _Worker:
    """What one process of the cluster keeps: the function, and what its calls share."""

    def __init__(
        self, work: Callable[[Any, Any], Any], shared: Any, wanted: dict[str, str]
    ) -> None:
        self._work, self._wanted = work, wanted
        self._ref, self._shared, self._is_open = shared, None, False

    def __call__(self, batch: pa.Table) -> pa.Table:
        try:
            (box,) = batch[_BOX]
            part = _opened(box.as_py())
            self._open()
            return _boxed(self._work(self._shared, part))
        except Exception as error:
            return _boxed(None, error)

    def _open(self) -> None:
        """Not when it is made: an error in that would be Ray's, and this one is for people."""
        if self._is_open:
            return
        for name, found in versions().items():
            if found != self._wanted[name]:
                raise InvalidRequest(
                    f"{name} {found}",
                    where=f"machine {platform.node()} of the cluster",
                    expected=f"{self._wanted[name]}, as where the command was given",
                    hint="install the same everywhere, so that results are the same",
                )
        self._shared, self._is_open = ray.get(self._ref), True


def versions() -> dict[str, str]:
    """What this process would work with."""
    found = {"python": platform.python_version()}
    for name in MUST_AGREE:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def _boxed(value: Any, error: Exception | None = None) -> pa.Table:
    if error is not None and not isinstance(error, ShopkeeperError):
        error.add_note("".join(traceback.format_exception(error)))
    return pa.table({_BOX: pa.array([dumps((value, error))], pa.large_binary())})


def _opened(box: bytes) -> Any:
    value, error = loads(box)
    if error is not None:
        raise error
    return value
