"""The simulated marketplace: made, looked at, checked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopkeeper.cli.terminal import emit, progress, say, working

if TYPE_CHECKING:
    from shopkeeper.world.market import Market
    from shopkeeper.world.presets import Scale
    from shopkeeper.world.work import Tell

world = typer.Typer(
    no_args_is_help=True, help="The simulated marketplace: goods, shoppers, logs, and their truth."
)
show = typer.Typer(no_args_is_help=True, help="Look at one thing of a world, with its truth.")
world.add_typer(show, name="show")

Preset = Annotated[str, typer.Option(help="tiny, demo or large.")]
Seed = Annotated[int, typer.Option(help="Same seed, same bytes.", min=0)]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="A dial, as in queries.typo=0.2 or products=5000; repeatable."),
]


@world.command()
def make(
    out: Annotated[Path, typer.Option(help="A new folder.")],
    preset: Preset = "demo",
    seed: Seed = 0,
    settings: Set = None,
    processes: Annotated[
        int | None, typer.Option(help="None: one for each core.", min=1, max=64)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The manifest on stdout.")] = False,
) -> None:
    """Write a world: catalogue, serve log, events, knowledge and, apart, the truth.

    The same seed and dials write the same bytes, in any number of processes.
    """
    from shopkeeper.world.make import make_world

    scale = _scale(preset, settings)
    with _stages() as tell:
        made = make_world(out, scale, seed=seed, processes=processes or cpu_count() or 1, tell=tell)
    rows = ", ".join(f"{count:,} {name}" for name, count in made.manifest["rows"].items())
    say(f"{out}: {scale.products:,} products, {scale.shoppers:,} shoppers, {rows}; simulated")
    if json:
        emit(made.manifest)


@show.command()
def product(
    number: Annotated[int, typer.Argument(help="From 0.", min=0)],
    preset: Preset = "demo",
    seed: Seed = 0,
    settings: Set = None,
    picture: Annotated[Path | None, typer.Option(help="Write its picture there, as SVG.")] = None,
) -> None:
    """A product as it is, beside what its merchant says."""
    from shopkeeper.world import World, draw
    from shopkeeper.world.show import product_lines

    scale = _scale(preset, settings)
    goods = World(seed=seed, size=scale.products, dials=scale.config.goods)
    for line in product_lines(goods, number):
        say(line)
    if picture is not None:
        item = goods.item(number)
        picture.write_text(draw(item, goods.goods, item.colours[0]), "utf-8")
        say(f"picture: {picture}")


@show.command()
def query(
    text: Annotated[str, typer.Argument(help="A query of the book, or its id.")],
    preset: Preset = "demo",
    seed: Seed = 0,
    settings: Set = None,
) -> None:
    """A query with its meaning, and the true grade of what the logged engine found."""
    from shopkeeper.world.show import query_lines

    for line in query_lines(_market(preset, seed, settings), text):
        say(line)


@show.command()
def shopper(
    number: Annotated[int, typer.Argument(help="From 0.", min=0)],
    preset: Preset = "demo",
    seed: Seed = 0,
    settings: Set = None,
) -> None:
    """A shopper's taste, and everything that he or she did."""
    from shopkeeper.world.show import shopper_lines

    market = _market(preset, seed, settings)
    for line in shopper_lines(market, number, _scale(preset, settings).shoppers):
        say(line)


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(world, name="world")


def _scale(preset: str, settings: list[str] | None) -> Scale:
    from shopkeeper.world.presets import scale_of

    return scale_of(preset, settings or ())


def _market(preset: str, seed: int, settings: list[str] | None) -> Market:
    from shopkeeper.world import World
    from shopkeeper.world.market import market_of

    scale = _scale(preset, settings)
    with working("Opening the marketplace …"):
        market = market_of(World(seed, scale.products, scale.config.goods), scale.config)
        _ = market.book
    return market


@contextmanager
def _stages() -> Iterator[Tell]:
    """One line of progress for the stage at work."""
    with progress("") as bar:
        yield lambda stage, done, total: bar(done, total)
