"""How is a graph run?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


def open_session(graph: Path | bytes) -> InferenceSession:
    """An ONNX Runtime session on the CPU that computes in the calling thread alone.

    Several threads may run it at the same time; none of them waits for, or spins in, another's
    pool, so a query is not held up by a bulk of products. `graph` is a file or its content.
    """
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return InferenceSession(graph, options, providers=["CPUExecutionProvider"])
