"""Is the house in order? What no single room's tests can see."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest

from house.pages import ROOT, read

HEAVY = ("torch", "transformers", "fastapi", "tantivy", "faiss", "onnxruntime", "numpy")
FOLDERS = ("src", "tests", "docs", "deploy", ".ci")
# Cut in two, so that this file does not hold what it looks for.
FORBIDDEN = tuple(
    "".join(halves)
    for halves in (
        ("pickle", ".load"),
        ("TO", "DO"),
        ("FIX", "ME"),
        ("/ho", "me/"),
        ("/Us", "ers/"),
        ("/wo", "rk/main"),
        ("/wo", "rk/shared"),
        ("C:\\", "Users"),
    )
)


def files() -> Iterator[Path]:
    """Every text that belongs to the project."""
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.suffix != ".png")
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            is_made = "__pycache__" in path.parts or path.suffix in (".pyc", ".png")
            if path.is_file() and not is_made:
                yield path


def test_nothing_holds_a_forbidden_word() -> None:
    seen = 0
    for path in files():
        text = path.read_text("utf-8", errors="replace")
        seen += 1
        for word in FORBIDDEN:
            assert word not in text, f"{path.relative_to(ROOT)} has {word!r}"
    assert seen > 200


def run_fresh(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def test_importing_the_package_is_quick_and_light() -> None:
    """Under 0.3 s of processor time, whatever else the machine is doing."""
    code = (
        "import sys, time; start = time.process_time(); import shopkeeper; "
        "print(time.process_time() - start, *sys.modules)"
    )
    seconds, *modules = run_fresh(code).split()
    assert float(seconds) < 0.3
    assert not set(HEAVY) & set(modules)


@pytest.mark.parametrize("module", ["shopkeeper.cli", "shopkeeper.records", "shopkeeper.serve"])
def test_heavy_libraries_wait_until_they_are_used(module: str) -> None:
    loaded = run_fresh(f"import sys, {module}; print(*sys.modules)").split()
    assert module in loaded
    heavy = set(HEAVY) - ({"numpy"} if module != "shopkeeper.cli" else set())
    assert not heavy & set(loaded)


@pytest.mark.skipif(os.environ.get("CI") != "true", reason="a developer may have a GPU build")
def test_no_cuda_came_along() -> None:
    names = [distribution.name for distribution in distributions()]
    assert "shopkeeper-search" in names
    assert [name for name in names if name.lower().startswith("nvidia")] == []


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_dependency_is_pinned_for_ci() -> None:
    if not (ROOT / "constraints.txt").exists():
        pytest.skip("no constraints.txt")
    project = tomllib.loads(read("pyproject.toml"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(text for extra in extras for text in extra)]
    lines = (line.split("#")[0].strip() for line in read("constraints.txt").splitlines())
    pins = dict(line.split("==") for line in lines if line)
    names = {normal(re.split(r"[^\w.-]", text)[0]) for text in wanted}
    assert names
    assert names <= {normal(name) for name in pins}
    assert not any("+" in version for version in pins.values()), "an index has no local versions"
