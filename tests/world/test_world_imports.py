"""No room that learns or serves may import the world: a contract says so, and it bites."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
BELOW = ("index", "learn", "data", "nn", "text", "store", "measure", "records", "knowledge", "work")
"""Rooms on floors under the world's."""
BESIDE = ("stages", "online", "serve", "assemble")
"""Rooms above it, that a contract of their own keeps away from it."""


@pytest.fixture(scope="module")
def contracts() -> list[dict[str, Any]]:
    pyproject = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    read: list[dict[str, Any]] = pyproject["tool"]["importlinter"]["contracts"]
    return read


def test_the_contracts_keep_the_world_away(contracts: list[dict[str, Any]]) -> None:
    (floors,) = (contract for contract in contracts if contract["type"] == "layers")
    order = [{room.strip() for room in floor.split("|")} for floor in floors["layers"]]
    (at,) = (place for place, rooms in enumerate(order) if "world" in rooms)
    assert set().union(*order[at + 1 :]) == set(BELOW)
    assert order[at] == {"world"}
    kept = [
        contract
        for contract in contracts
        if contract["type"] == "forbidden" and "shopkeeper.world" in contract["forbidden_modules"]
    ]
    sources = {source for contract in kept for source in contract["source_modules"]}
    assert sources >= {f"shopkeeper.{room}" for room in BESIDE}


@pytest.mark.parametrize("room", [None, "stages", "learn", "online"])
def test_the_contracts_bite(tmp_path: Path, room: str | None) -> None:
    """A copy of the package, in which one room peeks at the truth."""
    shutil.copytree(
        REPOSITORY / "src" / "shopkeeper",
        tmp_path / "shopkeeper",
        ignore=shutil.ignore_patterns("__pycache__", "*.toml", "*.svg", "*.js", "*.css"),
    )
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    if room is not None:
        peek = "from shopkeeper.world.truth import Truth\n"
        (tmp_path / "shopkeeper" / room / "peek.py").write_text(peek, encoding="utf-8")
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(
        [str(linter), "--no-cache"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if room is None:
        assert run.returncode == 0, run.stdout
    else:
        assert run.returncode == 1, run.stdout
        assert f"shopkeeper.{room}.peek -> shopkeeper.world.truth" in run.stdout
