"""Which experiments does the shop keep? The files that whoever runs them writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import orjson

from shopkeeper.records import InvalidRecord
from shopkeeper.records.experiment import Experiment


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is no experiment."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class ExperimentsAnswer:
    """Every experiment of the shop, those that run first, then the latest."""

    experiments: tuple[Experiment, ...]
    unreadable: tuple[Unreadable, ...]


def read_experiments(folder: Path | None) -> ExperimentsAnswer:
    """All ``*.json`` of the folder; a folder that is not there holds none."""
    found: list[Experiment] = []
    unreadable: list[Unreadable] = []
    for path in sorted(folder.glob("*.json")) if folder is not None else ():
        try:
            found.append(Experiment.from_dict(orjson.loads(path.read_bytes())))
        except (InvalidRecord, orjson.JSONDecodeError, OSError) as error:
            unreadable.append(Unreadable(path.name, str(error)))
    found.sort(key=lambda each: (each.state != "running", -each.updated_ms, each.name))
    return ExperimentsAnswer(tuple(found), tuple(unreadable))
