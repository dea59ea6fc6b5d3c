"""In what order, how fast, what if one fails?

`Pipeline` takes a request along the stages of a shop. Each stage has its own threads, breaker and
share of the deadline (`Lane`), and what it answers is checked; so whatever a stage does, a page
comes, and says which stage did not serve and why. Stages meet here through the ports of `records`
only; no model, no HTTP.
"""

from shopkeeper.online.breaker import Breaker, BreakerConfig
from shopkeeper.online.config import PipelineConfig, Shares
from shopkeeper.online.lane import Budget, Lane
from shopkeeper.online.observer import Observer
from shopkeeper.online.pipeline import Pipeline
from shopkeeper.online.serve_log import RowLog, ServeLog, ServeLogConfig, serve_log_row
from shopkeeper.online.walk import Stages
from shopkeeper.online.workers import Workers

__all__ = [
    "Breaker",
    "BreakerConfig",
    "Budget",
    "Lane",
    "Observer",
    "Pipeline",
    "PipelineConfig",
    "RowLog",
    "ServeLog",
    "ServeLogConfig",
    "Shares",
    "Stages",
    "Workers",
    "serve_log_row",
]
