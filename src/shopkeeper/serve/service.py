"""What does a handler need?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from shopkeeper.serve.front import Shop
from shopkeeper.serve.metrics import Metrics
from shopkeeper.serve.pools import Pool
from shopkeeper.serve.settings import ServeSettings


@dataclass(frozen=True, slots=True)
class Service:
    """One shop being served."""

    shop: Shop
    settings: ServeSettings
    metrics: Metrics
    reads: Pool
    writes: Pool
    """One thread: what reads, merges and writes back is not interrupted by another write."""
    watch: Pool
    """For probes and metrics, which must answer when the other pools are full."""

    @classmethod
    def open(cls, shop: Shop, settings: ServeSettings, metrics: Metrics) -> Service:
        """With fresh threads, which `close` ends."""
        return cls(
            shop,
            settings,
            metrics,
            reads=Pool("read", threads=settings.readers, waiting=settings.waiting),
            writes=Pool("write", threads=1, waiting=settings.waiting),
            watch=Pool("watch", threads=1, waiting=settings.waiting),
        )

    def pools(self) -> dict[str, Pool]:
        return {"read": self.reads, "write": self.writes, "watch": self.watch}

    def close(self) -> None:
        for pool in self.pools().values():
            pool.close()


async def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


TheService = Annotated[Service, Depends(service_of)]
