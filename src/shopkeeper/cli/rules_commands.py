"""The merchants' rules: pin, boost, bury, filter, redirect, synonyms."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import orjson
import typer

from shopkeeper.cli.terminal import emit, say
from shopkeeper.records import InvalidRecord, NotFound

rules = typer.Typer(
    no_args_is_help=True,
    help="The merchants' rules. A server that has the shop open obeys a change within a second.",
)

Root = Annotated[Path, typer.Option("--shop", help="The shop's folder.")]
Author = Annotated[str, typer.Option(help="Who changes it, for the audit log.")]
Reason = Annotated[str, typer.Option(help="Why, for the audit log.")]


@rules.command(name="list")
def list_(shop: Root) -> None:
    """The rules as JSON lines on stdout; conflicts between them on stderr."""
    from shopkeeper.assemble.settings import load_settings
    from shopkeeper.stages.merchandise import RuleBook, conflicts, rule_to_json
    from shopkeeper.store import ShopFolder
    from shopkeeper.text import analyser

    settings = load_settings(shop)
    found = RuleBook(ShopFolder(shop).rules).rules()
    for rule in found:
        typer.echo(orjson.dumps(rule_to_json(rule)).decode())
    for conflict in conflicts(found, analyser(settings.locale)):
        say(f"{' and '.join(conflict.rules)}: {conflict.what}")


@rules.command()
def put(
    rule: Annotated[
        str, typer.Argument(help='{"id": "tents", "contains": "tent", "pin": ["p1", "p2"]}')
    ],
    shop: Root,
    reason: Reason,
    author: Author = "",
) -> None:
    """Add a rule, or replace the one with its id.

    A rule holds on queries that are ("is") or contain ("contains") a text, or on every query, and
    does one thing: "pin" product ids, "boost" or "bury" a filter by a "weight", "filter",
    "redirect", or "synonyms". "starts" and "ends" bound it in time.
    """
    from shopkeeper.stages.merchandise import RuleBook, rule_from_json
    from shopkeeper.store import ShopFolder

    try:
        given = orjson.loads(rule)
    except orjson.JSONDecodeError as error:
        raise InvalidRecord(f"no JSON: {error}", where="rule", expected="an object") from None
    if not isinstance(given, dict):
        raise InvalidRecord(f"{rule:.60}", where="rule", expected="a JSON object")
    book = RuleBook(ShopFolder(shop).rules)
    entry = book.put(rule_from_json(given), author or getpass.getuser(), reason)
    say(f"rule {entry.rule} is put (revision {entry.revision})")


@rules.command()
def remove(
    rule_id: Annotated[str, typer.Argument(help="Its id.")],
    shop: Root,
    reason: Reason,
    author: Author = "",
) -> None:
    """Remove a rule."""
    from shopkeeper.stages.merchandise import RuleBook
    from shopkeeper.store import ShopFolder

    book = RuleBook(ShopFolder(shop).rules)
    entry = book.remove(rule_id, author or getpass.getuser(), reason)
    say(f"rule {entry.rule} is removed (revision {entry.revision})")


@rules.command()
def undo(
    revision: Annotated[int, typer.Argument(help="As told by history.")],
    shop: Root,
    reason: Reason,
    author: Author = "",
) -> None:
    """Make a rule what it was before a change, unless it has been changed since."""
    from shopkeeper.stages.merchandise import RuleBook
    from shopkeeper.store import ShopFolder

    book = RuleBook(ShopFolder(shop).rules)
    entry = next((e for e in book.history() if e.revision == revision), None)
    if entry is None:
        raise NotFound(f"no revision {revision}", hint="shopkeeper rules history lists them")
    undone = book.undo(entry, author or getpass.getuser(), reason)
    say(f"rule {undone.rule} is as before revision {revision} (revision {undone.revision})")


@rules.command()
def history(shop: Root) -> None:
    """Who changed what, when and why, as JSON lines on stdout, the newest first."""
    from shopkeeper.stages.merchandise import RuleBook, rule_to_json
    from shopkeeper.store import ShopFolder

    for entry in RuleBook(ShopFolder(shop).rules).history():
        emit(
            {
                "revision": entry.revision,
                "at": entry.at,
                "author": entry.author,
                "reason": entry.reason,
                "action": entry.action,
                "rule": entry.rule,
                "before": rule_to_json(entry.before) if entry.before else None,
                "after": rule_to_json(entry.after) if entry.after else None,
            }
        )


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(rules, name="rules")
