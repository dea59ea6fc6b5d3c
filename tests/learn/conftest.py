"""TRL collects garbage at the start of each run; what the imports made need not be looked at."""

from __future__ import annotations

import gc

import tasks  # noqa: F401 # with it comes all that is heavy


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
