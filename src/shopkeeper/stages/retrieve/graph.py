"""Where is the checkpoint's ONNX graph? An artefact, exported the first time it is asked for.

The export runs in a process of its own (`export`): tracing holds the interpreter for many seconds
and leaves a gigabyte of torch behind, and a shop that is already serving can afford neither.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from shopkeeper.records import NotFound
from shopkeeper.stages.retrieve.checkpoint import Checkpoint
from shopkeeper.stages.retrieve.locate import EXTRA
from shopkeeper.store.artefact import open_artefact, versions
from shopkeeper.store.locks import exclusive

GRAPH = "graph.onnx"
"""The artefact's one file."""

EXPORT_VERSION = 1
"""Of the graph's form; a new one exports anew."""

_EXPORT_WAIT_S = 600.0
"""For another process that exports it."""

_EXPORTER = "shopkeeper.stages.retrieve.export"
_EXPORTER_NEEDS = ("torch", "transformers", "safetensors", "onnx", "onnxscript")


def graph_name(checkpoint: Checkpoint) -> str:
    """Name of the artefact: the same bytes and the same exporter have the same one."""
    return f"encoder-{checkpoint.digest[:32]}-{EXPORT_VERSION}"


def open_graph(checkpoint: Checkpoint, artefacts: Path) -> Path:
    """The checkpoint's graph file, verified to the bit; exported if there is none yet.

    Raises:
        NotFound: there is none, and it could not be exported.
        Busy: another process has been exporting it for ten minutes.
        CorruptArtefact: the bytes on the disk are not the ones that were written.
    """
    name = graph_name(checkpoint)
    if not versions(artefacts, name):
        with exclusive(artefacts / f"{name}.lock", "exporting the encoder", wait_s=_EXPORT_WAIT_S):
            if not versions(artefacts, name):  # another process may have been quicker
                _export(checkpoint, artefacts)
    newest = versions(artefacts, name)[-1]
    return open_artefact(artefacts / name / newest).file(GRAPH)


def _export(checkpoint: Checkpoint, artefacts: Path) -> None:
    missing = [name for name in _EXPORTER_NEEDS if find_spec(name) is None]
    if missing:
        raise NotFound(
            f"the encoder was not exported yet, which needs {', '.join(missing)}",
            where=str(checkpoint.folder),
            hint=f"install it: {EXTRA}",
        )
    command = [sys.executable, "-m", _EXPORTER, str(checkpoint.folder), str(artefacts)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = done.stderr.strip().rpartition("\n")[2] or f"exit code {done.returncode}"
        raise NotFound(f"the encoder could not be exported: {last}", where=str(checkpoint.folder))
