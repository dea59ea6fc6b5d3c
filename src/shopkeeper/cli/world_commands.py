"""The simulated marketplace: made, looked at, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopkeeper.cli.engines import EngineOption
from shopkeeper.cli.terminal import emit, progress, say, working

if TYPE_CHECKING:
    from shopkeeper.data import JudgedSet
    from shopkeeper.experiment.order import Shop as OrderShop
    from shopkeeper.experiment.relevance import Columns
    from shopkeeper.records import Product
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
    catalogue: Annotated[
        Path | None,
        typer.Option(help="Put shoppers into a real feed, with attributes.", exists=True),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(help="Of the local engine; none: one for each core.", min=1, max=64),
    ] = None,
    engine: EngineOption = "local",
    json: Annotated[bool, typer.Option("--json", help="The manifest on stdout.")] = False,
) -> None:
    """Write a world: catalogue, serve log, events, knowledge and, apart, the truth.

    The same seed and dials write the same bytes, whoever does the work. With --engine ray, every
    machine of the cluster must see the folder OUT under the same path.
    """
    from shopkeeper.data import open_feed
    from shopkeeper.work import open_engine
    from shopkeeper.world.make import make_world

    scale = _scale(preset, settings)
    with open_engine(engine, processes or cpu_count() or 1) as opened, _stages() as tell:
        made = make_world(
            out,
            scale,
            seed=seed,
            products=None if catalogue is None else open_feed(catalogue),
            engine=opened,
            tell=tell,
        )
    manifest = made.manifest
    rows = ", ".join(f"{count:,} {name}" for name, count in manifest["rows"].items())
    left = f" ({manifest['left_out']:,} left out)" if manifest["left_out"] else ""
    goods = f"{manifest['products']:,} products{left}, {scale.shoppers:,} shoppers"
    say(f"{out}: {goods}, {rows}; simulated")
    if json:
        emit(manifest)


@world.command()
def check(
    parts: Annotated[
        list[str] | None, typer.Argument(help="likeness, truth, experiments …; none: all of them.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the real data sets, for likeness and order.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write each part there as JSON, and the page of all parts.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A tenth of everything: decides nothing.")
    ] = False,
    seed: Seed = 0,
    settings: Set = None,
    cache: Annotated[Path, typer.Option(help="Where vectors are kept between runs.")] = Path(
        "~/.cache/shopkeeper"
    ),
    json: Annotated[bool, typer.Option("--json", help="The findings on stdout.")] = False,
) -> None:
    """Is the demo world good? Is it like real shops, and does what it logs lead to the truth?

    The tables go to stdout as Markdown. Whatever does not hold is said so; the exit code stays 0.
    """
    from shopkeeper.experiment.world_check import PARTS, Bench, keep_part, part_markdown, run_parts
    from shopkeeper.experiment.world_page import write_page
    from shopkeeper.world.origin import Origin

    names = tuple(parts or PARTS)
    shop = _measured_shop(cache.expanduser()) if "order" in names else None
    with _stages() as tell:
        bench = Bench(Origin(seed, "demo", tuple(settings or ())), data, quick, shop, tell)
        for part in run_parts(bench, names):
            if out is not None:
                keep_part(part, out)
            if json:
                emit(part.to_json())
            else:
                typer.echo(f"\n## {part.name}, simulated\n\n{part_markdown(part)}")
    if out is not None:
        say(f"page: {write_page(out)}")


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


def _measured_shop(cache: Path) -> OrderShop:
    """The shop's own arms on a judged set: words, meaning, both."""
    from shopkeeper.assemble.relevance_bench import measure_judged
    from shopkeeper.stages.retrieve import EncoderConfig, open_encoder

    with working("Opening the encoder …"):
        encoder = open_encoder(None, cache / "encoders", EncoderConfig())

    def measure(judged: JudgedSet, products: Sequence[Product]) -> Mapping[str, Columns]:
        found = measure_judged(judged, products, encoder=encoder, cache=cache / "vectors")
        return found.columns

    return measure


@contextmanager
def _stages() -> Iterator[Tell]:
    """One line of progress for the stage at work."""
    with progress("") as bar:
        yield lambda stage, done, total: bar(done, total)
