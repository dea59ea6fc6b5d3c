"""What crosses the border of the server? Limits on the way in, safety headers on the way out."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shopkeeper.serve.problems import Problem
from shopkeeper.serve.reply import reply_to
from shopkeeper.serve.settings import ServeSettings, is_loopback

log = logging.getLogger("shopkeeper.serve")

BULK_PATH = "/v1/products/_bulk"
LARGEST_HEADERS = 16 << 10
"""Bytes of all request headers together."""

SAFETY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' https:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Border:
    """ASGI middleware: refuses what is foreign, too large or too slow; adds the safety headers.

    It also answers what nothing below it expected, so that a bug too has the one error shape.
    """

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_safely(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in SAFETY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            headers = Headers(scope=scope)
            self._check_size(scope, headers)
            self._check_name(headers)
            await self._app(scope, self._bounded(scope, headers, receive), send_safely)
        except ClientDisconnect:
            return
        except Exception as error:
            if not isinstance(error, Problem):
                log.exception("%s %s failed", scope["method"], scope["path"])
            if started:
                raise
            await reply_to(error)(scope, receive, send_safely)

    def _check_size(self, scope: Scope, headers: Headers) -> None:
        if sum(len(name) + len(value) for name, value in headers.raw) > LARGEST_HEADERS:
            raise Problem(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                "the headers are too large",
                expected=f"at most {LARGEST_HEADERS:,} bytes",
            )
        declared = headers.get("content-length", "")
        # More digits than 15 are too large without being read; int() refuses thousands of them.
        if declared.isdecimal() and (len(declared) > 15 or int(declared) > self._limit(scope)):
            raise self._too_large(scope)

    def _check_name(self, headers: Headers) -> None:
        """A page elsewhere can point its own name at this machine (DNS rebinding): not served."""
        name = _host_name(headers.get("host", ""))
        names, is_local = self._settings.host_names, self._settings.is_loopback
        is_known = name in names or (is_local and is_loopback(name))
        if not is_known and (names or is_local):
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "this server does not go by that name",
                where="Host",
                expected="localhost" if is_local else "one of its host names",
                hint="add the name to host_names to serve under it",
            )

    def _bounded(self, scope: Scope, headers: Headers, receive: Receive) -> Receive:
        if not has_body(headers):
            return receive
        taken, is_complete = 0, False

        async def receive_bounded() -> Message:
            nonlocal taken, is_complete
            if is_complete:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self._settings.body_timeout_s)
            except TimeoutError:
                raise Problem(
                    HTTPStatus.REQUEST_TIMEOUT,
                    "the body stopped coming",
                    expected=f"more of it within {self._settings.body_timeout_s:g} s",
                    headers={"Connection": "close"},
                ) from None
            taken += len(message.get("body", b""))
            is_complete = not message.get("more_body", False)
            if taken > self._limit(scope):
                raise self._too_large(scope)
            return message

        return receive_bounded

    def _limit(self, scope: Scope) -> int:
        is_bulk = scope["path"] == BULK_PATH
        return self._settings.largest_bulk if is_bulk else self._settings.largest_body

    def _too_large(self, scope: Scope) -> Problem:
        is_bulk = scope["path"] == BULK_PATH
        return Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "the body is too large",
            expected=f"at most {self._limit(scope):,} bytes",
            hint="send it in parts" if is_bulk else f"send many products to {BULK_PATH}",
            headers={"Connection": "close"},
        )


def _host_name(host: str) -> str:
    """The name in a Host header, without port and brackets; "" when it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def has_body(headers: Headers) -> bool:
    """Whether the request says that a body follows."""
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
