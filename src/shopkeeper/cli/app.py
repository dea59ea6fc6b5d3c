"""The commands. Heavy libraries are imported when a command runs, so that --help is instant."""

from __future__ import annotations

import logging
import sys

import typer

from shopkeeper.cli import (
    bench_commands,
    experiment_commands,
    export_commands,
    people_commands,
    rules_commands,
    shop_commands,
    world_commands,
)
from shopkeeper.records import ShopkeeperError

app = typer.Typer(
    name="shopkeeper",
    help=(
        "Product search: from a catalogue to a served, explained, measured search page.\n\n"
        "Start with  shopkeeper up  for a demo shop, or  shopkeeper up --feed products.csv  for "
        "your own."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
shop_commands.register(app)
export_commands.register(app)
rules_commands.register(app)
people_commands.register(app)
bench_commands.register(app)
world_commands.register(app)
experiment_commands.register(app)


def main() -> None:
    """Run the command line; what was raised on purpose is printed without a traceback."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        app()
    except ShopkeeperError as error:
        print(f"shopkeeper: {error}", file=sys.stderr)  # noqa: T201 — the terminal is its place
        sys.exit(1)
    except OSError as error:
        if error.strerror is None:
            raise
        where = f"{error.filename}: " if error.filename else ""
        what = f"{where}{error.strerror}. Check the disk and its rights"
        print(f"shopkeeper: {what}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
