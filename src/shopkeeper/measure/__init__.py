"""How good is it?

Rankings against judgements (equal to trec_eval), scores against truth, and how sure one may be of
the mean and of the difference. `formulas` holds the same metrics over whole arrays of queries.
What an experiment or a log tells of two systems: A/B tests, interleaving, off-policy values, and
clicks taken apart into attraction and examination.
"""

from shopkeeper.measure import formulas
from shopkeeper.measure.ab import Comparison, compare, cuped
from shopkeeper.measure.agreement import auc, calibration_error, kendall_tau
from shopkeeper.measure.beir import BeirFolder, Document, read_beir, write_beir
from shopkeeper.measure.classes import confusion, f1_by_class, macro_f1
from shopkeeper.measure.clicks import ClickModel, fit_clicks, randomised_examination
from shopkeeper.measure.delta import clustered_difference, clustered_mean, linearised_ratio
from shopkeeper.measure.gains import (
    ESCI_GAINS,
    EsciConvention,
    Gain,
    exponential_gain,
    gains,
    linear_gain,
)
from shopkeeper.measure.interleaving import (
    Interleaved,
    Preference,
    Wins,
    preference,
    team_credit,
    team_draft,
    team_drafts,
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
    share_interval,
)
from shopkeeper.measure.offpolicy import (
    PolicyValue,
    ShownRows,
    direct_method,
    doubly_robust,
    ips,
    policy_difference,
    snips,
)
from shopkeeper.measure.power import power_of, units_needed
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
from shopkeeper.measure.reruns import Reruns, coverage, rerandomise, right_sign_share
from shopkeeper.measure.trec import read_qrels, read_run, write_qrels, write_run

__all__ = [
    "ESCI_GAINS",
    "RESAMPLES",
    "BeirFolder",
    "ClickModel",
    "Comparison",
    "Difference",
    "Document",
    "EsciConvention",
    "Gain",
    "Interleaved",
    "Interval",
    "PolicyValue",
    "Preference",
    "Reruns",
    "ShownRows",
    "Wins",
    "auc",
    "average_precision",
    "bootstrap",
    "by_score",
    "calibration_error",
    "clustered_difference",
    "clustered_mean",
    "compare",
    "confusion",
    "coverage",
    "cuped",
    "direct_method",
    "doubly_robust",
    "exponential_gain",
    "f1_by_class",
    "fit_clicks",
    "formulas",
    "gains",
    "holm",
    "ips",
    "judged_only",
    "kendall_tau",
    "linear_gain",
    "linearised_ratio",
    "macro_f1",
    "ndcg",
    "ndcg_judged",
    "paired_bootstrap",
    "paired_t",
    "percentile_difference",
    "percentile_interval",
    "policy_difference",
    "pooled_bootstrap",
    "power_of",
    "precision",
    "preference",
    "randomised_examination",
    "read_beir",
    "read_qrels",
    "read_run",
    "recall",
    "reciprocal_rank",
    "rerandomise",
    "resampled_means",
    "right_sign_share",
    "share_interval",
    "snips",
    "team_credit",
    "team_draft",
    "team_drafts",
    "units_needed",
    "write_beir",
    "write_qrels",
    "write_run",
]
