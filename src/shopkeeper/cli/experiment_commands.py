"""Experiments in a simulated marketplace: A/B and interleaving, and the true effect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopkeeper.cli.terminal import emit, progress, say, working

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shopkeeper.records.experiment import Experiment, ExperimentKind
    from shopkeeper.world import Market

experiment = typer.Typer(
    no_args_is_help=True,
    help="Two systems before the same simulated shoppers: did it help?",
)

Root = Annotated[Path, typer.Option("--shop", help="A demo shop: its goods name their world.")]
Arm = Annotated[
    str, typer.Argument(help='"shop", another shop\'s folder, or a system: see experiment systems.')
]
Name = Annotated[str, typer.Option(help="Of its file in the shop's experiments/.")]
People = Annotated[int, typer.Option(help="Simulated shoppers.", min=100, max=10_000_000)]
Begin = Annotated[int, typer.Option(help="First day; the days before are CUPED's past.", min=1)]
Pause = Annotated[float, typer.Option(help="Seconds that a day lasts, to watch it.", min=0)]
Json = Annotated[bool, typer.Option("--json", help="The result on stdout.")]


@experiment.command()
def ab(
    control: Arm,
    treatment: Arm,
    shop: Root = Path("shops/demo"),
    name: Name = "ab",
    shoppers: People = 20_000,
    begin_day: Begin = 14,
    pause: Pause = 0.0,
    json: Json = False,
) -> None:
    """Half of the shoppers see the treatment: lifts with intervals, CUPED, and the true effect.

    shopkeeper experiment ab engine shop
    """
    _run("ab", (control, treatment), shop, name, shoppers, begin_day, pause=pause, json=json)


@experiment.command()
def interleave(
    control: Arm,
    treatment: Arm,
    shop: Root = Path("shops/demo"),
    name: Name = "interleave",
    shoppers: People = 4_000,
    begin_day: Begin = 14,
    pause: Pause = 0.0,
    json: Json = False,
) -> None:
    """Each page is drafted from both systems: whose products are clicked and bought?"""
    _run(
        "interleave", (control, treatment), shop, name, shoppers, begin_day, pause=pause, json=json
    )


@experiment.command()
def systems() -> None:
    """Names of the systems that every world has, from chance to the oracle."""
    from shopkeeper.experiment.systems import NAMES

    for name in NAMES:
        typer.echo(name)


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(experiment, name="experiment")


def _run(
    kind: ExperimentKind,
    arms: tuple[str, str],
    shop: Path,
    name: str,
    shoppers: int,
    begin_day: int,
    *,
    pause: float,
    json: bool,
) -> None:
    from shopkeeper.experiment.policies import fixed_policy
    from shopkeeper.experiment.running import RUNNERS, Plan, keep
    from shopkeeper.records import InvalidRequest, NotFound
    from shopkeeper.store import ShopFolder
    from shopkeeper.world.origin import read_origin

    origin = read_origin(shop)
    if origin is None:
        raise NotFound(
            f"{shop} is no shop of a simulated world",
            hint="make one with: shopkeeper up",
        )
    if not 1 <= begin_day < origin.scale.config.shoppers.days:
        days = origin.scale.config.shoppers.days
        raise InvalidRequest(f"begin day {begin_day}", expected=f"1 … {days - 1}")
    with working("Opening the marketplace …"):
        market = origin.open()
        _ = market.book
    control, treatment = (fixed_policy(market, _pages(arm, market, shop)) for arm in arms)
    plan = Plan(
        name,
        market,
        arms,
        control,
        treatment,
        shoppers,
        begin_day,
        note=f"{shoppers:,} simulated shoppers, {len(market.book):,} different queries.",
    )
    with working(f"{arms[0]} against {arms[1]} …"):
        done = keep(ShopFolder(shop).experiments, RUNNERS[kind](plan), pause)
    _tell(done)
    if json:
        emit(done.to_dict())


def _pages(arm: str, market: Market, shop: Path) -> NDArray[np.int32]:
    """What a system shows for every query of the book."""
    from shopkeeper.experiment.systems import NAMES, ladder
    from shopkeeper.records import NotFound

    if arm in NAMES:
        return ladder(market)[arm]
    folder = shop if arm == "shop" else Path(arm)
    if not folder.is_dir():
        raise NotFound(f"arm {arm!r}", hint='"shop", a shop\'s folder, or a name of: systems')
    return _pages_of_shop(folder, market)


def _pages_of_shop(folder: Path, market: Market) -> NDArray[np.int32]:
    """The shop's own pipeline, asked every query of the book."""
    import numpy as np

    from shopkeeper.assemble.shop import Shop
    from shopkeeper.records import Query, SearchRequest
    from shopkeeper.world.choice import NONE

    page = len(market.config.behaviour.examined)
    row_of = {product_id: row for row, product_id in enumerate(market.shelves.ids)}
    pages = np.full((len(market.book), page), NONE, dtype=np.int32)
    with Shop(folder, is_serving=False) as opened, progress(f"Asking {folder}") as asked:
        for at, query in enumerate(market.book.queries):
            request = SearchRequest(
                Query(query.text, query.asked.locale, opened.market),
                query_id=f"{at}",
                facets=(),
                size=page,
                timeout_ms=60_000,
            )
            rows = [
                row_of[hit.product.id]
                for hit in opened.search(request).hits
                if hit.product.id in row_of
            ]
            pages[at, : len(rows)] = rows
            asked(at + 1, len(market.book))
    return pages


def _tell(done: Experiment) -> None:
    control, treatment = done.arms
    say(f"{treatment} against {control}, {done.days_done} days, simulated. {done.note}")
    unit = "lift" if done.kind == "ab" else "lead in credit"
    for metric in done.metrics:
        if metric.lift is None or metric.low is None or metric.high is None:
            say(f"  {metric.name:10} too little to tell")
            continue
        truth = (done.true_effects or {}).get(metric.name)
        beside = "" if truth is None else f"   true {truth:+.1%}"
        say(
            f"  {metric.name:10} {unit} {metric.lift:+.1%} [{metric.low:+.1%}, "
            f"{metric.high:+.1%}]{beside}"
        )
