"""Measuring: how good, how fast."""

from __future__ import annotations

import typer

bench = typer.Typer(no_args_is_help=True, help="Measure the shop: relevance on judged sets.")


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(bench, name="bench")
