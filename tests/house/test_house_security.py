"""Does SECURITY.md name tests that exist, and does the code keep away from what runs data?"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from house.pages import PACKAGE, ROOT, codes, read, table

WEB, LLM = "OWASP Top 10:2025", "OWASP LLM Top 10, 2026"


def rows(first: str) -> list[tuple[str, ...]]:
    return table(read("SECURITY.md"), first)


def test_every_risk_has_its_line() -> None:
    assert [row[0].split()[0] for row in rows(WEB)] == [f"A{n:02d}" for n in range(1, 11)]
    assert [row[0].split()[0] for row in rows(LLM)] == [f"LLM{n:02d}" for n in range(1, 11)]


@pytest.mark.parametrize("row", [*rows(WEB), *rows(LLM)], ids=lambda row: row[0].split()[0])
def test_every_line_names_its_tests_or_says_that_there_are_none(row: tuple[str, ...]) -> None:
    tests = codes(row[-1])
    assert tests or "none" in row[-1]
    for path in tests:
        assert re.fullmatch(r"tests/[\w/]+\.py", path), path
        assert "def test_" in (ROOT / path).read_text("utf-8"), path


# --- what runs data ------------------------------------------------------------------------------

UNSAFE_MODULES = {"pickle", "dill", "joblib", "shelve", "marshal", "cloudpickle"}
UNSAFE_CALLS = {
    "eval",
    "exec",
    "os.system",
    "os.popen",
    "torch.load",
    "yaml.load",
    "tempfile.mktemp",
}


def calls() -> Iterator[tuple[Path, ast.Call, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield path.relative_to(ROOT), node, ast.unparse(node.func)


def test_nothing_that_runs_what_it_reads_is_imported() -> None:
    seen = 0
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            seen += len(names)
            assert not {name.split(".")[0] for name in names} & UNSAFE_MODULES, path
    assert seen > 1_000


def test_nothing_that_runs_what_it_reads_is_called() -> None:
    seen = 0
    for path, call, name in calls():
        seen += 1
        where = f"{path}:{call.lineno}"
        given = {each.arg: ast.unparse(each.value) for each in call.keywords}
        assert name not in UNSAFE_CALLS, where
        assert given.get("shell", "False") == "False", where
        assert given.get("trust_remote_code", "False") == "False", where
        if name in ("np.load", "numpy.load", "np.save", "numpy.save"):
            assert given.get("allow_pickle") == "False", where
    assert seen > 5_000
