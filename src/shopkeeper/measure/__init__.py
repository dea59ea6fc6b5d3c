"""How good is it?

Rankings against judgements (equal to trec_eval), scores against truth, and how sure one may be of
the mean and of the difference. `formulas` holds the same metrics over whole arrays of queries.
"""

from shopkeeper.measure import formulas
from shopkeeper.measure.agreement import auc, calibration_error, kendall_tau
from shopkeeper.measure.beir import BeirFolder, Document, read_beir, write_beir
from shopkeeper.measure.gains import (
    ESCI_GAINS,
    EsciConvention,
    Gain,
    exponential_gain,
    gains,
    linear_gain,
)
from shopkeeper.measure.intervals import (
    RESAMPLES,
    Difference,
    Interval,
    bootstrap,
    holm,
    paired_bootstrap,
    paired_t,
    percentile_difference,
    percentile_interval,
    pooled_bootstrap,
    resampled_means,
)
from shopkeeper.measure.ranking import (
    average_precision,
    by_score,
    judged_only,
    ndcg,
    ndcg_judged,
    precision,
    recall,
    reciprocal_rank,
)
from shopkeeper.measure.trec import read_qrels, read_run, write_qrels, write_run

__all__ = [
    "ESCI_GAINS",
    "RESAMPLES",
    "BeirFolder",
    "Difference",
    "Document",
    "EsciConvention",
    "Gain",
    "Interval",
    "auc",
    "average_precision",
    "bootstrap",
    "by_score",
    "calibration_error",
    "exponential_gain",
    "formulas",
    "gains",
    "holm",
    "judged_only",
    "kendall_tau",
    "linear_gain",
    "ndcg",
    "ndcg_judged",
    "paired_bootstrap",
    "paired_t",
    "percentile_difference",
    "percentile_interval",
    "pooled_bootstrap",
    "precision",
    "read_beir",
    "read_qrels",
    "read_run",
    "recall",
    "reciprocal_rank",
    "resampled_means",
    "write_beir",
    "write_qrels",
    "write_run",
]
