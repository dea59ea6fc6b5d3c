"""A command line to run, and a shop of sixty products to run it on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from assemble.shops import rows, write_feed
from shopkeeper.cli import main


@pytest.fixture
def run(capsys, monkeypatch):
    """Run one command line; its exit code, stdout and stderr."""
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["shopkeeper", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return call


@pytest.fixture
def root(tmp_path, run) -> Path:
    feed = write_feed(tmp_path / "goods.jsonl", rows(60))
    code, out, err = run("ingest", feed, "--shop", tmp_path / "mine", "--encoder", "none")
    assert (code, out) == (0, "")
    assert "60 products added" in err
    return tmp_path / "mine"
