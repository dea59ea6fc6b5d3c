"""Measuring: how good, how fast?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.status import Status
from rich.text import Text

from shopkeeper.cli.terminal import console, emit, progress, say, working
from shopkeeper.records import InvalidRequest

bench = typer.Typer(no_args_is_help=True, help="Measure: how good is the search, how fast?")

SETS = ("icecat", "crowdflower", "homedepot")


@bench.command()
def relevance(
    name: Annotated[
        Literal["icecat", "crowdflower", "homedepot", "all", "esci", "wands"],
        typer.Argument(help="Judged set; all: the first three."),
    ],
    data: Annotated[
        Path,
        typer.Option(
            help="Folder with icecat-relevance and its neighbours; of esci and wands, their own."
        ),
    ],
    locale: Annotated[Literal["us", "es", "jp"], typer.Option(help="Of esci.")] = "us",
    version: Annotated[Literal["small", "large"], typer.Option(help="Of esci.")] = "small",
    split: Annotated[
        Literal["test", "train"], typer.Option(help="Of esci, its publishers' own.")
    ] = "test",
    crossfit: Annotated[
        bool,
        typer.Option("--crossfit", help="Choose settings on half the queries, report the other."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="The figures on stdout.")] = False,
    encoder: Annotated[
        str, typer.Option(help="default, none, a sentence-transformers folder or a hub id.")
    ] = "default",
    cache: Annotated[Path, typer.Option(help="Where vectors are kept between runs.")] = Path(
        "~/.cache/shopkeeper"
    ),
) -> None:
    """Random, lexical, dense and hybrid on real judgements, with 95 % intervals over queries.

    Gain 2^g − 1, of esci and wands by the conventions that their figures are published in; a query
    without a positive grade is left out of nDCG and counted; unjudged products gain 0, and nDCG
    over the judged ones alone stands beside it. With "all" the paired difference hybrid − lexical
    is also pooled over the sets.

    shopkeeper bench relevance esci --data esci-data --encoder none
    """
    from shopkeeper.assemble.relevance_bench import Measured, run
    from shopkeeper.data.esci_judged import EsciPart
    from shopkeeper.experiment import pooled_difference, relevance_tables, to_json
    from shopkeeper.stages.retrieve import EncoderConfig, open_encoder

    cache = cache.expanduser()
    opened = None
    if encoder != "none":
        with console.status("Opening the encoder …"):
            spec = None if encoder == "default" else encoder
            opened = open_encoder(spec, cache / "encoders", EncoderConfig())
    measured: dict[str, Measured] = {}
    for one in SETS if name == "all" else (name,):
        with (
            progress(f"{one}: indexing") as reading,
            progress(f"{one}: encoding") as encoding,
            progress(f"{one}: queries") as asking,
        ):

            def watch(items: Iterable[int], told=asking) -> Iterator[int]:  # type: ignore[no-untyped-def]
                everything = list(items)
                for done, item in enumerate(everything, start=1):
                    yield item
                    told(done, len(everything))

            measured[one] = run(
                one,
                data,
                encoder=opened,
                cache=cache / "vectors",
                part=EsciPart(locale, version, split) if one == "esci" else None,
                is_crossfitted=crossfit,
                reading=reading,
                encoding=encoding,
                watch=watch,
            )
        for table in relevance_tables(measured[one].report):
            console.print(table)
    pooled = None
    if name == "all" and opened is not None:
        sets = [(m.yard, m.columns) for m in measured.values()]
        pooled = pooled_difference(sets, ("hybrid", "lexical"))
        say(
            f"hybrid − lexical, pooled over the sets' headline metrics: {pooled.mean:+.4f} "
            f"[{pooled.low:+.4f}, {pooled.high:+.4f}]"
        )
    if json:
        reports = [to_json(m.report) for m in measured.values()]
        if pooled is None:
            emit(reports[0] if len(reports) == 1 else reports)
        else:
            ends = {"mean": pooled.mean, "low": pooled.low, "high": pooled.high}
            emit({"sets": reports, "pooled": {"hybrid-lexical": ends}})


@bench.command()
def speed(
    products: Annotated[int, typer.Option(help="Goods of the world.", min=200, max=1_000_000)],
    shop: Annotated[
        Path | None,
        typer.Option(
            help="Kept here, and taken from here the next time; None: made, then removed."
        ),
    ] = None,
    queries: Annotated[int, typer.Option(help="Different queries.", min=20)] = 400,
    out: Annotated[
        Path | None, typer.Option(help="Write the figures, and draw them beside others' there.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The figures on stdout.")] = False,
) -> None:
    """Latency, recall, writes and cost of a shop of so many simulated goods.

    One process, one question after the other. Each leg stands beside the raw library, which answers
    the same in the same run. Vectors come from a generator around the encoder's own; encoding is
    timed apart.
    """
    from dataclasses import asdict
    from tempfile import TemporaryDirectory

    from shopkeeper.assemble.speed_bench import measure
    from shopkeeper.assemble.speed_shop import make_shop
    from shopkeeper.experiment.speed_page import speed_table, write_speed
    from shopkeeper.stages.retrieve import EncoderConfig, open_encoder
    from shopkeeper.world.origin import Origin
    from shopkeeper.world.world import World

    asking = Origin().open().asking()
    texts: dict[str, None] = {}
    for block in range(queries):
        if len(texts) >= queries:
            break
        texts |= dict.fromkeys(asked.text for asked in asking.draw(0, block, queries))
    with TemporaryDirectory(prefix="shopkeeper-speed-") as made, working("Opening …") as status:

        def told(what: str) -> None:
            status.update(f"{what} …")

        scratch = Path(made)
        root = shop or scratch / "shop"
        encoder = open_encoder(None, root / "encoders", EncoderConfig())
        built = make_shop(root, lambda: World(0, products).products(), encoder, 0, told)
        measured = measure(root, list(texts)[:queries], scratch, told)
    figures = {"built": asdict(built), "measured": asdict(measured)}
    say(speed_table([figures]))
    if out is not None:
        say(f"written: {write_speed(figures, out)}")
    if json:
        emit(figures)


@bench.command()
def load(
    shop: Annotated[
        Path | None, typer.Option(help="A shop to serve on loopback and to load.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Or a server that is up, as in http://127.0.0.1:8080.")
    ] = None,
    workers: Annotated[
        list[int] | None, typer.Option(help="With --shop: processes that serve; repeated: each.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Of each of the five turns.")] = 10.0,
    queries: Annotated[
        Path | None, typer.Option(help="One a line; else words of the shop's titles.", exists=True)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the figures, and a page of them, there.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The figures on stdout.")] = False,
) -> None:
    """How many searches a second, and how long do they take at 0.5, 1 and 3 × that?

    The capacity is what 16 callers get who ask again when they are answered. Then requests come at
    a rate, whether or not others are answered, and their times count from when they were due. On
    one machine generator and server share its cores: compare figures of one run.

    shopkeeper bench load --shop shops/demo --workers 1 --workers 2 --out docs/performance
    """
    from dataclasses import asdict

    from shopkeeper.assemble.load_bench import LoadConfig, measure_load
    from shopkeeper.cli.load_server import serving
    from shopkeeper.experiment.load_page import load_tables, write_load

    if (shop is None) == (url is None):
        raise InvalidRequest("nothing to load", expected="either --shop or --url")
    if url is not None and workers:
        raise InvalidRequest("--workers is of a shop that is served for it", expected="--shop")
    config = LoadConfig(seconds=seconds)
    asked = queries.read_text("utf-8").splitlines() if queries else []
    runs = []
    for count in (workers or [1]) if shop else [0]:
        started = serving(shop, count) if shop else nullcontext((url or "", None))
        with started as (address, process), working("Loading …") as shown:
            said = f"{count} workers: " if count else ""
            report = measure_load(
                address, config, asked, process=process, tell=partial(_show, shown, said)
            )
        runs.append({"workers": count or None, "report": asdict(report)})
    say(load_tables(runs))
    if out is not None:
        say(f"written: {write_load(runs, out)}")
    if json:
        emit(runs)


def _show(shown: Status, before: str, what: str) -> None:
    shown.update(Text(f"{before}{what}"))


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(bench, name="bench")
