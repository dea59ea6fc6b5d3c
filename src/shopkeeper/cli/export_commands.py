"""Handing a shop's products on: as a feed for Google Merchant, or in canonical form."""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Literal, cast

import typer

from shopkeeper.cli.shop_commands import Root
from shopkeeper.cli.terminal import say
from shopkeeper.records import Refused

export = typer.Typer(no_args_is_help=True, help="Write a shop's products to a file.")

Out = Annotated[
    Path | None,
    typer.Option(help="A file, replaced when all is written; .gz is packed. None: stdout."),
]


@export.command()
def merchant(
    shop: Root,
    out: Out = None,
    format: Annotated[
        Literal["tsv", "xml"], typer.Option(help="Tab-separated text, or RSS 2.0.")
    ] = "tsv",
) -> None:
    """A feed for Google Merchant, an item for each variant.

    It says what is missing for Google to take the items in.

    shopkeeper export merchant --shop shops/mine --out feed.tsv
    """
    from shopkeeper.assemble.settings import load_settings
    from shopkeeper.data.merchant_export import Item, items, write_tsv, write_xml
    from shopkeeper.store import ShopFolder, open_products

    settings = load_settings(shop)
    counted = {"items": 0, "link": 0, "image_link": 0, "price": 0, "description": 0}

    opened = open_products(ShopFolder(shop), settings.shop_id, settings.products)
    with opened as products, _written(out) as file:

        def told() -> Iterator[Item]:
            for product in products.all():
                for item in items(product, settings.locale):
                    counted["items"] += 1
                    for name in counted.keys() - {"items"} - item.texts.keys():
                        counted[name] += 1
                    yield item

        if format == "tsv":
            write_tsv(told(), file)
        else:
            write_xml(told(), file, settings.name)
        count = products.count
    say(f"{count:,} products, {counted.pop('items'):,} items")
    for name, missing in counted.items():
        if missing:
            say(f"{missing:,} items without {name}, which Google asks for")


@export.command()
def jsonl(shop: Root, out: Out = None) -> None:
    """Every product in canonical form, a line each: what ingest takes back as it was.

    shopkeeper export jsonl --shop shops/mine --out products.jsonl.gz
    """
    import orjson

    from shopkeeper.assemble.settings import load_settings
    from shopkeeper.store import ShopFolder, open_products

    settings = load_settings(shop)
    opened, count = open_products(ShopFolder(shop), settings.shop_id, settings.products), 0
    with opened as products, _written(out) as file:
        for product in products.all():
            file.write(orjson.dumps(product.to_dict()).decode() + "\n")
            count += 1
    say(f"{count:,} products")


@contextmanager
def _written(out: Path | None) -> Iterator[IO[str]]:
    """Text to write to; a file takes its name only when it is whole."""
    if out is None:
        try:
            yield sys.stdout
            sys.stdout.flush()
        except BrokenPipeError:  # as when piped into head
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None
        return
    part = out.with_name(f".{out.name}.part")
    opened = gzip.open if out.suffix == ".gz" else open
    try:
        file = cast(IO[str], opened(part, "wt", encoding="utf-8", newline=""))
    except OSError as error:
        raise Refused(
            f"cannot write there: {error.strerror}", where=str(out), hint="name another --out"
        ) from None
    try:
        with file:
            yield file
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(export, name="export")
