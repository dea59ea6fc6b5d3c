"""What does a handler need?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from shopkeeper.serve.front import Job, Shop, ShopStatus
from shopkeeper.serve.metrics import Metrics
from shopkeeper.serve.pools import Pool
from shopkeeper.serve.settings import ServeSettings
from shopkeeper.serve.simulation import Opening


@dataclass(frozen=True, slots=True)
class Service:
    """One shop being served."""

    shop: Shop
    settings: ServeSettings
    metrics: Metrics
    reads: Pool
    reranks: Pool
    writes: Pool
    """One thread: writes of this process never wait for each other inside the store."""
    people: Pool
    """One thread: forgetting somebody reads all of the logs, and delays no other write."""
    watch: Pool
    """For probes and metrics, which must answer when the other pools are full."""
    simulation: Opening | None
    """None: a real shop."""
    experiments: Path | None
    """The folder that they are kept in; None: there are none."""

    @classmethod
    def open(
        cls,
        shop: Shop,
        settings: ServeSettings,
        metrics: Metrics,
        simulation: Opening | None,
        experiments: Path | None,
    ) -> Service:
        """With fresh threads, which `close` ends."""

        def pool(name: str, threads: int) -> Pool:
            watch = metrics.pool(name)
            return Pool(name, threads=threads, waiting=settings.waiting, watch=watch)

        return cls(
            shop,
            settings,
            metrics,
            reads=pool("read", settings.readers),
            reranks=pool("rerank", settings.rerankers),
            writes=pool("write", 1),
            people=pool("people", 1),
            watch=pool("watch", 1),
            simulation=simulation,
            experiments=experiments,
        )

    def status(self) -> ShopStatus:
        """The shop's own, and how far its simulated marketplace is."""
        status = self.shop.status()
        if self.simulation is None:
            return status
        if not self.simulation.done():
            opening = Job("simulation", 0, message="opening the simulated marketplace")
            return replace(status, jobs=(*status.jobs, opening))
        return replace(status, simulated=self.simulation.exception() is None)

    def close(self) -> None:
        for pool in (self.reads, self.reranks, self.writes, self.people, self.watch):
            pool.close()


async def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


TheService = Annotated[Service, Depends(service_of)]
