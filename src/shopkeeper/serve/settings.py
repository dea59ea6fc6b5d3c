"""How is the shop opened to the network?"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from shopkeeper.records import InvalidRequest

KEY_VARIABLE = "SHOPKEEPER_API_KEY"
SHORTEST_KEY = 16
"""Characters; what is shorter can be guessed over the network."""


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """Where the server listens, who may write, and how much it takes on at once."""

    host: str = "127.0.0.1"
    """Address to listen on; a loopback address keeps the shop on this machine."""
    port: int = 8080
    """0 … 65,535; 0 takes a free one."""
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    """Keys that may write, any of them. Empty: writes are open on loopback, refused elsewhere."""
    host_names: tuple[str, ...] = ()
    """Names the server answers to. Empty: loopback names on loopback, any name elsewhere."""
    open_events: bool = False
    """Take events without a key, for a storefront whose shoppers are elsewhere."""
    readers: int = 3
    """Searches at work at the same time, ≥ 1. They share one interpreter: with more of them each
    only takes longer, until its stages are late; who waits in line costs nobody anything."""
    rerankers: int = 2
    """Reranks at the same time, ≥ 1; one of a thousand texts takes as long as many searches."""
    waiting: int = 64
    """Requests of a kind that may wait for their turn, ≥ 0; further ones are answered 503, and so
    are those that would wait longer than they have time."""
    largest_body: int = 1 << 20
    """Bytes of a request body, ≥ 1."""
    largest_bulk: int = 64 << 20
    """Bytes of a bulk body, ≥ 1."""
    body_timeout_s: float = 30.0
    """Longest silence while a body is being sent, > 0."""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:
            raise InvalidRequest(f"port {self.port}", expected="0 … 65,535")
        for name, least in (("readers", 1), ("rerankers", 1), ("waiting", 0), ("largest_body", 1)):
            if getattr(self, name) < least:
                raise InvalidRequest(f"{name} {getattr(self, name)}", expected=f"{least} or more")
        if self.largest_bulk < self.largest_body:
            raise InvalidRequest("largest_bulk", expected=f"{self.largest_body} or more")
        if not self.body_timeout_s > 0:
            raise InvalidRequest(f"body_timeout_s {self.body_timeout_s}", expected="above 0")
        for key in self.api_keys:
            if len(key) < SHORTEST_KEY or not key.isascii() or not key.isprintable():
                raise InvalidRequest(
                    f"an API key of {len(key)} characters",
                    where=KEY_VARIABLE,
                    expected=f"{SHORTEST_KEY} or more printable ASCII characters",
                    hint="make one: python -c 'import secrets; print(secrets.token_urlsafe())'",
                )

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)

    @property
    def is_open(self) -> bool:
        """Whether programs on this machine may write without a key."""
        return self.is_loopback and not self.api_keys


def is_loopback(host: str) -> bool:
    """Whether the name or address, without port, means this machine and only this machine."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def keys_from_environment(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The keys in SHOPKEEPER_API_KEY, separated by commas, so that one can be rotated."""
    return tuple(key.strip() for key in environ.get(KEY_VARIABLE, "").split(",") if key.strip())
