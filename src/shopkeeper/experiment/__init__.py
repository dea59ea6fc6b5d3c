"""Did it help?

A judged set becomes a yardstick, arms are measured with it query by query, and the columns are
summarised: ``load_judged`` → `yardstick` → `measure_arms` (or `crossfit`) → `summarise` →
`to_json`, `relevance_tables`, `relevance_markdown`.

In the simulated world, systems are policies (policies.py, systems.py) before the same shoppers:
trial.py compares them and knows the true effect, running.py writes an experiment down day by day,
world_check.py asks whether the world is good.
"""

from shopkeeper.experiment.arms import DEPTH, Answer, Arm, Ranker, random_arm, ranker_arm
from shopkeeper.experiment.crossfit import CrossFit, crossfit, second_half
from shopkeeper.experiment.pools import Fit, Fuse, Pool, fused_arm, pool
from shopkeeper.experiment.relevance import (
    METRICS,
    Columns,
    Watch,
    Yardstick,
    absent_products,
    measure_arm,
    measure_arms,
    yardstick,
)
from shopkeeper.experiment.report import (
    markdown,
    relevance_markdown,
    relevance_notes,
    relevance_tables,
)
from shopkeeper.experiment.summary import (
    RelevanceReport,
    pooled_difference,
    summarise,
    to_json,
)

__all__ = [
    "DEPTH",
    "METRICS",
    "Answer",
    "Arm",
    "Columns",
    "CrossFit",
    "Fit",
    "Fuse",
    "Pool",
    "Ranker",
    "RelevanceReport",
    "Watch",
    "Yardstick",
    "absent_products",
    "crossfit",
    "fused_arm",
    "markdown",
    "measure_arm",
    "measure_arms",
    "pool",
    "pooled_difference",
    "random_arm",
    "ranker_arm",
    "relevance_markdown",
    "relevance_notes",
    "relevance_tables",
    "second_half",
    "summarise",
    "to_json",
    "yardstick",
]
