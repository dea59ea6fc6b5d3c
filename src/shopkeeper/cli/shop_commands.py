"""Opening, feeding, asking and checking a shop."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from shopkeeper.cli.engines import EngineOption
from shopkeeper.cli.terminal import emit, progress, say, working
from shopkeeper.records import InvalidRequest, Refused

Root = Annotated[Path, typer.Option("--shop", help="The shop's folder.")]
Host = Annotated[str, typer.Option(help="Address to listen on; writes need a key off loopback.")]
Port = Annotated[
    int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65_535)
]

Workers = Annotated[
    int, typer.Option(help="Processes that serve, each with the whole shop.", min=1, max=64)
]


def up(
    shop: Root = Path("shops/demo"),
    feed: Annotated[
        Path | None,
        typer.Option(help="Your products; none: a demo shop.", exists=True),
    ] = None,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    workers: Workers = 1,
) -> None:
    """Open a shop: make it from FEED, or a demo of simulated goods, and serve it.

    A feed that has not changed since the shop took it in is left alone, with what was written live.
    """
    from shopkeeper.assemble.ingest import is_taken_in
    from shopkeeper.assemble.settings import FILE_NAME

    is_there = (shop / FILE_NAME).exists()
    if feed is not None and is_there and is_taken_in(shop, feed):
        say(f"{feed} is unchanged; to take it in again: shopkeeper ingest {feed} --shop {shop}")
    elif feed is not None:
        ingest(feed, shop)
    elif not is_there:
        _make_demo(shop)
    serve(shop, host, port, workers=workers)


def _make_demo(root: Path) -> None:
    from shopkeeper.assemble.ingest import ingest as take_in
    from shopkeeper.store import ShopFolder
    from shopkeeper.world.demo import write_demo, write_demo_log
    from shopkeeper.world.origin import Origin

    origin, started = Origin(), time.perf_counter()
    count = origin.scale.products
    with working(f"Making {count:,} simulated goods …"):
        write_demo(root, origin)
    given = {"shop_id": "demo", "name": "Shopkeeper demo", "notice": "Simulated goods."}
    # Its shoppers are simulated, and their log is of one month for ever.
    with _shop_to_feed(root, {**given, "keep_logs_days": 0}), progress("Indexing") as indexing:
        take_in(root, root / "feed.jsonl", indexing=indexing)
    with working("Letting simulated shoppers in …"):
        rows, events = write_demo_log(ShopFolder(root).logs, origin)
    say(
        f"A demo shop of {count:,} simulated goods, with a log of {rows:,} pages and {events:,} "
        f"events, {time.perf_counter() - started:.1f} s"
    )


@contextmanager
def _shop_to_feed(root: Path, given: Mapping[str, str | int]) -> Iterator[None]:
    """Make the shop when it is not there; when its first feed fails, it is not there again."""
    from shopkeeper.assemble.ingest import ensure_shop
    from shopkeeper.assemble.settings import FILE_NAME, ShopSettings

    file = root / FILE_NAME
    is_new = not file.exists()
    settings = ensure_shop(root, ShopSettings(**given))  # type: ignore[arg-type]
    for key, value in given.items():
        if getattr(settings, key) != value:
            raise InvalidRequest(
                f"{key} {value!r} for a shop that has {getattr(settings, key)!r}",
                where=str(file),
                hint=f"leave --{key} out, or change it in that file",
            )
    try:
        yield
    except BaseException:
        if is_new:
            file.unlink()
        raise


def ingest(
    feed: Annotated[
        Path,
        typer.Argument(help="A feed; its format is detected.", exists=True),
    ],
    shop: Root,
    mode: Annotated[
        Literal["replace", "merge"],
        typer.Option(help="replace: what the feed lacks leaves the shop. merge: it stays."),
    ] = "replace",
    force: Annotated[
        bool, typer.Option("--force", help="Replace even if over 20 % of the shop would vanish.")
    ] = False,
    format: Annotated[str | None, typer.Option(help="See: shopkeeper formats")] = None,
    locale: Annotated[str | None, typer.Option(help="Of a new shop, BCP 47; else en.")] = None,
    currency: Annotated[
        str | None, typer.Option(help="Of a new shop, ISO 4217; else the feed's own, or USD.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Of a new shop; else its folder's.")] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Of a new shop: default, none, a folder or a hub id.")
    ] = None,
    engine: EngineOption = "local",
) -> None:
    """Take a feed into a shop, which is made when it is not there, and build its index.

    A server that has the shop open changes to the new generation by itself. Rows that are no
    products go to rejects.jsonl in the shop's folder.

    shopkeeper ingest products.csv --shop shops/mine --currency EUR
    """
    from shopkeeper.assemble.ingest import feed_currency
    from shopkeeper.assemble.ingest import ingest as take_in
    from shopkeeper.assemble.settings import FILE_NAME
    from shopkeeper.work import open_engine

    asked = {"locale": locale, "currency": currency, "name": name, "encoder": encoder}
    given = {key: value for key, value in asked.items() if value is not None}
    if not (shop / FILE_NAME).exists():
        folder = shop.resolve().name
        shop_id = "".join(c if c.isalnum() or c in "-_" else "-" for c in folder) or "shop"
        given = {"shop_id": shop_id, "name": folder or "Shop", **given}
        if currency is None and (found := feed_currency(feed, format)):
            given["currency"] = found
    started = time.perf_counter()
    with (
        open_engine(engine) as opened,
        _shop_to_feed(shop, given),
        progress("Reading") as reading,
        progress("Indexing") as indexing,
    ):
        report = take_in(
            shop,
            feed if engine == "local" else feed.absolute(),  # read by another process
            mode=mode,
            force=force,
            feed_format=format,
            engine=opened,
            reading=reading,
            indexing=indexing,
        )
    done, counts = report.ingested, report.counts
    say(
        f"{report.format}: {counts.rows:,} rows → {done.added:,} products added, "
        f"{done.changed:,} changed, {done.unchanged:,} unchanged, {done.removed:,} removed "
        f"({time.perf_counter() - started:.1f} s)"
    )
    if counts.rows_rejected:
        say(f"rejected {counts.rows_rejected:,}, each with its reason: {report.rejects}")
        fields = ", ".join(f"{field} {count:,}" for field, count in counts.rejected_for.items())
        say(f"by field: {fields}")
    if counts.rows_rejected > counts.rows_kept:
        say("WARNING: most of the feed was rejected, and this shop lacks it")
    for kind, count in counts.repairs.items():
        say(f"repaired {count:,} × {kind}")


def build(shop: Root) -> None:
    """Build the next index generation from the products in the store."""
    from shopkeeper.assemble.build import build_index

    with progress("Indexing") as indexing:
        version = build_index(shop, indexing)
    say(f"index@{version} is live")


def encode(shop: Root, engine: EngineOption = "local") -> None:
    """Encode the shop's products ahead, so that a server has their vectors when it opens.

    Without it a server encodes in the background, on its own machine.
    """
    from shopkeeper.assemble.ahead import encode_catalogue
    from shopkeeper.work import open_engine

    started = time.perf_counter()
    with open_engine(engine) as opened, progress("Encoding") as encoding:
        report = encode_catalogue(shop, opened, encoding)
    say(
        f"{report.encoded:,} of {report.products:,} products have their vector "
        f"({time.perf_counter() - started:.1f} s)"
    )


def copy(
    to: Annotated[
        str, typer.Argument(help="As `products` in shop.toml: postgresql://…, or sqlite.")
    ],
    shop: Root,
    force: Annotated[
        bool, typer.Option("--force", help="Even if over 20 % of what is there would vanish.")
    ] = False,
) -> None:
    """Copy a shop's products into another store; a second copy writes only what differs.

    The shop goes on standing on its own store until `products` in shop.toml names the other.
    A password is better taken from the environment:

    shopkeeper copy 'postgresql://shop:${SHOP_PASSWORD}@db/shops' --shop shops/mine
    """
    from shopkeeper.assemble.copying import copy_products

    with progress("Copying") as copying:
        done = copy_products(shop, to, force=force, copying=copying)
    say(
        f"{done.added:,} products added, {done.changed:,} changed, {done.unchanged:,} unchanged, "
        f"{done.removed:,} removed; to stand on them, set products in {shop / 'shop.toml'}, "
        "and start again what has the shop open"
    )


def serve(
    shop: Root,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    host_name: Annotated[
        list[str] | None, typer.Option(help="Names the server answers to; any, off loopback.")
    ] = None,
    open_events: Annotated[
        bool, typer.Option("--open-events", help="Take shoppers' events without a key.")
    ] = False,
    workers: Workers = 1,
) -> None:
    """Serve a shop: storefront at /, API under /v1, OpenAPI at /openapi.json.

    Off loopback, writes need one of the keys in SHOPKEEPER_API_KEY, separated by commas.
    """
    from shopkeeper.cli.serving import serve_here, serve_in_workers
    from shopkeeper.serve import ServeSettings, keys_from_environment

    # Threads that wait by spinning would starve the requests.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    settings = ServeSettings(
        host=host,
        port=open_port(host, port),
        api_keys=keys_from_environment(),
        host_names=tuple(host_name or ()),
        open_events=open_events,
    )
    if workers == 1:
        serve_here(shop, settings)
    else:
        serve_in_workers(shop, settings, workers)


def open_port(host: str, port: int) -> int:
    """The port, or a free one for 0; raises Refused when somebody listens there."""
    try:
        with socket.create_server((host, port)) as taken:
            return int(taken.getsockname()[1])
    except OSError as error:
        raise Refused(
            f"cannot listen there: {error.strerror}",
            where=f"{host}:{port}",
            hint="end what listens there, or choose another --port",
        ) from None


def search(
    query: Annotated[str, typer.Argument(help='As typed; "" browses.')],
    shop: Root,
    filter: Annotated[
        list[str] | None, typer.Option(help='"brand:Acme|Zed", "price:10..20", "-colour:red"')
    ] = None,
    sort: Annotated[list[str] | None, typer.Option(help='"price", "rating:desc"')] = None,
    size: Annotated[int, typer.Option(help="Hits.", min=0, max=200)] = 10,
    explain: Annotated[bool, typer.Option("--explain", help="Say why each hit is there.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The whole response on stdout.")] = False,
) -> None:
    """Ask a shop. Results on stdout, one a line, tab-separated: rank, id, score, price, title.

    shopkeeper search "red tent" --shop shops/mine --filter "price:..100" --sort price
    """
    from shopkeeper.assemble.shop import Shop
    from shopkeeper.cli.answers import lines, show_why
    from shopkeeper.records import Query, SearchRequest, parse_clause, parse_sort
    from shopkeeper.serve.pages import search_answer

    with Shop(shop, is_serving=False) as opened:
        request = SearchRequest(
            Query(query, opened.locale, opened.market),
            query_id="cli",
            filters=tuple(parse_clause(text) for text in filter or ()),
            sort=tuple(parse_sort(text) for text in sort or ()),
            size=size,
            explain=explain,
            timeout_ms=60_000,
        )
        response = opened.search(request)
    if json:
        emit(search_answer(response))
        return
    for line in lines(response):
        typer.echo(line)
    show_why(response, is_explained=explain)


def fsck(
    shop: Annotated[Path, typer.Argument(help="The shop's folder.")],
    json: Annotated[bool, typer.Option("--json", help="Findings on stdout.")] = False,
) -> None:
    """Check every byte of a shop: products, artefacts, registry, logs, vectors."""
    from shopkeeper.assemble.settings import load_settings
    from shopkeeper.store import check_shop

    settings = load_settings(shop)
    with working(f"Reading every byte of {shop} …"):
        findings = check_shop(shop, settings.shop_id, settings.products, settings.cache)
    if json:
        emit([{k: getattr(f, k) for k in ("severity", "where", "what", "hint")} for f in findings])
    for finding in findings:
        say(f"{finding.severity}: {finding.where}: {finding.what}. {finding.hint}")
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(1)
    say(f"{shop} is sound")


def rollback(
    artefact: Annotated[str, typer.Argument(help="Its name, as in index.")], shop: Root
) -> None:
    """Serve the version of an artefact that served before; a running server follows."""
    from shopkeeper.assemble.serving import roll_back

    say(f"{artefact}@{roll_back(shop, artefact)} is live")


def formats() -> None:
    """List the feed formats, and what each is told by."""
    from shopkeeper.data import FORMATS

    for layout in FORMATS:
        typer.echo(f"{layout.name:<14} {layout.what}; {layout.looks_for}")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (up, ingest, copy, encode, serve, search, build, fsck, rollback, formats):
        app.command()(command)
