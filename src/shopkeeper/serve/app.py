"""Which parts make the server?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shopkeeper import __version__
from shopkeeper.records import ShopkeeperError
from shopkeeper.serve.border import Border
from shopkeeper.serve.described import drop_security, methods_of, restore_nulls
from shopkeeper.serve.front import Shop
from shopkeeper.serve.metrics import Meter, Metrics
from shopkeeper.serve.problems import Problem
from shopkeeper.serve.reply import Json, reply_to
from shopkeeper.serve.routes import (
    events,
    experiments,
    images,
    operations,
    products,
    search,
    shoppers,
    simulation,
)
from shopkeeper.serve.service import Service
from shopkeeper.serve.settings import ServeSettings
from shopkeeper.serve.simulation import Opening
from shopkeeper.serve.workers import server_config

STOREFRONT = Path(__file__).parent / "storefront"
ROUTES: tuple[APIRoute, ...] = tuple(
    route
    for kind in (search, products, events, shoppers, operations, images, simulation, experiments)
    for route in kind.router.routes
    if isinstance(route, APIRoute)
)
_ABOUT = """Search that explains itself.

Every answer that is not 2xx has one shape: `{"error": {code, message, where, expected, hint}}`.
Writes carry `Authorization: Bearer KEY` unless the server listens on loopback without keys."""


def create_app(
    shop: Shop,
    settings: ServeSettings,
    *,
    simulated_by: Opening | None = None,
    experiments_in: Path | None = None,
    at_end: Callable[[], None] = lambda: None,
) -> FastAPI:
    """The shop as an ASGI application: API under /v1, probes, metrics, storefront at /.

    Args:
        simulated_by: the marketplace behind a simulated shop, which may come later; None: a real
            shop.
        experiments_in: the folder of its experiments' files, which may come later.
        at_end: called when the last request is answered and the application ends.
    """
    metrics = Metrics(shop.shop_id)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.service = service = Service.open(
            shop, settings, metrics, simulated_by, experiments_in
        )
        yield
        service.close()
        at_end()

    app = FastAPI(
        title=f"Shopkeeper: {shop.name}",
        version=__version__,
        description=_ABOUT,
        docs_url=None,  # its page is loaded from another host
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        lifespan=lifespan,
    )
    app.router.routes.extend(ROUTES)  # include_router would analyse every handler once more
    app.openapi = partial(_description, app, settings)  # type: ignore[method-assign]
    for expected in (ShopkeeperError, HTTPException, RequestValidationError):
        app.add_exception_handler(expected, _reply)
    if shop.pictures is not None:
        app.mount("/pictures", StaticFiles(directory=shop.pictures), name="pictures")
    app.router.default = _storefront(STOREFRONT)
    app.add_middleware(Border, settings=settings)
    app.add_middleware(Meter, metrics=metrics)  # outermost: it also counts refusals
    return app


def create_server(
    shop: Shop,
    settings: ServeSettings,
    *,
    simulated_by: Opening | None = None,
    experiments_in: Path | None = None,
) -> uvicorn.Server:
    """A server for the shop, to be started with `.run()`; it stops on SIGINT and SIGTERM.

    The arguments are those of `create_app`.
    """
    app = create_app(shop, settings, simulated_by=simulated_by, experiments_in=experiments_in)
    return uvicorn.Server(server_config(app, settings))


def _description(app: FastAPI, settings: ServeSettings) -> dict[str, Any]:
    """The OpenAPI document, made when it is first asked for; asks for keys as the server does."""
    if app.openapi_schema is None:
        description = FastAPI.openapi(app)
        restore_nulls(description, ROUTES)
        if settings.is_open:
            drop_security(description)
    assert app.openapi_schema is not None
    return app.openapi_schema


async def _reply(request: Request, error: Exception) -> Json:
    reply = reply_to(error)
    if reply.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        route = request.scope.get("route")
        if isinstance(route, APIRoute):  # knows only its own methods, not its namesakes'
            reply.headers["Allow"] = ", ".join(methods_of(route.path, ROUTES))
    return reply


def _storefront(folder: Path) -> ASGIApp:
    """What no route took: the storefront's files, otherwise a 404."""
    files = StaticFiles(directory=folder, html=True) if folder.is_dir() else None

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        is_read = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if files is None or not is_read or scope["path"].startswith("/v1/"):
            raise Problem(
                HTTPStatus.NOT_FOUND,
                "nothing has this address",
                where=scope["path"],
                hint="GET /openapi.json lists every address",
            )
        await files(scope, receive, _asked_again(send))

    return serve


def _asked_again(send: Send) -> Send:
    """Has browsers ask each time whether a file changed: modules of two versions never mix."""

    async def with_header(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Cache-Control"] = "no-cache"
        await send(message)

    return with_header
