"""Which checkpoint of a run is whole, and is the folder this run's at all?"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from datasets import Dataset

from shopkeeper.records import Refused
from shopkeeper.store.sealed import JSON, seal, unseal

_FORMAT = 1
_WHOLE = "whole.json"
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")


def claim(folder: Path, description: Mapping[str, JSON]) -> None:
    """Write down what is run here, or see that it is the same run that goes on.

    Raises:
        Refused: the folder holds a run with another base, config or rows.
    """
    path = folder / "run.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        seal(path, {"format": _FORMAT, **description})
        return
    before = unseal(path, _FORMAT, mend="start in a new folder")
    differing = sorted(
        name
        for name in {*before, *description} - {"format"}
        if before.get(name) != description.get(name)
    )
    if differing:
        raise Refused(
            f"the folder holds a run with other {', '.join(differing)}",
            where=str(path),
            expected="the same arguments, to go on with it",
            hint="take a new folder for a new run",
        )


def digest(rows: Dataset) -> str:
    """SHA-256 over the rows' columns and values, in order."""
    sha = hashlib.sha256()
    for batch in rows.with_format(None).iter(batch_size=1000):
        sha.update(repr(sorted(batch.items())).encode())
    return sha.hexdigest()


def seal_checkpoint(checkpoints: Path, step: int) -> None:
    """Mark the checkpoint of a step as whole; until then it does not count."""
    seal(checkpoints / f"checkpoint-{step}" / _WHOLE, {"format": _FORMAT, "step": step})


def newest_whole(checkpoints: Path) -> Path | None:
    """The last checkpoint that was written to its end; None before the first."""
    whole = [path for path in _all(checkpoints) if (path / _WHOLE).exists()]
    return max(whole, key=step_of, default=None)


def remove_torn(checkpoints: Path) -> None:
    """Remove what a crash left half-written."""
    for path in _all(checkpoints):
        if not (path / _WHOLE).exists():
            shutil.rmtree(path)


def step_of(checkpoint: Path) -> int:
    """The step after which it was written."""
    return int(checkpoint.name.removeprefix("checkpoint-"))


def _all(checkpoints: Path) -> list[Path]:
    if not checkpoints.exists():
        return []
    return [path for path in checkpoints.iterdir() if _CHECKPOINT.fullmatch(path.name)]
