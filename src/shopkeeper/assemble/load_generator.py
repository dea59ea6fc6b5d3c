"""How is a server asked as often as one means to, whether or not it keeps up?

Closed loop: so many callers, each asks again when it is answered. That finds what a server can do,
but its times flatter: a server that stalls is not asked meanwhile (coordinated omission).

Open loop: each request has its moment, drawn beforehand, and is sent then whatever became of the
others. Its time counts from that moment, so that a stall costs everyone who would have come.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np

from shopkeeper.records import InvalidRequest, NotFound

GIVE_UP_S = 30.0
"""A request that is not answered by then has failed."""
RETRY_AFTER_S = 1.0
"""What a caller of the closed loop waits who was refused, as the server asks for."""

_LARGEST_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one request."""

    status: int
    """0: no answer, the connection failed."""
    latency_ms: float
    """Open loop: since the moment at which it was to be sent."""
    late_ms: float = 0.0
    """How long after that moment it was sent: the generator's own lateness."""
    names_retry: bool = False
    is_degraded: bool = False


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes
    names_retry: bool


class Target:
    """One server, over plain HTTP/1.1 with connections kept alive. Used from one event loop."""

    def __init__(self, url: str) -> None:
        """Raises InvalidRequest for an address that is not http://host:port."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise InvalidRequest(f"address {url!r}", expected="http://host:port")
        self._host, self._port = parts.hostname, parts.port or 80
        self._head = f" HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n"
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def get(self, path: str) -> bytes:
        """The body. Raises NotFound when the server does not answer with 200."""
        try:
            reply = await asyncio.wait_for(self._ask(path), GIVE_UP_S)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            said = str(error) or type(error).__name__
            raise NotFound(
                f"no shop answers ({said})", where=f"http://{self._host}:{self._port}{path}"
            ) from error
        if reply.status != 200:
            raise NotFound(f"HTTP {reply.status}", where=path, expected="200")
        return reply.body

    async def measured(self, path: str, due: float) -> Answer:
        """Ask now; `due` is when it was to be asked, on the clock of `perf_counter`."""
        sent = time.perf_counter()
        try:
            reply = await asyncio.wait_for(self._ask(path), GIVE_UP_S)
        except (OSError, EOFError, ValueError, TimeoutError):
            reply = _Reply(0, b"", False)
        return Answer(
            reply.status,
            (time.perf_counter() - due) * 1000,
            (sent - due) * 1000,
            reply.names_retry,
            reply.status == 200 and b'"degraded":[]' not in reply.body,
        )

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()

    def _idle_connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """One that the server has not closed meanwhile, as it does with those long idle."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None

    async def _ask(self, path: str) -> _Reply:
        reader, writer = self._idle_connection() or await asyncio.open_connection(
            self._host, self._port, limit=_LARGEST_HEAD
        )
        try:
            writer.write(f"GET {path}{self._head}".encode("ascii"))
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            _, found, rest = head.partition(b"\r\ncontent-length:")
            if not found:
                raise ValueError("an answer of unknown length")
            body = await reader.readexactly(int(rest.partition(b"\r\n")[0]))
        except BaseException:
            writer.close()
            raise
        if b"\r\nconnection: close" in head:
            writer.close()
        else:
            self._idle.append((reader, writer))
        return _Reply(int(head[9:12]), body, b"\r\nretry-after:" in head)


async def closed_loop(
    target: Target, paths: Iterator[str], callers: int, seconds: float
) -> tuple[list[Answer], float]:
    """So many callers for so long: the answers, and the seconds that they took.

    Who is refused waits a while: callers who at once asked again would keep a server busy with
    refusing them, and its capacity would look small.
    """
    answers = []
    started = time.perf_counter()

    async def caller() -> None:
        while time.perf_counter() - started < seconds:
            answers.append(await target.measured(next(paths), time.perf_counter()))
            if answers[-1].status == 503:
                await asyncio.sleep(RETRY_AFTER_S)

    await asyncio.gather(*(caller() for _ in range(callers)))
    return answers, time.perf_counter() - started


async def open_loop(
    target: Target, paths: Iterator[str], per_s: float, seconds: float, seed: int
) -> list[Answer]:
    """Requests at `per_s`, independent of each other as many shoppers are (a Poisson process)."""
    random = np.random.default_rng(seed)
    gaps = random.exponential(1 / per_s, max(1, round(per_s * seconds)))
    started = time.perf_counter()
    under_way = []
    for due in (started + np.cumsum(gaps)).tolist():
        if (wait_s := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait_s)
        under_way.append(asyncio.ensure_future(target.measured(next(paths), due)))
    return list(await asyncio.gather(*under_way))
