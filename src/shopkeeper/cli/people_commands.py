"""People's data: forgetting a shopper, and logs that have grown old."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from shopkeeper.cli.terminal import emit, say, working

Root = Annotated[Path, typer.Option("--shop", help="The shop's folder.")]


def forget(
    shopper: Annotated[
        str, typer.Argument(help="The shopper's id, as searches and events bear it.")
    ],
    shop: Root,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be removed.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="What was removed, on stdout.")] = False,
) -> None:
    """Remove all that a shop knows of a shopper; servers that have it open go on.

    Pages and events of the id, and of sessions that no other shopper has; answers computed ahead.
    What the shopper does afterwards is new.

    shopkeeper forget 5e3b2a1c --shop shops/mine
    """
    from shopkeeper.assemble.people import forget_shopper

    with working(f"Reading the logs of {shop} …"):
        done = forget_shopper(shop, shopper, dry_run=dry_run)
    if json:
        emit(asdict(done))
    would = "would be removed" if dry_run else "removed"
    say(f"{would}: {done.pages:,} pages, {done.events:,} events, {done.entries:,} computed ahead")
    if done.artefacts:
        say(f"made since, with counts and no ids: {', '.join(done.artefacts)}")
        say(f"the next generation counts without them: shopkeeper build --shop {shop}")
    if done.receipt:
        say(f"receipt {done.receipt}, in forgotten.jsonl; it does not say who")


def retain(shop: Root) -> None:
    """Remove the log files that are older than keep_logs_days of shop.toml.

    A server does so by itself, once a day.
    """
    from shopkeeper.assemble.people import retain_logs
    from shopkeeper.assemble.settings import load_settings

    removed, days = retain_logs(shop), load_settings(shop).keep_logs_days
    for path in removed:
        typer.echo(path)
    kept = f"files of the last {days:,} days are kept" if days else "keep_logs_days is 0: all kept"
    say(f"{len(removed):,} files removed; {kept}")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (forget, retain):
        app.command()(command)
