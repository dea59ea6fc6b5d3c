"""Who sends the calls? A client that waits, and one for an event loop; both on httpx."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

import httpx

from shopkeeper import __version__
from shopkeeper.client import calls
from shopkeeper.client.calls import Call, Unreachable
from shopkeeper.records import InvalidRecord

P = ParamSpec("P")
T = TypeVar("T")

LONGEST_WAIT_S = 5.0
"""Before asking a busy server again, whatever its Retry-After says."""


def _waiting(
    call: Callable[P, Call[T]],
) -> Callable[Concatenate[ShopClient, P], T]:
    @wraps(call)
    def ask(self: ShopClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.ask(call(*args, **kwargs))

    return ask


def _awaited(
    call: Callable[P, Call[T]],
) -> Callable[Concatenate[AsyncShopClient, P], Awaitable[T]]:
    @wraps(call)
    def ask(self: AsyncShopClient, /, *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        return self.ask(call(*args, **kwargs))

    return ask


class ShopClient:
    """Asks a shop over HTTP. Safe to share between threads; close it, or use it as a context.

    Args:
        url: of the server, as in "http://127.0.0.1:8080".
        key: one of the server's keys; without one nothing is written where it asks for one.
        timeout_s: to connect, and of each silence while an answer comes.
        retries: how often a question that changes nothing is asked again when the server is busy
            (503), after the time that it names. A write is never sent twice.
        transport: of httpx, where it is not the network.

    Each method raises `Refusal` for what the server refuses, with its words, and `Unreachable`
    when no answer comes.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        timeout_s: float = 10.0,
        retries: int = 2,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(
            base_url=url, headers=_headers(key), timeout=timeout_s, transport=transport
        )
        self._url, self._retries = url, retries

    search = _waiting(calls.search)
    suggest = _waiting(calls.suggest)
    rerank = _waiting(calls.rerank)
    get = _waiting(calls.get)
    put = _waiting(calls.put)
    patch = _waiting(calls.patch)
    delete = _waiting(calls.delete)
    forget = _waiting(calls.forget)
    bulk = _waiting(calls.bulk)
    record = _waiting(calls.record)
    status = _waiting(calls.status)

    def ask(self, call: Call[T]) -> T:
        """Send any call of `shopkeeper.client.calls`, and read its answer."""
        for left in range(self._retries, -1, -1):
            try:
                reply = self._http.send(_request(self._http, call))
            except httpx.TransportError as error:
                raise _unreachable(self._url, call, error) from error
            if (wait_s := _wait_s(call, reply, left)) is None:
                break
            time.sleep(wait_s)
        return _read(call, reply, self._url)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncShopClient:
    """`ShopClient` for an event loop: the same methods, to be awaited."""

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        timeout_s: float = 10.0,
        retries: int = 2,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=url, headers=_headers(key), timeout=timeout_s, transport=transport
        )
        self._url, self._retries = url, retries

    search = _awaited(calls.search)
    suggest = _awaited(calls.suggest)
    rerank = _awaited(calls.rerank)
    get = _awaited(calls.get)
    put = _awaited(calls.put)
    patch = _awaited(calls.patch)
    delete = _awaited(calls.delete)
    forget = _awaited(calls.forget)
    bulk = _awaited(calls.bulk)
    record = _awaited(calls.record)
    status = _awaited(calls.status)

    async def ask(self, call: Call[T]) -> T:
        """Send any call of `shopkeeper.client.calls`, and read its answer."""
        for left in range(self._retries, -1, -1):
            try:
                reply = await self._http.send(_request(self._http, call))
            except httpx.TransportError as error:
                raise _unreachable(self._url, call, error) from error
            if (wait_s := _wait_s(call, reply, left)) is None:
                break
            await asyncio.sleep(wait_s)
        return _read(call, reply, self._url)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


def _headers(key: str | None) -> dict[str, str]:
    headers = {"User-Agent": f"shopkeeper-client/{__version__}"}
    return headers | ({"Authorization": f"Bearer {key}"} if key else {})


def _request(http: httpx.Client | httpx.AsyncClient, call: Call[T]) -> httpx.Request:
    headers = {"Content-Type": call.body_type} if call.body is not None else {}
    return http.build_request(call.method, call.path, content=call.body, headers=headers)


def _wait_s(call: Call[T], reply: httpx.Response, left: int) -> float | None:
    """How long to wait before asking again; None: do not."""
    if reply.status_code != httpx.codes.SERVICE_UNAVAILABLE or not call.is_safe or not left:
        return None
    named = reply.headers.get("Retry-After", "1")
    return min(float(named), LONGEST_WAIT_S) if named.isdecimal() else None


def _read(call: Call[T], reply: httpx.Response, url: str) -> T:
    if not reply.is_success:
        refusal = calls.refusal(reply.status_code, reply.content)
        if refusal.code == call.none_on:
            return call.read(b"")
        raise refusal
    try:
        return call.read(reply.content)
    except (InvalidRecord, ValueError) as error:
        raise Unreachable(
            f"an answer that is not a shop's: {str(error)[:200]}",
            where=f"{url}{call.path}",
            hint="is the address right, and the server as new as this client?",
        ) from error


def _unreachable(url: str, call: Call[T], error: httpx.TransportError) -> Unreachable:
    return Unreachable(
        f"no answer: {str(error) or type(error).__name__}",
        where=f"{call.method} {url}{call.path}",
        hint="is the server up? Start one: shopkeeper serve --shop FOLDER",
    )
