"""How much time and room does each stage get?"""

from __future__ import annotations

from dataclasses import astuple, dataclass, field

from shopkeeper.online.breaker import BreakerConfig
from shopkeeper.online.serve_log import ServeLogConfig
from shopkeeper.records import InvalidRequest


@dataclass(frozen=True, slots=True)
class Shares:
    """Milliseconds that each stage may take out of the default timeout.

    A request with another timeout scales all of them alike, so that a stage which hangs never
    takes the time of those after it.
    """

    guard: float = 40.0
    """Of each of its two turns, on the way in and on the way out."""
    static_guard: float = 400.0
    """Of each of its two turns. Without it nothing is shown, so it may take the others' time: on a
    crowded machine a late rule must not empty the page. Not counted in `total_ms`."""
    understand: float = 50.0
    merchandise: float = 30.0
    rewrite: float = 60.0
    retrieve: float = 280.0
    relevance: float = 100.0
    rank: float = 60.0
    hydrate: float = 60.0
    """Reading the page's products."""
    suggest: float = 40.0
    """In a search, only on a page that found nothing."""
    rerank: float = 640.0
    """Of a rerank, in which guard and understanding alone are asked besides. Not counted in
    `total_ms`, which is of a search."""

    def __post_init__(self) -> None:
        if not all(0 < share < float("inf") for share in astuple(self)):
            raise InvalidRequest(f"shares {self}", expected="more than 0 ms each")

    @property
    def total_ms(self) -> float:
        """Milliseconds of a search in which every stage takes all of its share."""
        return float(sum(astuple(self))) - self.static_guard - self.rerank + self.guard


@dataclass(frozen=True, slots=True)
class PipelineConfig:
    timeout_ms: float = 800.0
    """Milliseconds of a request that names no timeout; 1 … 60,000, at least the shares' sum."""
    shares: Shares = field(default_factory=Shares)
    """Milliseconds of each stage within `timeout_ms`."""
    workers_per_stage: int = 8
    """Threads of each stage, made once; 1 or more."""
    window: int = 200
    """Leading candidates that relevance and rank may reorder; 1 or more."""
    breaker: BreakerConfig = field(default_factory=BreakerConfig)
    """Of every stage alike."""
    serve_log: ServeLogConfig = field(default_factory=ServeLogConfig)
    """What is written down of each response."""

    def __post_init__(self) -> None:
        if not 1 <= self.timeout_ms <= 60_000:
            raise InvalidRequest(f"timeout_ms {self.timeout_ms:g}", expected="1 … 60,000")
        if self.shares.total_ms > self.timeout_ms:
            raise InvalidRequest(
                f"shares of {self.shares.total_ms:g} ms in all",
                expected=f"at most timeout_ms ({self.timeout_ms:g})",
                hint="the guards' shares count twice, for the way in and the way out",
            )
        for name in ("workers_per_stage", "window"):
            if getattr(self, name) < 1:
                raise InvalidRequest(f"{name} {getattr(self, name)}", expected="1 or more")
